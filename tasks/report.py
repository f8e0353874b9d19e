"""What a run shows a person in Prefect: one table, in Dutch, with case codes only (it has one shared credential)."""

from collections.abc import Iterable, Sequence

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from tijdig.engine.calendar import short_date
from tijdig.service.sweep import Swept
from tijdig.service.work import Done

TOP = 200
"""So many rows a person can look through; the others are counted."""

KINDS = {
    "open": "dossier geopend", "task": "taak gegeven", "remind": "herinnering", "escalate": "escalatie",
    "produce": "stuk gemaakt", "decide": "besluit", "close": "dossier gesloten",
}  # fmt: skip
SILENT = {"overtaken": "ingehaald: geen bericht", "before_opening": "voor opening: geen bericht", None: ""}

Row = dict[str, str]


@task(cache_policy=NO_CACHE)
def publish(key: str, rows: Sequence[Row], summary: str, url: str) -> None:
    """Show the table of a run; a run in which nothing happened leaves none, or there would be four hundred a day."""
    if rows:
        more = f" Hier staan de eerste {TOP} van {len(rows)} regels." if len(rows) > TOP else ""
        create_table_artifact(list(rows[:TOP]), key=key, description=f"{summary}{more} Alles staat in {url}")


def rows_of(rounds: Iterable[Swept]) -> list[Row]:
    """Incidents first, they need somebody; then what happened, case by case."""
    swept = list(rounds)
    incidents = [
        {"Dossier": incident["case"], "Procedure": "", "Wat": "incident", "Stap": "", "Dag": "",
         "Bijzonder": incident["mend"]}
        for round in swept for incident in round.incidents
    ]  # fmt: skip
    return incidents + [_row(done) for round in swept for done in round.effects]


def _row(done: Done) -> Row:
    effect = done.effect
    return {
        "Dossier": done.case, "Procedure": done.procedure, "Wat": KINDS[effect.kind],
        "Stap": effect.step if effect.step != "case" else "", "Dag": short_date(effect.nominal),
        "Bijzonder": SILENT[effect.overtaken],
    }  # fmt: skip


def sweep_summary(rounds: Iterable[Swept]) -> str:
    """One sentence: "12 dossiers bekeken, 3 gebeurtenissen, 0 incidenten."."""
    swept = list(rounds)
    checked, effects = sum(s.checked for s in swept), sum(len(s.effects) for s in swept)
    incidents = sum(len(s.incidents) for s in swept)
    return f"{checked} dossiers bekeken, {effects} gebeurtenissen, {incidents} incidenten."
