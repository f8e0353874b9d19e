"""The year plan of a role or a person as an iCalendar file (RFC 5545): what must be done by which day.

Each entry is an all-day event on its due day, not a task: calendars at hand leave VTODO out. It blocks no time and
rings no bell; reminding is what mails are for. A plan holds no client references (ux.md, Termijnkalender).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from icalendar import Calendar, Event, vDuration
from sqlmodel import Session

from tijdig.engine.calendar import local_day, short_date, short_moment
from tijdig.engine.errors import Refused
from tijdig.engine.plan import pick_up_on
from tijdig.service.clock import installation
from tijdig.service.forecast import Forecast, Task
from tijdig.service.people import Directory
from tijdig.service.pins import known_roles
from tijdig.service.wording import and_, basis_words, due_words, one_line, sentence, subject_name

CLIENT = "cliënt"
"""Cases about a client are shown by their number only."""
REFRESH = timedelta(hours=1)
"""How often a calendar that subscribes may look again (ux.md)."""


def year_plan(session: Session, found: Forecast, *, now: datetime, role: str = "", person: str = "") -> bytes:
    """What a forecast asks of a role or of a person, as the bytes of a calendar file.

    Raises Refused for a role or a person that is not known here.
    """
    people = Directory.load(session)
    if person and not people.knows(person):
        raise Refused(f"'{person}' is hier niet bekend. Gebruik een persoon uit Beheer, Personen.")
    if role and role not in (roles := known_roles(session)):
        raise Refused(f"'{role}' is hier geen rol. De rollen zijn: {', '.join(roles)}.")
    uuid = UUID(installation(session).uuid)
    name = f"Tijdig: {person and people.name(person)}{role}"
    return calendar(name, (event(task, uuid, now, person) for task in theirs(found.tasks, role, person)))


def theirs(tasks: Iterable[Task], role: str, person: str) -> Iterator[Task]:
    """The steps of a role or person, and the dates of whole cases of which no step of theirs falls on the same day."""
    mine = [t for t in tasks if (role and t.asked.role == role) or any(who.person == person for who in t.people)]
    done_by_a_step = {(task.case, task.due) for task in mine if task.asked.kind == "step"}
    return (task for task in mine if task.asked.kind == "step" or (task.case, task.due) not in done_by_a_step)


def calendar(name: str, events: Iterable[Event]) -> bytes:
    """A calendar file: folded and escaped by the library, with the line ends of the standard."""
    made = Calendar()
    made.add("prodid", "-//Tijdig//Jaarplan//NL")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    for each in events:
        made.add_component(each)
    return bytes(made.to_ical())


def event(task: Task, uuid: UUID, now: datetime, person: str = "") -> Event:
    """What the year plan asks, as an event; its UID stays the same when its case comes to be opened."""
    asked, due = task.asked, task.asked.due
    at = f"{due.due_time:%H:%M}" if due and due.due_time else ""
    return all_day(
        uid_of(uuid, task.case.origin, asked.step, asked.round), task.due, now=now, sequence=task.case.version,
        summary=headline(asked.label, at, fatal=asked.fatal, about=_about(task)),
        description="\n".join(_description(task, now, person)), fatal=asked.fatal, basis=due.basis if due else "",
    )  # fmt: skip


def uid_of(uuid: UUID, case: str, step: str, round: int) -> str:
    """What a step or goal of a case is called in every calendar of this installation, whatever its date."""
    return f"{uuid5(uuid, f'{case}/{step}/{round}')}@tijdig"


def all_day(
    uid: str, day: date, *, now: datetime, sequence: int, summary: str, description: str, fatal: bool, basis: str
) -> Event:
    """One all-day event. `sequence` goes up whenever its date may have moved: it is the version of its case."""
    made = Event()
    made.add("uid", uid)
    made.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    made.add("sequence", sequence)
    made.add("dtstart", day)
    made.add("dtend", day + timedelta(days=1))
    made.add("summary", summary)
    made.add("description", description)
    made.add("transp", "TRANSPARENT")
    if fatal:
        made.add("priority", 1)
    if basis:
        made.add("categories", [basis])
    return made


def headline(label: str, at: str, *, fatal: bool, about: str) -> str:
    """What an event is called: `! Schrijf in op het portaal (vóór 17:00), AAN-2026-001`."""
    before = f" (vóór {at})" if at else ""
    return f"{'! ' if fatal else ''}{one_line(label).rstrip('.')}{before}, {about}"


def _about(task: Task) -> str:
    """The case as people call it."""
    case, procedure = task.case, task.case.terms.procedure
    subject = "" if procedure.subject == CLIENT else subject_name(case.subject)
    return ", ".join(filter(None, (subject, procedure.title if case.opened else case.name)))


def _description(task: Task, now: datetime, person: str) -> Iterator[str]:
    asked, case, due = task.asked, task.case, task.asked.due
    yield sentence(asked.label)
    yield f"{case.terms.procedure.title}: {'dit dossier is nog niet geopend' if case.opened else case.name}."
    if due:
        at = due_words(due.due, f"{due.due_time:%H:%M}" if due.due_time else "")
        yield f"Uiterlijk: {at} ({basis_words(due.basis, asked.fatal)}).{_pick_up(task)}"
        yield from (["Dit is al te laat."] if due.late_from <= now else [])
    else:
        yield f"Geen uiterste datum: {asked.undated or 'geen termijn'}."
    if asked.kind == "goal":
        yield "Dit is een termijn van het hele dossier."
    others = [who.person for who in task.people if who.person != person]
    behalf = next((who.behalf for who in task.people if who.person == person), "")
    if behalf:
        yield f"U vervangt {behalf}, die dan afwezig is."
    if others:
        yield f"{'Ook voor' if person else 'Voor'}: {and_(*others)}."
    if not task.people:
        yield "Let op: op deze dag heeft niemand deze rol."
    if task.open_on > local_day(now):
        yield "Dit staat nog niet open: de dag is gerekend alsof ieder op tijd is, en kan nog schuiven."
    if task.is_supposed:
        yield "Deze datum is verzonnen: hij hangt aan een dag die nog niemand heeft ingevuld."
    if due:
        yield "Waarom deze datum?"
        yield from (f"{number}. {reason.text}" for number, reason in enumerate(due.steps, start=1))
        yield from ([f"Bron: {due.source}."] if due.source else [])
    yield f"Stand van {short_moment(now)}. Deze agenda kan een dag achterlopen; wat nu geldt, staat in Tijdig."


def _pick_up(task: Task) -> str:
    start = pick_up_on(task.asked, task.case.terms)
    return f" Oppakken vanaf: {short_date(start)}." if start and task.asked.kind == "step" else ""
