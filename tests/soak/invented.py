"""What people happen to do on a day: mostly what is asked of them, and now and then all else that the acts allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import groupby
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import select as columns
from sqlmodel import Session, col

from models.case import Case, OpenObligation
from models.session import Store
from tests.soak import deeds
from tests.soak.deeds import REASON, Deed
from tests.soak.house import name
from tijdig.engine.calendar import instant
from tijdig.service import cases
from tijdig.service.cases import Doing
from tijdig.service.people import Directory

HOURS = ("00:00", "00:30", "03:00", "08:00", "09:00", "09:00", "09:30", "13:00", "16:45", "17:00", "22:00", "23:59")
"""When things are done: also at midnight, and at the very moment of a round."""

ADVISER, DIRECTOR, MEMBER, ADMINISTRATOR = "kwaliteitsadviseur", "directeur", "lid", "boss1"
COLLEAGUES = ("adviser1", "adviser2", "adviser3", "director1", "director2", "quality1")

HASTE = {"send_actions": 0.15, "improve": 0.02, "recheck": 0.08, "supplement": 0.05, "judge": 0.012,
         "confirm_red": 0.15, "choose": 0.1, "arrange": 0.06}  # fmt: skip
"""How likely an open step is decided on a day; some stay until they are late."""

ORANGE = {
    "send_actions": ("sent",), "improve": ("handed_in",), "recheck": ("in_order", "not_in_order"),
    "supplement": ("handed_in",), "judge": ("green", "green", "red"), "confirm_red": ("red", "red", "refused"),
}  # fmt: skip
RED = {"choose": ("left", "support"), "arrange": ("arranged",), "recheck": ("green", "green", "not_yet", "stop")}
ANSWERS = {"ORA": ORANGE, "ROO": RED}
"""How open steps end, by the case's code."""
FORMS = {
    "sent": {"actions": "Zorgplan bijwerken"},
    "arranged": {"support": "Bureau van buiten"},
    "not_in_order": {"missing": "Handtekening"},
}

ODD = ("correct", "correct", "take", "take", "remind", "extend", "hand-over", "take-back", "not-applicable", "record",
       "leave", "stay", "withdraw", "cancel", "suspend")  # fmt: skip
AFTERWARDS = ("correct", "reopen", "take-back")
UNDONE = ("send_actions", "improve", "recheck", "judge", "confirm_red", "choose")
SETTINGS = (
    ("orange_term", ("10 weken", "12 weken", "14 weken")),
    ("orange_recheck_term", ("5 werkdagen", "10 werkdagen", "3 weken")),
    ("allow_second_orange", ("ja", "ja", "nee")),
    ("good_friday", ("open", "closed")),
    ("may5", ("open", "closed", "lustrum")),
)


@dataclass(frozen=True)
class Done:
    """A deed, with who does it and when."""

    doing: Doing
    deed: Deed


class Dossier(NamedTuple):
    """A case as it stands in the morning, with its open steps, each with its role."""

    code: str
    subject: str
    state: str
    steps: Mapping[str, str]

    @property
    def kind(self) -> str:
        return self.code[:3]


@dataclass
class People:
    """Invents what people do: `plans` is what is sure to happen on a day, by whom."""

    chance: Random
    plans: Mapping[date, Sequence[tuple[str, Deed]]]

    def on(self, day: date, store: Store) -> list[Done]:
        """What is done on a day, in order, in a house as it stands that morning."""
        with store.read() as session:
            deeds = [*Today(session, self.chance, Directory.load(session), day).invent(self.plans.get(day, ()))]
        return sorted(deeds, key=lambda done: done.doing.at)


