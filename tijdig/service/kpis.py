"""KPIs as the year plan has them: taken in as data, and counted from cases where the installation can.

A KPI says in `computed` from which cases it is counted: `orange-status:norm` is the share of cases whose goal `norm`
fell due in the period and was met in time; `tender-bidder=contracted` that of cases closed in it with this result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from models.operation import Kpi
from tijdig.engine.errors import Refused
from tijdig.engine.fold import fold
from tijdig.engine.plan import obligations
from tijdig.engine.snapshot import canonical
from tijdig.service.exports import COLUMNS
from tijdig.service.held import Held, held, read_all
from tijdig.service.intake import Intake, edit
from tijdig.service.pins import newest, procedure_of

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


def count(session: Session, rule: str, since: date, until: date) -> Counted:
    """What a rule comes to over a period, both days included."""
    found = _RULE.fullmatch(rule)
    if not found:
        raise Refused(_fault(session, rule))
    cases = held(session, "procedure = ?", found["procedure"])
    read_all(session, cases)
    judge, name = (_by_goal, found["goal"]) if found["goal"] else (_by_result, found["result"])
    judged = [(one, hit) for one in cases if (hit := judge(one, name, since, until)) is not None]
    return Counted(sum(hit for _, hit in judged), len(judged), tuple(log_head(one) for one, _ in judged))


def _by_goal(one: Held, goal: str, since: date, until: date) -> bool | None:
    """Whether the goal was met in time; None when it does not fall due in the period."""
    asked = next((o for o in obligations(fold(one.case)) if o.step == goal), None)
    if asked is None or asked.due is None or not since <= asked.due.due <= until:
        return None
    return asked.done_on is not None and asked.done_on <= asked.due.due


def _by_result(one: Held, result: str, since: date, until: date) -> bool | None:
    closed = one.closed_on
    return one.state == result if closed and since <= closed <= until else None


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
