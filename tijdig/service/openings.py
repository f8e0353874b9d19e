"""Which cases subjects have, as far as opening another one depends on it: read for many subjects at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from models.bulk import ask
from tijdig.engine.errors import AlreadyOpen
from tijdig.service.held import Held
from tijdig.service.incidents import passed, raise_incident

UNDONE = ("cancelled", "merged")
"""A case that ended so counts as never opened."""

KIND = "opening"


_CASES = (
    "select subject, timetable, code, state, alone from case_ where procedure = ? and subject in (?*) order by id desc"
)


@dataclass(slots=True)
class Openings:
    """What was read of subjects, and what this transaction changed since. Asks for a subject that was not read."""

    session: Session
    _read: set[tuple[str, str]] = field(default_factory=set)
    _running: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _before: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self, procedure: str, subjects: Iterable[str]) -> None:
        """Read the cases of subjects in a procedure: one statement, however many subjects."""
        unknown = {subject for subject in subjects if (procedure, subject) not in self._read}
        if not unknown:
            return
        self._read |= {(procedure, subject) for subject in unknown}
        for subject, timetable, code, state, alone in ask(self.session, _CASES, procedure, list(unknown)):
            if alone:
                self._running.setdefault((procedure, subject, timetable), code)
            if state not in UNDONE:
                self._before[procedure, subject] = code

    def running(self, procedure: str, subject: str, timetable: str) -> str:
        """The code of the open case of a subject that allows no other one on its timetable; empty without one."""
        if (procedure, subject) not in self._read:
            self.read(procedure, [subject])
        return self._running.get((procedure, subject, timetable), "")

    def before(self, procedure: str, subject: str) -> str:
        """The code of a case that this subject has or had; empty when there is none."""
        if (procedure, subject) not in self._read:
            self.read(procedure, [subject])
        return self._before.get((procedure, subject), "")

    def note(self, one: Held) -> None:
        """A case was opened, moved or ended here."""
        key, alone = (one.procedure, one.subject), (one.procedure, one.subject, one.timetable)
        if one.alone:
            self._running[alone] = one.code
        elif self._running.get(alone) == one.code:
            del self._running[alone]
        if one.state not in UNDONE:
            self._before.setdefault(key, one.code)
        elif self._before.get(key) == one.code:
            del self._before[key]


# --- what was not opened


def keep_from_opening(session: Session, there: Held, refusal: AlreadyOpen, *, now: datetime) -> None:
    """A case that keeps a subject from one that its cohort got stands apart, until the subject has a newer one."""
    raise_incident(
        session, KIND, f"{KIND}/{there.code}", cause=str(refusal), now=now, case_id=there.id,
        mend=f"Rond {there.code} af, en begin het nieuwe dossier: tijdig start {there.procedure} --subject "
             f"{there.subject} --by U.",
    )  # fmt: skip


def settle_openings(session: Session, *, by: str, now: datetime) -> None:
    """Who was kept from a case, and has one since, is kept from nothing any more."""
    passed(session, [key for (key,) in ask(session, _NEWER, KIND, list(UNDONE))], by=by, now=now)


_NEWER = """
select i.key from incident i join case_ c on c.id = i.case_id
where i.kind = ? and i.key is not null and exists (
    select 1 from case_ n
    where n.procedure = c.procedure and n.subject = c.subject and n.id > c.id and n.state not in (?*))
"""
