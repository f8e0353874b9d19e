"""KPIs as the year plan has them: taken in as data, and counted from cases where the installation can.

A KPI says in `computed` from which cases it is counted: `orange-status:norm` is the share of cases whose goal `norm`
fell due in the period and was met in time; `tender-bidder=contracted` that of cases closed in it with this result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from models.bulk import stored_day
from models.operation import Kpi
from tijdig.engine.errors import Refused
from tijdig.engine.fold import fold
from tijdig.engine.plan import obligations
from tijdig.engine.snapshot import canonical
from tijdig.service.exports import COLUMNS
from tijdig.service.held import Held, held, read_all
from tijdig.service.intake import Intake, edit
from tijdig.service.openings import UNDONE
from tijdig.service.pins import newest, procedure_of

KPI, PERIOD = "kpi", ("period_from", "period_until")
"""The subject of a case that is about one KPI, and the facts that say over which period."""

ASKED, COUNTED = "kpis", "kpis-counted"
"""The cohorts of KPIs: those that somebody is asked for, and those that are counted from cases."""

_RULE = re.compile(r"(?P<procedure>[a-z][a-z0-9-]*)(?::(?P<goal>[a-z][a-z0-9_]*)|=(?P<result>[a-z][a-z0-9_]*))")


_SIGNS = {">=": "≥", "<=": "≤", "~": "ongeveer"}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of how many, and the logs that it was counted from: code, number of entries and hash of each."""

    hits: int
    of: int
    sources: tuple[str, ...]

    @property
    def words(self) -> str:
        if not self.of:
            return "geen dossiers in deze periode"
        return f"{self.hits} van {self.of} ({100 * self.hits / self.of:.0f} %)"


def take_kpis(intake: Intake) -> None:
    """KPIs, each by its id. Rows that the file leaves out stay."""
    intake.table.once("kpi_id")
    stored = {row.id: row for row in intake.session.exec(select(Kpi))}
    for row in intake.table.rows:
        name = row.reference("kpi_id")
        row.line("doel", needed=True)
        row.line("owner_code", needed=True)
        known = json.loads(stored[name].body) if name in stored else {}
        cells = {column: row.text(column) if row.has(column) else known.get(column, "")
                 for column in COLUMNS["kpis"] if column != "kpi_id"}  # fmt: skip
        if cells["computed"] and (fault := _fault(intake.session, cells["computed"])):
            row.fault("computed", fault)
        if not intake.sound(row):
            continue
        if name in stored:
            intake.took(new=False, changed=edit(stored[name], body=canonical(cells)))
        else:
            intake.session.add(Kpi(id=name, body=canonical(cells)))
            intake.took(new=True)


def _fault(session: Session, rule: str) -> str:
    """What is wrong in the rule by which a KPI is counted; empty when nothing is."""
    found = _RULE.fullmatch(rule)
    if not found:
        return f"'{rule}' is geen telling. Schrijf procedure:doel of procedure=uitkomst, zoals orange-status:norm."
    try:
        procedure = procedure_of(newest(session, found["procedure"]))
    except Refused as refusal:
        return str(refusal)
    goals = [goal.goal for goal in procedure.goals]
    if found["goal"] and found["goal"] not in goals:
        return f"{procedure.id} heeft geen doel '{found['goal']}'. Kies uit: {', '.join(goals)}."
    if found["result"] and found["result"] not in procedure.results:
        return f"{procedure.id} eindigt nooit met '{found['result']}'. Kies uit: {', '.join(procedure.results)}."
    return ""


def kpis(session: Session) -> dict[str, dict[str, str]]:
    """The KPIs by id, in the order of their ids."""
    rows = session.exec(select(Kpi).order_by(col(Kpi.id)))
    return {row.id: json.loads(row.body) for row in rows}


def kpi_cohort(session: Session, name: str) -> list[str]:
    """The KPIs of one of the two cohorts: norms beside the table of the year plan are not reported on."""
    found = {ref: cells for ref, cells in kpis(session).items() if cells["kind"] in ("", "kpi")}
    return [ref for ref, cells in found.items() if bool(cells["computed"]) == (name == COUNTED)]


@dataclass(slots=True)
class Counting:
    """What KPIs come to over a period, both days included. The cases of a procedure are read once for all of them."""

    session: Session
    since: date
    until: date
    _read: dict[str, list[Held]] = field(default_factory=dict)

    def count(self, rule: str) -> Counted:
        """What a rule comes to. A case that was opened in error counts as none."""
        found = _RULE.fullmatch(rule)
        if not found:
            raise Refused(_fault(self.session, rule))
        judged = self._by_goal(**found.groupdict()) if found["goal"] else self._by_result(**found.groupdict())
        return Counted(sum(hit for _, hit in judged), len(judged), tuple(log_head(one) for one, _ in judged))

    def _by_goal(self, procedure: str, goal: str, result: str | None) -> list[tuple[Held, bool]]:
        """The cases in which the goal fell due in the period, and whether it was met in time."""
        if procedure not in self._read:
            self._read[procedure] = held(self.session, "procedure = ? and state not in (?*)", procedure, list(UNDONE))
            read_all(self.session, self._read[procedure])
        judged = [(one, self._met(one, goal)) for one in self._read[procedure]]
        return [(one, hit) for one, hit in judged if hit is not None]

    def _met(self, one: Held, goal: str) -> bool | None:
        """Whether the goal was met in time; None when it did not fall due in the period, or the case ended before."""
        asked = next((o for o in obligations(fold(one.case)) if o.step == goal), None)
        if asked is None or asked.due is None or not self.since <= asked.due.due <= self.until:
            return None
        if asked.done_on is None and one.closed_on and one.closed_on <= asked.due.due:
            return None
        return asked.done_on is not None and asked.done_on <= asked.due.due

    def _by_result(self, procedure: str, goal: str | None, result: str) -> list[tuple[Held, bool]]:
        """The cases that closed in the period, and whether with this result."""
        day, ended = stored_day(self.session), "procedure = ? and state not in (?*) and closed_on between ? and ?"
        closed = held(self.session, ended, procedure, list(UNDONE), day(self.since), day(self.until))
        return [(one, one.state == result) for one in closed]


def counted_now(session: Session, subject: str, facts: Mapping[str, Any]) -> str:
    """What a KPI comes to over the period of its case, in words; empty for one that is not counted."""
    rule = kpis(session).get(subject, {}).get("computed")
    if not rule:
        return ""
    since, until = (date.fromisoformat(facts[name]) for name in PERIOD)
    return Counting(session, since, until).count(rule).words


def log_head(one: Held) -> str:
    """Which log this is, and how far: code, number of entries, hash."""
    return f"{one.code} {one.seq} {one.head.hex()}"


def place(cells: Mapping[str, str], ref: str) -> tuple[int, str]:
    """Where a KPI stands in the report: by its number in the year plan."""
    number = cells.get("kpi_nr", "")
    return int(number) if number.isdigit() else 10**6, ref


def norm(cells: Mapping[str, str]) -> str:
    """The norm of a KPI: comparator, value, unit."""
    comparator = _SIGNS.get(cells.get("comparator", ""), cells.get("comparator", ""))
    return " ".join(filter(None, (comparator, cells.get("norm_value", ""), cells.get("unit", ""))))
