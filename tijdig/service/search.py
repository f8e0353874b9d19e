"""Search over all that somebody may read: by number, subject, task and role (ux.md, Forms)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from models.case import Case, OpenObligation
from tijdig.service.members import members_named
from tijdig.service.pins import definitions, procedure_of
from tijdig.service.reading import Reader
from tijdig.service.termlist import Ending, ending_of
from tijdig.service.views import Document, case_rows

MOST_WORDS = 10
"""So many words of a search count."""
MOST_SHOWN = 50
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Found:
    """What fits, the newest first, and members by number: of each kind at most `MOST_SHOWN`, and whether there is more.

    Dossiers are as views.py lists them; tasks are steps that stand open.
    """

    cases: tuple[Document, ...]
    tasks: tuple[Ending, ...]
    members: tuple[str, ...]
    more: frozenset[str]

    @property
    def is_empty(self) -> bool:
        return not (self.cases or self.tasks or self.members)


def search(session: Session, reader: Reader, text: str, now: datetime) -> Found:
    """Everything in which each word of the text stands, as far as this reader may read it."""
    if not text.split():
        return Found((), (), (), frozenset())
    cases = _first(_readable_cases(session, reader, text))
    tasks = _first(_readable_tasks(session, reader, text))
    members = members_named(session, reader, text)[: MOST_SHOWN + 1]
    found = {"cases": cases, "tasks": tasks, "members": members}
    more = frozenset(name for name, some in found.items() if len(some) > MOST_SHOWN)
    return Found(
        tuple(case_rows(session, cases[:MOST_SHOWN], now)),
        tuple(ending_of(session, asked, case, now) for asked, case in tasks[:MOST_SHOWN]),
        tuple(members[:MOST_SHOWN]), more,
    )  # fmt: skip


def cases_wanted(session: Session, text: str, state: str = "") -> Any:
    """The dossiers, the newest first, in whose number, subject or procedure each word stands.

    `state`: `open`, `dicht` (not open), or any.
    """
    wanted = select(Case).order_by(col(Case.id).desc())
    if state == "open":
        wanted = wanted.where(Case.state == "open")
    elif state == "dicht":
        wanted = wanted.where(Case.state != "open")
    return wanted.where(*_each_word(session, text, (Case.code, Case.subject, Case.procedure)))


def _each_word(session: Session, text: str, columns: Sequence[Any]) -> Iterator[Any]:
    """Of each word: it stands in one of these columns, or in the title of the procedure."""
    titles = {each.procedure: procedure_of(each).title.lower() for each in definitions(session)}
    for word in text.split()[:MOST_WORDS]:
        named = [col(column).icontains(word, autoescape=True) for column in columns]
        titled = [id for id, title in titles.items() if word.lower() in title]
        yield or_(*named, col(Case.procedure).in_(titled))


def _first(found: Iterator[Any]) -> list[Any]:
    """As many as are shown, and one more to know whether there is more."""
    return [each for _, each in zip(range(MOST_SHOWN + 1), found, strict=False)]


def _readable_cases(session: Session, reader: Reader, text: str) -> Iterator[Case]:
    wanted, below = cases_wanted(session, text), None
    while some := session.exec((wanted if below is None else wanted.where(col(Case.id) < below)).limit(_AT_ONCE)).all():
        yield from reader.theirs(some)
        below = some[-1].id


def _readable_tasks(session: Session, reader: Reader, text: str) -> Iterator[tuple[OpenObligation, Case]]:
    columns = (Case.code, Case.subject, Case.procedure, OpenObligation.label, OpenObligation.role)
    wanted = select(OpenObligation, Case).join(Case, col(Case.id) == col(OpenObligation.case_id))
    wanted = wanted.where(OpenObligation.kind == "step", *_each_word(session, text, columns))
    wanted = wanted.order_by(col(Case.id).desc(), col(OpenObligation.step))
    skip = 0
    while some := session.exec(wanted.offset(skip).limit(_AT_ONCE)).all():
        readable = {case.id for case in reader.theirs({case.id: case for _, case in some}.values())}
        yield from (each for each in some if each[1].id in readable)
        skip += _AT_ONCE
