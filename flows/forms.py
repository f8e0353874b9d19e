"""What the flows of every procedure share: opening a case from a form, and catching up its own cases."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from prefect import runtime
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.exceptions import FailedRun
from prefect.states import Completed, Failed
from pydantic import Field

from flows.sweep import catch_up_one
from tasks.here import here
from tasks.report import KINDS, publish, rows_of, sweep_summary
from tijdig.engine.advance import Advance, advance
from tijdig.engine.calendar import short_date
from tijdig.engine.errors import TijdigError
from tijdig.engine.language import Procedure
from tijdig.engine.plan import obligations
from tijdig.service.cases import Doing, open_case
from tijdig.service.held import Held
from tijdig.service.people import Directory
from tijdig.service.work import Work

SHOWN_AHEAD = 12


def _is_news(record: logging.LogRecord) -> bool:
    """Not the traceback by which Prefect's engine repeats, for a person who mistyped a date, that a run failed."""
    return not (record.exc_info and isinstance(record.exc_info[1], FailedRun))


logging.getLogger("prefect.flow_runs").addFilter(_is_news)


def asked(title: str, description: str, *, default: Any = ..., format: str = "") -> Any:
    """A parameter as the form on the Prefect page shows it; required unless it has a default.

    A date is text here that the page shows as a date (`format`). It is read inside, by the rules and with the words
    of all our forms; Prefect would fail the run with a traceback.
    """
    shown: dict[str, Any] = {"title": title} | ({"format": format} if format else {})
    return Field(default, description=description, json_schema_extra=shown)


def start(procedure: Procedure, subject: str, values: Mapping[str, str], *, by: str, dry_run: bool) -> State[Any]:
    """Open a case and show what it will ask and do; with `dry_run` only show it. A refusal is the run's message."""
    try:
        with here() as at, at.store.write() as session:
            work = Work(session)
            doing = Doing(by.strip(), at.now, via="Prefect")
            held = open_case(
                work,
                Directory.load(session),
                procedure.id,
                subject.strip(),
                values,
                doing,
                request_id=runtime.flow_run.id,
            )
            work.flush()
            told = _told(held, dry_run, new=bool(work.done))
            if dry_run:
                session.rollback()
    except TijdigError as refusal:
        return Failed(message=str(refusal))
    create_markdown_artifact(told, key=f"start-{procedure.id}", description=f"Start {procedure.title}")
    return Completed(message=told.splitlines()[0].lstrip("# "), data=None if dry_run else held.code)


def follow_up(*procedures: Procedure) -> State[Any]:
    """Catch up what is due of these procedures."""
    with here() as at:
        rounds = [catch_up_one(at, procedure.id) for procedure in procedures]
        summary = sweep_summary(rounds)
        publish(f"follow-up-{procedures[0].id}", rows_of(rounds), summary, at.settings.url)
        return Completed(message=summary)


def _told(held: Held, dry_run: bool, *, new: bool) -> str:
    """What became of a form, in markdown: the case, what it asks by when, and what follows if nobody acts."""
    title = held.terms.procedure.title
    if not new:
        return f"# {title} {held.code} was al geopend\n"
    done = "alleen getoond, niet geopend" if dry_run else f"geopend als {held.code}"
    stands = advance(held.case, held.changed_at)
    return "\n".join((f"# {title}: {done}", "", *_asks(stands), "", *_follows(stands)))


def _asks(stands: Advance) -> Iterator[str]:
    yield from ("## Wat er moet", "", "| Wat | Rol | Uiterlijk | Grondslag |", "| --- | --- | --- | --- |")
    for each in obligations(stands.state):
        if each.stands:
            due, basis = (short_date(each.due.due), each.due.basis) if each.due else ("", "")
            yield f"| {each.label} | {each.role} | {due} | {basis} |"


def _follows(stands: Advance) -> Iterator[str]:
    yield from ("## Wat er gebeurt als niemand iets doet", "")
    terms = stands.case.terms
    labels = {name: step.asks for name, step in terms.steps.items()} | {
        g: goal.label for g, goal in terms.goals.items()
    }
    for effect in stands.ahead[:SHOWN_AHEAD]:
        about = f" ‘{labels[effect.step]}’" if effect.step in labels else ""
        to = f" aan {', '.join(effect.to)}" if effect.to else ""
        yield f"- {short_date(effect.nominal)}: {KINDS[effect.kind]}{about}{to}"
    if len(stands.ahead) > SHOWN_AHEAD:
        yield f"- en daarna nog {len(stands.ahead) - SHOWN_AHEAD} gebeurtenissen"
