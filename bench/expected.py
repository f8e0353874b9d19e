"""What a run of the workload must leave, row by row; the words of its mails stand here once more, on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tijdig.bench import workload as w


class Timer(NamedTuple):
    """What happens by itself, so many days after the opening."""

    days: int
    event: str
    state: str


TIMERS = (
    Timer(28, "reminder_w4", "reminded1"),
    Timer(56, "reminder_w8", "reminded2"),
    Timer(77, "warning_w11", "warned"),
    Timer(w.DEADLINE_DAYS, "escalated", "escalated"),
)

SUBJECTS = {
    "opened": "Uw dossier staat op oranje",
    "reminder_w4": "Herinnering: nog acht weken",
    "reminder_w8": "Herinnering: nog vier weken",
    "warning_w11": "Waarschuwing: nog een week",
    "escalated": "Escalatie: termijn van twaalf weken verstreken",
    "green": "Uw dossier staat op groen",
    "red": "Uw dossier staat op rood",
}
HEAD = ("Geachte ", ", uw dossier staat sinds ", " op oranje. Uiterlijk ", " moet het op groen staan. ")
TAILS = {
    "opened": "U ontvangt hierbij het verbeterplan dat bij de beoordeling hoort.",
    "reminder_w4": "Stuur uw voortgang aan uw kwaliteitsadviseur.",
    "reminder_w8": "Stuur de nog ontbrekende stukken aan uw kwaliteitsadviseur.",
    "warning_w11": "Zonder verbetering volgt over een week een rood oordeel.",
    "escalated": "Er is binnen de termijn geen oordeel vastgelegd; besluit is nodig.",
    "green": "De verbetering is vastgesteld; het dossier is gesloten.",
    "red": "De verbetering bleef uit; de directie neemt contact met u op.",
}

TRANSITIONS = 71
"""In each block of cases."""

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Cases (number, state), audit (number, day, event, actor) and outbox (…, recipient, subject, body)."""

    cases: frozenset[Row]
    audit: frozenset[Row]
    outbox: frozenset[Row]


def of_workload(cases: int, spread: int) -> Rows:
    """All that stands there after the last day."""
    return _rows((no, _history(no, w.opened_day(no, spread), w.decision(no))) for no in range(cases))


def of_sweeps(due: int) -> Rows:
    """What stands there, after the sweep phase, of the cases that fell due in it."""
    numbers = range(due * len(w.DUE_DAYS))
    return _rows((no, _history(no, w.sweep_opened_day(no, due), None, until=w.DUE_DAYS[-1])) for no in numbers)


def transitions(cases: int) -> int:
    """How often something happens in the workload of so many cases."""
    return TRANSITIONS * cases // w.BLOCK


class _Event(NamedTuple):
    day: int
    event: str
    actor: str
    state: str


def _history(no: int, opened: int, decided: tuple[int, str] | None, until: int = 10**9) -> list[_Event]:
    events = [_Event(opened, "opened", w.adviser(no), "open")]
    end = opened + decided[0] if decided else 10**9
    events += [_Event(opened + t.days, t.event, "system", t.state) for t in TIMERS if opened + t.days < end]
    if decided:
        events.append(_Event(end, decided[1], w.adviser(no), decided[1]))
    return [event for event in events if event.day <= until]


def _rows(histories: Iterator[tuple[int, list[_Event]]]) -> Rows:
    cases, audit, outbox = set[Row](), set[Row](), set[Row]()
    for no, events in histories:
        cases.add((no, events[-1].state))
        for day, event, actor, _ in events:
            audit.add((no, day, event, actor))
            outbox.add((no, day, event, *_mail(no, event, events[0].day)))
    return Rows(frozenset(cases), frozenset(audit), frozenset(outbox))


def _mail(no: int, event: str, opened: int) -> tuple[str, str, str]:
    """Recipient, subject and body."""
    to = w.DIRECTOR_ADDRESS if event == "escalated" else w.address(no)
    said = (w.name(no), str(w.day_of(opened)), str(w.day_of(opened + w.DEADLINE_DAYS)), TAILS[event])
    return to, SUBJECTS[event], "".join(part for pair in zip(HEAD, said, strict=True) for part in pair)
