"""Definitions, settings and calendars as stored: published once, never changed, loaded once per process."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from models.bulk import ask, is_postgresql
from models.case import Case
from models.operation import Event
from models.organisation import Assignment
from models.pins import CalendarVersion, Definition, SettingsVersion
from tijdig.engine.calendar import Calendar
from tijdig.engine.case import Terms
from tijdig.engine.errors import Damaged, Refused
from tijdig.engine.language import LANGUAGE, Goal, Procedure, Setting, Step
from tijdig.engine.snapshot import canonical, digest, from_json, to_json, value_from_json, value_to_json
from tijdig.engine.terms import Term, parse
from tijdig.service.forms import read_day

UNSET = "geen"
"""How a person writes that an optional setting has no value."""

CALENDAR_SETTINGS = ("may5", "good_friday", "extra_closed", "open_days")


BETWEEN = "@"
"""Stands between the id of a procedure and the name of the timetable with which it is woven."""


def woven_as(procedure: str, timetable: str) -> str:
    """Under what a procedure that is woven with a timetable is stored."""
    return f"{procedure}{BETWEEN}{timetable}"


class Pins(NamedTuple):
    """The three versions that a case runs on, as row ids."""

    definition: int
    settings: int
    calendar: int


def pins_of(row: Case) -> Pins:
    """The versions that a case runs on."""
    return Pins(row.definition_id, row.settings_id, row.calendar_id)


def publish(session: Session, procedures: Iterable[Procedure], *, now: datetime, by: str) -> list[str]:
    """Store new revisions; give the ids of the procedures that were new. Raises Refused when a revision was changed."""
    published = {(d.procedure, d.revision): d.sha256 for d in session.exec(select(Definition))}
    new = []
    for procedure in procedures:
        snapshot = canonical(to_json(procedure))
        sha256 = digest(snapshot)
        known = published.get((procedure.id, procedure.revision))
        if known == sha256:
            continue
        if known:
            raise Refused(
                f"{procedure.id} revision {procedure.revision} was published before with other contents. "
                f"Give the changed definition a higher revision."
            )
        session.add(
            Definition(procedure=procedure.id, revision=procedure.revision, language=LANGUAGE, sha256=sha256,
                       snapshot=snapshot, published_at=now)
        )  # fmt: skip
        session.add(Event(at=now, kind="publish", actor=by, detail=canonical({procedure.id: procedure.revision})))
        new.append(procedure.id)
    session.flush()
    return new


def newest(session: Session, procedure: str) -> Definition:
    """The newest revision of a procedure. Raises Refused when there is none."""
    found = session.exec(
        select(Definition).where(Definition.procedure == procedure).order_by(col(Definition.revision).desc()).limit(1)
    ).first()
    if found is None:
        known = ", ".join(sorted(d.procedure for d in definitions(session)))
        raise Refused(f"There is no procedure '{procedure}'. Published are: {known or 'none'}.")
    return found


def definitions(session: Session) -> list[Definition]:
    """The newest revision of every procedure, by id; not woven with any timetable."""
    plain = select(Definition).where(~col(Definition.procedure).contains(BETWEEN))
    rows = session.exec(plain.order_by(col(Definition.procedure), col(Definition.revision)))
    return list({row.procedure: row for row in rows}.values())


_CURRENT = (
    "select id, (select max(id) from settings_version), (select max(id) from calendar_version) from definition "
    "where procedure = ? order by revision desc limit 1"
)
_ALONE = " for no key update of definition"


def current(session: Session, procedure: str, *, alone: bool = False) -> Pins:
    """What a case of this procedure that opens now is pinned to; with `alone` nobody else opens one meanwhile."""
    found = ask(session, _CURRENT + _ALONE if alone and is_postgresql(session) else _CURRENT, procedure)
    return Pins(*found[0]) if found else Pins(newest(session, procedure).id or 0, 0, 0)  # which refuses


def versions(before: tuple[int, ...], after: tuple[int, ...]) -> str:
    """How a move is logged: the revision of the definition, the numbers of settings and calendar, each from and to."""
    named = zip(("revision", "settings", "calendar"), before, after, strict=True)
    return ", ".join(f"{name} {old} -> {new}" for name, old, new in named)


def newest_pins(session: Session) -> dict[str, Pins]:
    """What a case that opens now is pinned to, for every procedure, also as it is woven with a timetable."""
    return {
        procedure: current(session, procedure) for procedure in session.exec(select(Definition.procedure).distinct())
    }


def successors(session: Session) -> dict[int, Pins]:
    """For each definition on what a case of it would open now, with the same timetable where it has one."""
    newest = newest_pins(session)
    return {number: newest[name] for number, name in ask(session, "select id, procedure from definition")}


def current_calendar(session: Session) -> Calendar:
    """The newest version of the calendar."""
    [(body,)] = ask(session, "select body from calendar_version order by id desc limit 1")
    return _calendar(body)


@lru_cache(maxsize=64)
def _calendar(body: str) -> Calendar:
    return Calendar.from_dict(json.loads(body))


class TermsLoader:
    """Engine terms by store and pins. Versions never change, so what was read is kept as long as the store's engine."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Engine, dict[Pins, Terms]] = WeakKeyDictionary()

    def loaded(self, session: Session, pins: Pins) -> Terms | None:
        """These terms, if they were loaded before."""
        return self._kept.get(session.get_bind().engine, {}).get(pins)

    def forget(self, definition: int) -> None:
        """Drop what was read of a definition: it was rolled back, and another one may get its number."""
        for terms in self._kept.values():
            for pins in [pins for pins in terms if pins.definition == definition]:
                del terms[pins]

    def load(self, session: Session, pins: Pins) -> Terms:
        """These terms. Raises Damaged when what they are made of was changed."""
        terms = self._kept.setdefault(session.get_bind().engine, {})
        if pins not in terms:
            definition = session.get_one(Definition, pins.definition)
            settings = session.get_one(SettingsVersion, pins.settings)
            calendar = session.get_one(CalendarVersion, pins.calendar)
            values = {k: value_from_json(v) for k, v in json.loads(settings.values).items()}
            terms[pins] = Terms(procedure_of(definition), values, _calendar(calendar.body))
        return terms[pins]


