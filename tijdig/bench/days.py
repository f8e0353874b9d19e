"""What happens on a virtual day, through the use cases that people use: open, decide, sweep, compose.

Where somebody acts, the mails of it are composed in the same transaction; those of a sweep right after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from models.session import Store
from tijdig.bench import workload as w
from tijdig.bench.definition import ORANGE_12W, STEP
from tijdig.engine.calendar import instant, local_day
from tijdig.service.acting import Caller, acting
from tijdig.service.cases import Doing, decide, open_case
from tijdig.service.people import Directory
from tijdig.service.post import Post
from tijdig.service.rounds import sweep_round
from tijdig.service.work import Work

OPENING, DECIDING, SWEEPING = time(9), time(10), time(13)
"""When things happen on a virtual day, Amsterdam time: in this order, and within the sending window."""

LINKS = "https://tijdig.example"


@dataclass(frozen=True, slots=True)
class Days:
    """The installation at work. With `each` an opening or decision is a transaction, else those of a day are one."""

    store: Store
    each: bool

    def open(self, day: int, cases: Sequence[int]) -> None:
        at = _moment(day, OPENING)
        if not self.each:
            self._open_together(at, cases)
            return
        for no in cases:
            with self._acting(w.adviser(no), at) as (work, people, doing):
                _open(work, people, no, doing)

    def decide(self, day: int, decisions: Sequence[w.Decision]) -> None:
        at = _moment(day, DECIDING)
        if not self.each:
            self._decide_together(at, decisions)
            return
        for decision in decisions:
            with self._acting(w.adviser(decision.case_no), at) as (work, people, doing):
                case = f"{ORANGE_12W.id}/{w.member(decision.case_no)}"
                decide(work, people, case, STEP, decision.verdict, {}, doing)

    def sweep(self, day: int) -> None:
        now = _moment(day, SWEEPING)
        sweep_round(self.store, now=now, wall=now, by="bench", url=LINKS)

    def _open_together(self, at: datetime, cases: Sequence[int]) -> None:
        if not cases:
            return
        with self._together(at) as (work, people):
            people.prefetch(w.member(no) for no in cases)
            work.expect(ORANGE_12W.id, [w.member(no) for no in cases])
            for no in cases:
                _open(work, people, no, Doing(w.adviser(no), at))

    def _decide_together(self, at: datetime, decisions: Sequence[w.Decision]) -> None:
        if not decisions:
            return
        with self._together(at) as (work, people):
            subjects = [w.member(decision.case_no) for decision in decisions]
            people.prefetch(subjects)
            running = work.claim("subject in (?*) and state = 'open'", subjects)
            code = {one.subject: one.code for one in running}
            for decision in decisions:
                case = code[w.member(decision.case_no)]
                decide(work, people, case, STEP, decision.verdict, {}, Doing(w.adviser(decision.case_no), at))

    @contextmanager
    def _acting(self, by: str, at: datetime) -> Iterator[tuple[Work, Directory, Doing]]:
        """One act, as the command does it."""
        with acting(self.store, Caller(by, by, "bench"), at=None, wall=at, files=Path(), url=LINKS) as doing:
            yield doing.work, doing.people, doing.doing

    @contextmanager
    def _together(self, at: datetime) -> Iterator[tuple[Work, Directory]]:
        """Many acts in one transaction, as a batch does them."""
        with self.store.write() as session:
            people = Directory.load(session)
            work = Work(session, post=Post(session, people, LINKS))
            yield work, people
            work.flush()


def _moment(day: int, at: time) -> datetime:
    return instant(w.day_of(day), at)


def _open(work: Work, people: Directory, case_no: int, doing: Doing) -> None:
    facts = {"orange_on": local_day(doing.at).isoformat()}
    open_case(work, people, ORANGE_12W.id, w.member(case_no), facts, doing)
