"""Registrations as they are read: confidential until the closed-door opening, then checked on what they lack.

Until then only who runs the procedure reads the register, from then on also who has a role in it (P-03, P-06). Each
reading is logged, and so is who was refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from models.bulk import ask
from models.register import HandIn, Register
from tijdig.engine.calendar import local_day, short_moment
from tijdig.engine.errors import Refused
from tijdig.engine.fold import fold
from tijdig.procurement.registration import Arrival, Finding, Piece, Required, arrival, findings, required
from tijdig.service.acting import Acting
from tijdig.service.cases import Doing, decide
from tijdig.service.held import LOADER, Held, read_all
from tijdig.service.people import Directory
from tijdig.service.pins import current, woven_as
from tijdig.service.register import (
    Filing,
    Receipt,
    closing,
    known_providers,
    last_second,
    may,
    note,
    register_of,
    staff_of,
)


@dataclass(frozen=True, slots=True)
class Registration:
    """All that one provider handed in, and what of it is not in order; a piece that came late does not count."""

    provider: str
    known: bool
    arrival: Arrival
    last_at: datetime | None
    """When the last piece came that was in time."""
    pieces: tuple[Receipt, ...]
    findings: tuple[Finding, ...]

    @property
    def filed_at(self) -> datetime:
        """The second that counts: of the last piece that was in time, or where all are late of the first."""
        return (self.last_at or self.pieces[0].filing.received_at).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Recorded:
    """In how many cases it was said that a registration came in time, or too late; and what is left for a person.

    `nothing`: the cases of who handed in nothing. `closed`: those that ended already, `refused`: those in which it
    could not be said, each with why; both of who handed in. `without_case`: who handed in and has none on this
    timetable.
    """

    in_time: int
    too_late: int
    nothing: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    without_case: tuple[str, ...] = ()


HAND_IN, IN_TIME, TOO_LATE, FILED_AT = "hand_in", "in_time", "too_late", "filed_at"
"""The step, its outcomes and its field by which a procedure takes part in a register."""


def open_register(session: Session, people: Directory, doing: Doing, tender: str) -> Mapping[str, int]:
    """The closed-door opening (P-00, 6b): from now on who has a role in the procedure may read it.

    Gives how many pieces came in time, in the last second and late, and of how many providers: this is logged too.
    Raises Refused before it closed, a second time, and for who does not run the procedure.
    """
    register = register_of(session, tender, for_update=True)
    may(people, doing, staff_of(session, register))
    closes_at = closing(session, register, doing.at)
    if arrival(doing.at, closes_at) != "late":
        raise Refused(f"Register '{tender}' sluit {short_moment(closes_at)}. Open het daarna.")
    if register.opened_at:
        raise Refused(f"Register '{tender}' is al geopend, op {short_moment(register.opened_at)}. Lees het.")
    register.opened_at, register.opened_by = doing.at, doing.by
    session.add(register)
    rows = _rows(session, tender)
    counts = {"in_time": 0, "last_second": 0, "late": 0, "providers": len({row.provider for row in rows})}
    for row in rows:
        counts[arrival(row.received_at, closes_at)] += 1
    note(session, "register-opened", doing, register, **counts)
    return counts


def read_register(session: Session, people: Directory, doing: Doing, tender: str) -> list[Receipt]:
    """All that came in, in the order in which it came. Raises Refused for who may not read it (P-03)."""
    return _read(session, people, doing, register_of(session, tender))


def registrations(session: Session, people: Directory, doing: Doing, tender: str) -> list[Registration]:
    """What each provider handed in and what it lacks (P-06), by provider. Raises Refused for who may not read it."""
    register = register_of(session, tender)
    found = _by_provider(_read(session, people, doing, register))
    return [_registration(found[provider], required(register.vog_from)) for provider in sorted(found)]


def _by_provider(receipts: Iterable[Receipt]) -> dict[str, list[Receipt]]:
    found: defaultdict[str, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        found[receipt.filing.provider].append(receipt)
    return dict(found)


def _registration(receipts: Sequence[Receipt], needed: Sequence[Required]) -> Registration:
    provider, known = receipts[0].filing.provider, receipts[0].known
    in_time = [receipt for receipt in receipts if receipt.arrival != "late"]
    if not in_time:
        return Registration(provider, known, "late", None, tuple(receipts), ())
    last = in_time[-1]
    filed = [receipt.filing for receipt in in_time]
    as_corrected = {(each.piece, each.received_at, each.sha256): Piece(each.piece, each.dated) for each in filed}
    found = findings(tuple(as_corrected.values()), needed, local_day(last.filing.received_at))
    return Registration(provider, known, last.arrival, last.filing.received_at, tuple(receipts), found)


def _read(session: Session, people: Directory, doing: Doing, register: Register) -> list[Receipt]:
    """The register, for who may read it; that they did is written down."""
    may(people, doing, _readers(session, register))
    note(session, "read", doing, register)
    rows, closes_at = _rows(session, register.name), closing(session, register, doing.at)
    known = known_providers(session, rows)
    return [Receipt(row.id or 0, _filed(row), closes_at, row.provider in known, False) for row in rows]


def _rows(session: Session, tender: str) -> Sequence[HandIn]:
    wanted = select(HandIn).where(HandIn.tender == tender).order_by(col(HandIn.received_at), col(HandIn.id))
    return session.exec(wanted).all()


def _filed(row: HandIn) -> Filing:
    dated = None if row.dated == date.min else row.dated
    return Filing(row.provider, row.piece, row.received_at, row.sha256, dated, row.channel, row.name)


# --- into the cases


def record_registrations(doing: Acting, tender: str) -> Recorded:
    """Say in each provider's case what the register says: in time or too late, and to the second when.

    Each is a decision of who does this, by the closing of that very case. A case in which it was taken before stays as
    it is; of who handed in nothing a person decides. Raises Refused before the opening, and for who does not run it.
    """
    session, register = doing.session, register_of(doing.session, tender)
    may(doing.people, doing.doing, staff_of(session, register))
    if register.opened_at is None:
        raise Refused(f"Register '{tender}' is nog niet geopend. Open het eerst: tijdig handin open {tender}.")
    pieces = _by_provider(_read(session, doing.people, doing.doing, register))
    woven = woven_as(register.procedure, register.timetable)
    cases = doing.work.claim(f"{_ON_TIMETABLE} order by id", woven)
    asked = {id for (id,) in ask(session, _ASKED, HAND_IN, woven)}
    to_say = [one for one in cases if one.id in asked and one.subject in pieces]
    doing.people.prefetch(pieces)
    read_all(session, to_say)
    said = [_say(doing, one, register.row, pieces[one.subject]) for one in to_say]
    return Recorded(
        said.count("in_time"), said.count("too_late"),
        tuple(one.code for one in cases if one.id in asked and one.subject not in pieces),
        tuple(one.code for one in cases if not one.is_open and one.subject in pieces),
        tuple((one.code, why) for one, why in zip(to_say, said, strict=True) if why not in (IN_TIME, TOO_LATE)),
        tuple(sorted(pieces.keys() - {one.subject for one in cases})),
    )  # fmt: skip


_ON_TIMETABLE = "definition_id in (select id from definition where procedure = ?)"
_ASKED = (
    f"select case_id from open_obligation where step = ? and case_id in (select id from case_ where {_ON_TIMETABLE})"
)


def _say(doing: Acting, one: Held, row: str, pieces: Sequence[Receipt]) -> str:
    """Decide in a case by its own closing; gives the outcome, or why it could not be said."""
    ends = last_second(fold(one.case), row)
    if ends is None:
        return f"Rij '{row}' heeft in dit dossier geen datum."
    seen = _registration([replace(each, closes_at=ends) for each in pieces], ())
    outcome = TOO_LATE if seen.arrival == "late" else IN_TIME
    try:
        decide(doing.work, doing.people, one.code, HAND_IN, outcome, {FILED_AT: seen.filed_at.isoformat()}, doing.doing)
    except Refused as refusal:
        return str(refusal)
    return outcome


def _readers(session: Session, register: Register) -> tuple[str, ...]:
    """Who may read: before the opening only who runs the procedure, then all who have a role in it."""
    staff = staff_of(session, register)
    if register.opened_at is None:
        return staff
    terms = LOADER.load(session, current(session, register.procedure))
    roles = (*terms.procedure.readers, *(step.role for step in terms.procedure.steps))
    return tuple(dict.fromkeys((*staff, *map(terms.role, roles))))
