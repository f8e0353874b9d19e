"""Judge an installation by hand: python -m tests.checker DATABASE [--mail DIR] [--now T]."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.checker import store
from tests.checker.days import ZONE
from tests.checker.judge import judge
from tests.checker.rows import Book


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is found; 1 when there is anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.checker", description="Judge an installation of Tijdig.")
    parser.add_argument("database", help="a SQLite file, or postgresql://USER@HOST/DATABASE")
    parser.add_argument("--mail", type=Path, help="a folder with the mails that went out, as .eml files")
    parser.add_argument("--now", type=datetime.fromisoformat, help="the moment of the last round (Amsterdam time)")
    given = parser.parse_args(arguments)
    book = store.read(given.database)
    now = given.now.astimezone(given.now.tzinfo or ZONE) if given.now else last_round(book)
    findings = judge(book, given.mail, now)
    for finding in findings:
        print(finding)  # noqa: T201
    print(f"{len(book.cases)} cases, {len(book.mails)} mails, at {now}: {len(findings)} findings")  # noqa: T201
    return bool(findings)


def last_round(book: Book) -> datetime:
    """When it was last swept and delivered: a trial's own clock, else what the runs say."""
    return book.trial_now or min(max((at for kind, at in book.runs if kind == name), default=datetime.now(UTC))
                                 for name in ("sweep", "deliver"))  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