@dataclass
class Today:
    session: Session
    chance: Random
    directory: Directory
    day: date

    def invent(self, plans: Sequence[tuple[str, Deed]]) -> Iterator[Done]:
        for by, deed in plans:
            yield self._done(by or self._one_of(ADVISER), deed)
        for dossier in _dossiers(self.session):
            yield from self._in(dossier)
        if self._happens(0.05):
            yield self._done(ADMINISTRATOR, self._absence())
        if self._happens(0.03):
            yield self._done(ADMINISTRATOR, self._setting())
        if self._happens(0.01):
            yield self._done(ADMINISTRATOR, deeds.move(self._choose((None, None, "settings", "calendar"))))
        if self._happens(0.03):
            yield self._done(ADMINISTRATOR, deeds.change_address(self._choose(COLLEAGUES), self.day))

    def _in(self, dossier: Dossier) -> Iterator[Done]:
        """What happens in one case today."""
        for step, role in dossier.steps.items():
            if self._happens(HASTE[step]):
                yield self._decision(dossier, step, role)
        if dossier.steps and self._happens(0.012):
            step = self._choose([*dossier.steps])
            yield self._act(dossier, self._choose(ODD), step, dossier.steps[step])
        if dossier.state != "open" and self._happens(0.002):
            yield self._act(dossier, self._choose(AFTERWARDS))

    def _decision(self, dossier: Dossier, step: str, role: str) -> Done:
        outcome = self._choose(ANSWERS[dossier.kind][step])
        deed = deeds.case(cases.decide, dossier.code, step, outcome, FORMS.get(outcome, {}))
        if role == MEMBER and self._happens(0.2):  # by telephone
            return self._done(self._one_of(ADVISER, dossier.subject), deed, behalf=dossier.subject)
        return self._done(self._one_of(role, dossier.subject), deed)

    def _act(self, dossier: Dossier, act: str, step: str = "", role: str = ADVISER) -> Done:
        by, deed = self._one_of(ADVISER, dossier.subject), deeds.act(dossier.code, act, step=step)
        match act:
            case "correct":
                fact = "orange_on" if dossier.kind == "ORA" else "red_on"
                deed = deeds.case(cases.correct, dossier.code, {fact: self._in_days(-100, 5)})
            case "record":
                deed = deeds.case(cases.record_facts, dossier.code, {"audit": f"DC-{self.chance.randrange(100)}"})
            case "leave" | "stay":
                deed = deeds.announce_leaving(dossier.subject, self._in_days(-3, 20) if act == "leave" else None)
            case "extend":
                by = self._one_of(DIRECTOR)
                deed = deeds.act(dossier.code, act, step="norm", by=self._choose(("1 dag", "3 dagen", "1 week")))
            case "suspend":
                deed = deeds.act(dossier.code, act, step="norm", until=self._in_days(7, 14))
            case "hand-over":
                deed = deeds.act(dossier.code, act, step=step, person=self._choose(COLLEAGUES))
            case "take":
                by = self._one_of(role, dossier.subject)
            case "reopen" | "take-back":
                deed = deeds.act(dossier.code, act, step=self._choose(UNDONE))
        return self._done(by, deed)

    def _absence(self) -> Deed:
        person, since = self._choose(COLLEAGUES), self.day + timedelta(days=self.chance.randint(0, 10))
        deputy = self._choose([each for each in ("adviser1", "adviser2", "director1", None) if each != person])
        return deeds.be_away(person, since, since + timedelta(days=self.chance.randint(0, 14)), deputy)

    def _setting(self) -> Deed:
        if self._happens(0.3):
            return deeds.choose("extra_closed", self._in_days(1, 30))
        setting, values = self._choose(SETTINGS)
        return deeds.choose(setting, self._choose(values))

    # --- by chance

    def _done(self, by: str, deed: Deed, behalf: str = "") -> Done:
        at = instant(self.day, time.fromisoformat(self._choose(HOURS)))
        return Done(Doing(by, at, behalf, REASON), deed)

    def _one_of(self, role: str, subject: str = "") -> str:
        """Mostly somebody who is there for the role; sometimes anybody, who is refused."""
        there = self.directory.recipients(role, subject=subject, case="", on=self.day)
        who: str = self._choose(there).person if there and not self._happens(0.03) else self._choose(COLLEAGUES)
        return who

    def _happens(self, share: float) -> bool:
        return self.chance.random() < share

    def _choose(self, of: Sequence[Any]) -> Any:
        return self.chance.choice(of)

    def _in_days(self, first: int, last: int) -> str:
        return (self.day + timedelta(days=self.chance.randint(first, last))).isoformat()


def _dossiers(session: Session) -> Iterator[Dossier]:
    wanted = (
        columns(col(Case.code), col(Case.subject), col(Case.state), col(OpenObligation.step), col(OpenObligation.role))
        .join(OpenObligation, (col(OpenObligation.case_id) == Case.id) & (OpenObligation.kind == "step"), isouter=True)
        .order_by(col(Case.id), col(OpenObligation.step))
    )
    for (code, subject, state), rows in groupby(session.execute(wanted), key=lambda row: row[:3]):
        yield Dossier(code, subject, state, {step: role for *_, step, role in rows if step})


# --- what is sure to happen


def plans(chance: Random, days: Sequence[date], members: int) -> Mapping[date, Sequence[tuple[str, Deed]]]:
    """Each member turns orange on some day, and some once more; colleagues leave and others come.

    For two weeks there is no director at all. In autumn the procedure is revised, and later what runs follows.
    """
    planned: dict[date, list[tuple[str, Deed]]] = {day: [] for day in days}
    for number in (*range(members), *chance.choices(range(members), k=members // 10)):
        day = chance.choice(days)
        back = timedelta(days=chance.choice((0, 0, 0, 1, 2, 5, 10, 40, 100)))
        at_step = chance.choice(("recheck", "improve", "judge", "supplement")) if chance.random() < 0.08 else ""
        planned[day].append(("", deeds.open_case(name(number), day - back, at_step)))
    spring, summer, autumn = (days[len(days) * n // 10 + chance.randrange(15)] for n in (2, 5, 7))
    weeks = [timedelta(weeks=n) for n in range(5)]
    planned[spring] += [
        (ADMINISTRATOR, deeds.leave_house("adviser3", spring + weeks[1])),
        (ADMINISTRATOR, deeds.begin("adviser4", ADVISER, spring + weeks[2])),
    ]
    planned[summer] += [
        (ADMINISTRATOR, deeds.leave_house("director1", summer + weeks[1])),
        (ADMINISTRATOR, deeds.leave_house("director2", summer + weeks[2])),
        (ADMINISTRATOR, deeds.begin("director3", DIRECTOR, summer + weeks[4])),
    ]
    planned[autumn] += [(ADMINISTRATOR, deeds.leave_house("quality1", autumn)), (ADMINISTRATOR, deeds.revise())]
    planned[autumn + weeks[3]].append((ADMINISTRATOR, deeds.move("definition")))
    return planned
