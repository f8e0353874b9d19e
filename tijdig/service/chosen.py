"""The settings of the house as people see them: what each is, where it comes from, and who chose it when and why."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from models.case import Case
from models.operation import Event
from models.pins import CalendarVersion
from tijdig.engine.calendar import Calendar
from tijdig.engine.language import Setting
from tijdig.service.exports import as_typed, settings_texts
from tijdig.service.pins import CALENDAR_SETTINGS, UNSET, definitions, procedure_of

CALENDAR = (
    Setting("may5", "Wanneer 5 mei een vrije dag is", "lustrum", "choice", "keuze van het huis",
            ("lustrum", "open", "closed")),
    Setting("good_friday", "Of het kantoor op Goede Vrijdag open is", "open", "choice", "keuze van het huis",
            ("open", "closed")),
    Setting("extra_closed", "Extra dagen waarop het kantoor dicht is", "", "term", "keuze van het huis"),
    Setting("open_days", "Op welke dagen het huis werkt", "weekdays", "choice", "keuze van het huis",
            ("weekdays", "all")),
)  # fmt: skip
"""The settings of the calendar; their defaults are those of a new calendar."""


@dataclass(frozen=True, slots=True)
class Choice:
    """That somebody chose a value: who, when and why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A setting as it stands. `value` is as a person types it: the choice of the house, or else the default."""

    setting: Setting
    value: str
    is_own: bool
    """Whether the house chose it."""
    is_missing: bool
    """Whether it must be chosen before a case can open."""
    by: Choice | None
    used_by: tuple[str, ...]
    """The titles of the procedures that use it; of none, all do."""

    @property
    def of_calendar(self) -> bool:
        return self.setting.id in CALENDAR_SETTINGS


def chosen(session: Session) -> list[Chosen]:
    """Every setting: those that must still be chosen first, then by name; those of the calendar last."""
    texts, choices, used = settings_texts(session), _choices(session), dict[str, list[str]]()
    settings: dict[str, Setting] = {}
    for definition in definitions(session):
        procedure = procedure_of(definition)
        for each in procedure.settings:
            settings[each.id] = each
            used.setdefault(each.id, []).append(procedure.title)
    found = [_chosen(each, texts, choices, tuple(used.get(each.id, ()))) for each in (*settings.values(), *CALENDAR)]
    return sorted(found, key=lambda each: (each.of_calendar, not each.is_missing, each.setting.label))


def one(session: Session, setting: str) -> Chosen | None:
    """A setting by its id; None when there is none."""
    return next((each for each in chosen(session) if each.setting.id == setting), None)


def _chosen(
    setting: Setting, texts: dict[str, str], choices: dict[str, Choice], used_by: tuple[str, ...]
) -> Chosen:  # fmt: skip
    default = "" if setting.default is None else as_typed(setting.default)
    value = texts.get(setting.id, default) or (UNSET if setting.optional else "")
    is_own = setting.id in choices or (setting.id in texts and setting.id not in CALENDAR_SETTINGS)
    missing = not value and setting.id not in CALENDAR_SETTINGS
    return Chosen(setting, value, is_own, missing, choices.get(setting.id), used_by)


def _choices(session: Session) -> dict[str, Choice]:
    """Who chose each setting last."""
    found: dict[str, Choice] = {}
    for at, actor, detail in session.execute(
        select(Event.at, Event.actor, Event.detail).where(Event.kind == "set").order_by(col(Event.id))
    ):
        said = json.loads(detail)
        found[said["setting"]] = Choice(actor, at, said["reason"])
    return found


# --- calendars


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of the calendar: its choices, who made it, and how many running cases are on it."""

    number: int
    version: str
    at: datetime
    calendar: Calendar
    by: Choice | None
    running: int


def editions(session: Session) -> list[Edition]:
    """All versions of the calendar, the newest first."""
    made: dict[int, Choice] = {}
    kinds = col(Event.kind).in_(("set", "calendar"))
    for at, actor, detail in session.execute(select(Event.at, Event.actor, Event.detail).where(kinds)):
        said = json.loads(detail)
        if "calendar" in said or said.get("setting") in CALENDAR_SETTINGS:
            made[said["version"]] = Choice(actor, at, said.get("reason", "nieuwe feestdagen in deze uitgave"))
    counted = select(Case.calendar_id, func.count()).where(Case.state == "open").group_by(col(Case.calendar_id))
    running = Counter(dict(session.execute(counted).tuples().all()))
    return [
        Edition(row.id or 0, row.version, row.at, Calendar.from_dict(json.loads(row.body)), made.get(row.id or 0),
                running[row.id or 0])
        for row in session.exec(select(CalendarVersion).order_by(col(CalendarVersion.id).desc()))
    ]  # fmt: skip
