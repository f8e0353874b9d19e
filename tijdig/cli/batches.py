"""Files of cases to open and of decisions: one process, one transaction, the whole file or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from sqlmodel import Session

from tijdig.cli import edge
from tijdig.cli.acts import show_effects
from tijdig.cli.screen import line, progress, row_problem, say, show_json
from tijdig.cli.words import _
from tijdig.service import batch, views
from tijdig.service.acting import Caller, check_speakers, denials_logged
from tijdig.service.documents import folder_of, keeper
from tijdig.service.forms import Store
from tijdig.service.tables import RowProblem


def start_batch(file: str, *, plan: bool, as_json: bool) -> int:
    """Open a case for each row."""
    data = edge.read_file(Path(file))
    with _transaction("start", data) as session, progress(_("Openen")) as told:
        done = batch.start_batch(
            session, data, wall=edge.wall(), plan=plan, keep=_keep(session), url=edge.settings().url, progress=told
        )
        if plan or done.problems:
            session.rollback()  # the clock stays too
    cases = [] if plan else list(done.cases)
    effects = [views.effect(each) for each in done.effects]
    if as_json:
        show_json({"cases": cases, "effects": effects, "problems": [asdict(p) for p in done.problems]})
    elif not done.problems and plan:
        show_effects(effects, title=_("Dit zou er gebeuren (er is niets geopend)"))
    elif not done.problems:
        line(_("{n} dossiers geopend").format(n=len(cases)))
    return _report(done.problems)


def decide_batch(file: str, *, as_json: bool) -> int:
    """Finish a task for each row."""
    data = edge.read_file(Path(file))
    with _transaction("decide", data) as session, progress(_("Besluiten")) as told:
        done = batch.decide_batch(
            session, data, wall=edge.wall(), keep=_keep(session), url=edge.settings().url, progress=told
        )
        if done.problems:
            session.rollback()
    if as_json:
        show_json({"decided": len(done.cases), "problems": [asdict(p) for p in done.problems]})
    elif not done.problems:
        line(_("{n} besluiten vastgelegd").format(n=len(done.cases)))
    return _report(done.problems)


@contextmanager
def _transaction(command: str, data: bytes) -> Iterator[Session]:
    caller, wall = Caller("", edge.account(), f"{command} --batch"), edge.wall()
    with edge.store() as store, denials_logged(store, caller, wall=wall), store.write() as session:
        check_speakers(session, data, caller, wall=wall)
        yield session


def _keep(session: Session) -> Store:
    return keeper(session, folder_of(edge.settings().data), now=edge.wall())


def _report(problems: tuple[RowProblem, ...]) -> int:
    for problem in problems:
        say(row_problem(problem))
    return 1 if problems else 0
