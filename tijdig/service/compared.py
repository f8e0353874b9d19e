"""What people see of registers: the differences and how each was settled, and the figures that were frozen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

from sqlmodel import Session

from tijdig.engine.advance import advance
from tijdig.engine.case import Record
from tijdig.engine.comparing import Difference
from tijdig.engine.errors import Refused
from tijdig.engine.fold import fold
from tijdig.engine.language import Comparison
from tijdig.service.comparing import Beside, beside
from tijdig.service.documents import content
from tijdig.service.held import Held, find, read_all
from tijdig.service.held import held as cases
from tijdig.service.tables import read_table
from tijdig.service.views import Document, local


def differences(session: Session, name: str, folder: Path) -> Document:
    """The differences between the registers of a case, each with its settlement; whether both are in.

    `returns` are of whom another number came than a register has. `folder` is where files are kept.
    Raises Refused for a case without registers.
    """
    held, comparison = _compared(session, name)
    seen = beside(lambda kept: content(folder, kept), held, comparison)
    left, right = comparison.registers
    return {
        "case": held.code, "left": left, "right": right, "key": list(comparison.key),
        "compared": seen is not None,
        "lines": {left: len(seen.left), right: len(seen.right)} if seen else {},
        "differences": [_difference(seen, each) for each in seen.differences] if seen else [],
        "unsettled": len(seen.unsettled) if seen else None,
        "returns": list(_returns(session, held, seen)) if seen else [],
    }  # fmt: skip


def _returns(session: Session, held: Held, seen: Beside) -> Iterator[Document]:
    """The subjects that returned another number of lines than one of the registers has of them."""
    comparison = seen.comparison
    if not comparison.returned:
        return
    children = cases(session, "parent_id = ? and parent_step = ? order by id", held.id, comparison.over)
    read_all(session, children)
    counts = [Counter(line[comparison.per[0]] for line in lines) for lines in (seen.left, seen.right)]
    for child in children:
        said = fold(child.case).facts.get(comparison.returned)
        left, right = (count[child.subject] for count in counts)
        if said is not None and (said, said) != (left, right):
            yield {"subject": child.subject, "returned": said, comparison.left: left, comparison.right: right}


def _difference(seen: Beside, each: Difference) -> Document:
    left, right = seen.comparison.registers
    record = seen.settlements.get(each.id)
    return {
        "difference": each.id, "line": dict(zip(seen.comparison.key, each.key, strict=True)),
        "column": each.column or None, left: each.left, right: each.right,
        "holds": seen.holds.get(each.id), "by": record and record.by, "at": record and local(record.at),
        "reason": record and record.reason,
    }  # fmt: skip


def versions(session: Session, name: str, folder: Path, now: datetime) -> Document:
    """Every time that figures were frozen in a case, with what was delivered of them; the newest last.

    Raises Refused for a case without registers.
    """
    held, comparison = _compared(session, name)
    closed = advance(held.case, now).state.result
    return {"case": held.code, "state": closed or "open", "versions": list(_versions(held, comparison, folder))}


def _versions(held: Held, comparison: Comparison, folder: Path) -> Iterator[Document]:
    records = held.case.records
    frozen = [i for i, record in enumerate(records) if comparison.figures in record.values]
    for n, (i, after) in enumerate(pairwise((*frozen, len(records))), start=1):
        values = records[i].values
        kept = values[comparison.figures]
        yield {
            "version": n, "at": local(records[i].at), "by": records[i].by, "total": values[comparison.total],
            "figures": kept, "lines": values[comparison.lines],
            "rows": [dict(row.cells) for row in _rows(content(folder, kept), comparison)],
            "then": [_then(record) for record in takewhile(_goes_on, records[i + 1 : after]) if record.act == "decide"],
        }  # fmt: skip


def _rows(data: bytes, comparison: Comparison) -> tuple[Any, ...]:
    return read_table(data, needed=comparison.per, also=None).rows


def _goes_on(record: Record) -> bool:
    """Whether what was frozen still stands after this: who opens the case again makes room for a new version."""
    return record.act not in ("reopen", "take-back")


def _then(record: Record) -> Document:
    return {"step": record.step, "outcome": record.outcome, "at": local(record.at), "by": record.by,
            "values": dict(record.values)}  # fmt: skip


def _compared(session: Session, name: str) -> tuple[Held, Comparison]:
    held = find(session, name)
    if not held.terms.procedure.comparisons:
        raise Refused(f"{held.code} compares no registers. Name a case of a procedure that does; see `tijdig cases`.")
    return held, held.terms.procedure.comparisons[0]
