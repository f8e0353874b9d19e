"""The sent-journal: beside the database, a line for each mail before it is handed over.

After a restore it tells what may have gone out since the backup. A line is the moment (wall clock), the Message-ID and
the mail's key; a restore adds one with its epoch. There are no addresses and no texts in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

JOURNAL = "sent.journal"
_EPOCH = "epoch"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A mail that may have gone out at this moment."""

    at: datetime
    message_id: str
    key: str


def note(folder: Path, at: datetime, mails: Iterable[tuple[str, str]]) -> None:
    """Write down, for good, that these (Message-ID and key) are now handed over."""
    _append(folder, (f"{at.isoformat()} {message_id} {key}\n" for message_id, key in mails))


def note_epoch(folder: Path, at: datetime, epoch: int) -> None:
    """Write down that a restore began this epoch here."""
    _append(folder, [f"{at.isoformat()} {_EPOCH} {epoch}\n"])


def handed_over(folder: Path) -> Iterator[HandedOver]:
    """What may have gone out, in order.

    A line that a crash cut off was not handed over: it is passed by, or before others at worst names too much.
    """
    for at, what, rest in _lines(folder):
        if what != _EPOCH:
            yield HandedOver(at, what, rest)


def last_epoch(folder: Path) -> int:
    """The highest epoch that a restore began here; 0 when there was none."""
    return max((int(rest) for _, what, rest in _lines(folder) if what == _EPOCH), default=0)


def is_kept(folder: Path) -> bool:
    """Whether there is a journal at all."""
    return (folder / JOURNAL).exists()


def _append(folder: Path, lines: Iterable[str]) -> None:
    with (folder / JOURNAL).open("a+b") as journal:
        whole = "".join(lines).encode()
        if _is_cut_off(journal):  # else the next line would be lost in the rest of that one
            whole = b"\n" + whole
        journal.write(whole)
        journal.flush()
        os.fsync(journal.fileno())


def _is_cut_off(journal: BinaryIO) -> bool:
    if not journal.seek(0, os.SEEK_END):
        return False
    journal.seek(-1, os.SEEK_END)
    return journal.read(1) != b"\n"


def _lines(folder: Path) -> Iterator[tuple[datetime, str, str]]:
    if not is_kept(folder):
        return
    with (folder / JOURNAL).open(encoding="utf-8", errors="replace") as journal:
        for line in journal:
            at, _, rest = line.rstrip("\n").partition(" ")
            what, _, rest = rest.partition(" ")
            if line.endswith("\n") and rest:
                yield datetime.fromisoformat(at), what, rest