@lru_cache(maxsize=256)
def _procedure(snapshot: str) -> Procedure:
    return from_json(json.loads(snapshot))


def procedure_of(definition: Definition) -> Procedure:
    """The definition as engine value. Raises Damaged when it is not what was published."""
    if digest(definition.snapshot) != definition.sha256:
        raise Damaged(
            f"{definition.procedure} revision {definition.revision} is not what was published: its bytes changed. "
            f"Put back a backup in which it is whole."
        )
    return _procedure(definition.snapshot)


def first_versions(session: Session, *, now: datetime, by: str) -> None:
    """An installation begins with empty settings and the calendar as the law and the defaults have it."""
    session.add(SettingsVersion(at=now, by=by, reason="begin", values="{}"))
    _store_calendar(session, Calendar(), now=now)


def settings_values(session: Session) -> dict[str, Any]:
    """The newest values that the house chose, in JSON form."""
    row = session.exec(select(SettingsVersion).order_by(col(SettingsVersion.id).desc()).limit(1)).one()
    return dict(json.loads(row.values))


def known_settings(session: Session) -> dict[str, Setting]:
    """Every setting that a published definition uses, by id."""
    return {s.id: s for d in definitions(session) for s in procedure_of(d).settings}


def choose(session: Session, setting: str, value: str, *, by: str, reason: str, now: datetime) -> int:
    """Choose a value, as a new settings version (or a new calendar version for a calendar setting); gives its number.

    Running cases keep the version that they are pinned to. Raises Refused for an unknown setting or a bad value.
    """
    if setting in CALENDAR_SETTINGS:
        version = _choose_calendar(session, setting, value, now=now)
    else:
        known = known_settings(session)
        if setting not in known:
            names = ", ".join(sorted({*known, *CALENDAR_SETTINGS}))
            raise Refused(f"There is no setting '{setting}'. There are: {names}.")
        chosen = value_to_json(_parse(session, known[setting], value))  # None unsets an optional one
        values = {**settings_values(session), setting: chosen}
        row = SettingsVersion(at=now, by=by, reason=reason, values=canonical(values))
        session.add(row)
        session.flush()
        version = row.id or 0
    detail = {"setting": setting, "value": value, "reason": reason, "version": version}
    session.add(Event(at=now, kind="set", actor=by, detail=canonical(detail)))
    return version


