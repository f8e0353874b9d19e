"""The revisions of a procedure, each with what reads otherwise in it than in the one before (ux.md, Procedures)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import ndiff
from itertools import pairwise

from sqlmodel import Session, col, select

from models.pins import Definition
from tijdig.service.handbook import page
from tijdig.service.held import LOADER
from tijdig.service.pins import current


@dataclass(frozen=True, slots=True)
class Revision:
    """One of them: its number, when it was published, its hash; lines that went and lines that came."""

    revision: int
    published_at: datetime
    sha256: str
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


def revisions(session: Session, procedure: str) -> list[Revision]:
    """The newest first. All are read with the settings in force now, so that only the definition differs."""
    pins = current(session, procedure)
    found = select(Definition).where(Definition.procedure == procedure).order_by(col(Definition.revision))
    texts = [
        (row, _text(page(LOADER.load(session, pins._replace(definition=row.id or 0))))) for row in session.exec(found)
    ]
    first, _ = texts[0]
    told = [Revision(first.revision, first.published_at, first.sha256)]
    for (_, before), (row, after) in pairwise(texts):
        gone, new = _differences(before, after)
        told.append(Revision(row.revision, row.published_at, row.sha256, gone, new))
    return told[::-1]


def _text(lines: Iterable[str]) -> list[str]:
    """What it says, but for its title line, in which the number of the revision stands."""
    return [line.strip() for line in list(lines)[1:] if line.strip()]


def _differences(before: list[str], after: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    told = list(ndiff(before, after))
    return tuple(_marked(told, "- ")), tuple(_marked(told, "+ "))


def _marked(told: Iterable[str], mark: str) -> Iterator[str]:
    return (line.removeprefix(mark) for line in told if line.startswith(mark))
