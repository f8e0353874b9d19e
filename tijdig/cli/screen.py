"""What goes out: one JSON document or a table on stdout, words for people on stderr, a progress bar on a terminal."""

# ruff: noqa: T201 - this is the module that prints

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tijdig.cli.words import _

if TYPE_CHECKING:
    from tijdig.engine.errors import TijdigError
    from tijdig.service.tables import RowProblem

WIDE = 160
"""Columns of a table that does not go to a terminal: nothing is cut off in a pipe."""

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""


def show_json(document: object) -> None:
    """The one document of `--json`."""
    print(json.dumps(document, ensure_ascii=False))


def say(message: str) -> None:
    """A word for a person, next to the answer."""
    print(message, file=sys.stderr)


def line(text: str = "") -> None:
    """A line of the answer."""
    print(text)


def complain(error: "TijdigError") -> None:
    """The reason and the mend of a refusal; each problem on its own line where there are several."""
    for problem in getattr(error, "problems", ()):
        say(f"{problem.place}: {problem.problem} {problem.mend}".removeprefix(": "))
    if not getattr(error, "problems", ()):
        say(str(error))


def row_problem(problem: "RowProblem") -> str:
    """Where in a file, and what is wrong there."""
    where = f"{problem.row}, {problem.column}" if problem.column else problem.row
    return _("rij {where}: {problem}").format(where=where, problem=problem.problem)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Rows for people; an empty cell where nothing is known."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    made = Table(*columns, title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    Console(width=None if sys.stdout.isatty() else WIDE, highlight=False, markup=False).print(made)


def _cell(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def day(text: Any) -> str:
    """A day of an answer as people read it: "vr 15 okt 2021", with its hour where that counts.

    A time without a zone is local: the hour of a due day.
    """
    from datetime import datetime, time

    from tijdig.engine.calendar import ZONE, short_date, short_moment

    if not text:
        return ""
    moment = datetime.fromisoformat(str(text))
    return (
        short_date(moment.date())
        if moment.time() == time()
        else short_moment(moment if moment.tzinfo else moment.replace(tzinfo=ZONE))
    )


@contextmanager
def progress(what: str) -> Iterator[Progress | None]:
    """A bar on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