def _parse(session: Session, setting: Setting, text: str) -> Term | str | int | bool | None:
    if setting.optional and text.strip().lower() == UNSET:
        return None
    match setting.kind:
        case "term":
            return parse(text)
        case "number" if text.strip().lstrip("-").isdigit():
            return int(text)
        case "yes_no" if text.lower() in ("ja", "yes", "true", "aan", "nee", "no", "false", "uit"):
            return text.lower() in ("ja", "yes", "true", "aan")
        case "choice" if text in setting.choices:
            return text
        case "role":
            return _known_role(session, text)
    wanted = {"number": "a whole number", "yes_no": "ja or nee"}.get(
        setting.kind
    ) or f"one of {', '.join(setting.choices)}"
    raise Refused(f"'{text}' does not fit setting '{setting.id}' ({setting.label}). Give {wanted}.")


def _known_role(session: Session, text: str) -> str:
    roles = known_roles(session)
    if text not in roles:
        raise Refused(f"'{text}' is not a role here. The roles are: {', '.join(roles)}.")
    return text


def known_roles(session: Session) -> list[str]:
    """The roles that definitions name or people hold."""
    named = set(session.exec(select(Assignment.role)))
    return sorted(named.union(*(roles_named(procedure_of(definition)) for definition in definitions(session))))


def roles_named(procedure: Procedure) -> set[str]:
    """The roles that a definition itself names, wherever it may; the house chooses the others by a setting."""
    parts: tuple[Goal | Step, ...] = (*procedure.goals, *procedure.steps)
    named = [procedure.owner, procedure.late_to, *procedure.readers]
    named += [role for may in procedure.may for role in may.roles]
    named += [part.role for part in parts]
    named += [role for part in parts for remind in part.remind for role in remind.also]
    named += [rung.to for part in parts for rung in part.when_late]
    named += [role for step in procedure.steps for outcome in step.outcomes for role in outcome.tells]
    return {role for role in named if isinstance(role, str) and role}


_CHOICES = {"may5": "lustrum, open or closed", "good_friday": "open or closed", "open_days": "weekdays or all"}


def _choose_calendar(session: Session, setting: str, value: str, *, now: datetime) -> int:
    newest_row = session.exec(select(CalendarVersion).order_by(col(CalendarVersion.id).desc()).limit(1)).one()
    calendar = Calendar.from_dict(json.loads(newest_row.body))
    match setting, value:
        case "may5", "lustrum" | "open" | "closed":
            calendar = replace(calendar, may5=value)
        case "good_friday", "open" | "closed":
            calendar = replace(calendar, good_friday=value)
        case "open_days", "weekdays" | "all":
            calendar = replace(calendar, open_days=value)
        case "extra_closed", _:
            days = tuple(read_day("extra_closed", day) for day in value.split(",") if day.strip())
            calendar = replace(calendar, extra_closed=days)
        case _:
            raise Refused(f"'{value}' does not fit setting '{setting}'. Give {_CHOICES[setting]}.")
    return _store_calendar(session, calendar, now=now)


def renew_calendar(session: Session, *, now: datetime, by: str) -> bool:
    """A new version, with the house's own choices, where the law's days as this release knows them differ.

    Another edition with the same days is no new version: no date would differ.
    """
    known = current_calendar(session)
    fresh = replace(Calendar(), may5=known.may5, good_friday=known.good_friday, extra_closed=known.extra_closed,
                    open_days=known.open_days)  # fmt: skip
    if _law(fresh) == _law(known):
        return False
    version = _store_calendar(session, fresh, now=now)
    session.add(
        Event(at=now, kind="calendar", actor=by, detail=canonical({"calendar": fresh.version, "version": version}))
    )
    return True


def _law(calendar: Calendar) -> tuple[object, ...]:
    return set(calendar.decree_days), calendar.covered_from, calendar.covered_until


def _store_calendar(session: Session, calendar: Calendar, *, now: datetime) -> int:
    body = canonical(calendar.to_dict())
    row = CalendarVersion(version=calendar.version, body=body, at=now)
    session.add(row)
    session.flush()
    return row.id or 0
