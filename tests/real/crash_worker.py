"""A worker that plays a fixed story through the use cases, to be killed at a commit or at any instant.

As a program it is a parent that has imported everything. For each order, a line on its standard input, it forks a
child that plays on from where the notebook says, and answers how that ended: 0 when the story is told, -9 when it was
killed. The notebook holds the page that is being played; a page that was cut off is played again from its top, as
people and timers do. Nothing here reaches into the product: the events of SQLAlchemy tell of each commit.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as hour
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from models.session import Store
from tijdig.engine.calendar import instant
from tijdig.engine.errors import Misconfigured
from tijdig.service import cases
from tijdig.service.cases import Doing
from tijdig.service.mailserver import Server
from tijdig.service.people import Directory
from tijdig.service.rounds import deliver_round, sweep_round
from tijdig.service.sweep import due_cases, sweep
from tijdig.service.work import Work
from tijdig.settings import Settings

BEGINS = date(2026, 1, 5)
ADVISER, MEMBER, DIRECTOR = "adviser1", "MEMBER", "director1"


# --- the story


@dataclass(frozen=True)
class Deed:
    """What a person does, so many days after the opening."""

    day: int
    act: Callable[..., object]
    given: tuple[object, ...]
    by: str = ADVISER


def decides(day: int, step: str, outcome: str, by: str = ADVISER, **form: str) -> Deed:
    return Deed(day, cases.decide, (step, outcome, form), by)


SENT = decides(2, "send_actions", "sent", actions="Zorgplan bijwerken")
FATES: tuple[tuple[Deed, ...], ...] = (
    (
        SENT,
        decides(30, "improve", "handed_in", MEMBER),
        decides(35, "recheck", "in_order"),
        decides(36, "judge", "green"),
    ),
    (),
    (SENT, Deed(9, cases.correct, ({"orange_on": "2026-01-02"},)), Deed(20, cases.act, ("take", {"step": "judge"}))),
    (SENT, decides(60, "judge", "red"), decides(62, "confirm_red", "red", DIRECTOR)),
    (SENT, Deed(15, cases.act, ("cancel", {}))),
    (
        Deed(1, cases.record_facts, ({"audit": "DC-7"},)),
        Deed(40, cases.act, ("extend", {"step": "norm", "by": "2 days"}), DIRECTOR),
    ),
)
"""What becomes of a file. The n-th deed meets version n: who finds another one sees that it was done."""


@dataclass(frozen=True)
class Story:
    """The orange files of so many members, and a page for every so many days."""

    members: int
    every: int
    days: int = 100

    @property
    def pages(self) -> int:
        return self.days // self.every

    def moment(self, page: int) -> datetime:
        """When the work of that day is done: at nine, by both clocks."""
        return instant(BEGINS + timedelta(days=page * self.every), hour(9))

    def deeds(self, page: int) -> Iterator[tuple[str, int, Deed | None]]:
        """What people do: in whose file, which version they have seen, and the deed; None is the opening."""
        for number in range(self.members):
            opens = number // len(FATES) % 5  # not all on one day: that would be a storm of mail
            for version, deed in enumerate((None, *FATES[number % len(FATES)])):
                if page == -(-(opens + (deed.day if deed else 0)) // self.every):
                    yield name(number), version, deed


def name(number: int) -> str:
    return f"lid-{number + 1:03d}"


# --- playing it


@dataclass(frozen=True)
class Stage:
    """Where a story is played: its database, its folder with the notebook, and the mail server."""

    address: str
    folder: Path
    smtp: str
    story: Story

    @property
    def settings(self) -> Settings:
        return Settings.read({"TIJDIG_DATA": str(self.folder), "TIJDIG_SMTP_URL": self.smtp})

    @property
    def page(self) -> int:
        """The page that is being played."""
        notebook = self.folder / "page"
        return int(notebook.read_text()) if notebook.exists() else 0

    @property
    def ended(self) -> bool:
        return self.page >= self.story.pages

    def turn(self) -> None:
        """Go to the next page. Who is killed meanwhile leaves the old one or the new one."""
        fresh = self.folder / "page.new"
        fresh.write_text(str(self.page + 1))
        fresh.replace(self.folder / "page")

    def play(self) -> None:
        """Play on to the end."""
        store = Store.at(self.address)
        while not self.ended:
            again(partial(self.play_page, store))
            self.turn()
        store.close()

    def play_page(self, store: Store) -> None:
        """A day: a sweep, what people do, a delivery."""
        now, settings = self.story.moment(self.page), self.settings
        sweep_round(store, now=now, wall=now, url=settings.url)
        while is_due(store, now):  # another sweep had it in hand, and died
            sweep_round(store, now=now, wall=now, url=settings.url)
        for member, version, deed in self.story.deeds(self.page):
            do(store, now, member, version, deed)
        deliver_round(store, now=now, wall=now, settings=settings)

    def race(self) -> None:
        """Sweep beside the one who plays, to the end."""
        store = Store.at(self.address)
        while not self.ended:
            now = self.story.moment(min(self.page, self.story.pages - 1))
            again(partial(sweep, store, now=now, wall=now, url=self.settings.url))
            time.sleep(0.01)
        store.close()


def is_due(store: Store, now: datetime) -> bool:
    with store.read() as session:
        return due_cases(session, now) > 0


def do(store: Store, now: datetime, member: str, version: int, deed: Deed | None) -> None:
    """One act as a command does it, if it was not done before: its request id or the version tells."""
    with store.write() as session:
        work, people, case = Work(session), Directory.load(session), f"orange-status/{member}"
        if deed is None:
            facts, doing = {"orange_on": BEGINS.isoformat()}, Doing(ADVISER, now)
            cases.open_case(work, people, "orange-status", member, facts, doing, request_id=member)
        elif work.find(case).version == version:
            by = member if deed.by == MEMBER else deed.by
            deed.act(work, people, case, *deed.given, Doing(by, now, reason="met elkaar besproken"))
        work.flush()


def again(what: Callable[[], object], *, times: int = 200) -> None:
    """Do it; while the database is away try it again, as the guard does."""
    for _ in range(times):
        try:
            what()
            return
        except (Misconfigured, OperationalError):
            time.sleep(0.05)
    what()


# --- being killed


@dataclass
class Fuse:
    """Kills this process at its n-th commit boundary: right before a commit, or right after."""

    left: int

    def lay(self) -> None:
        event.listen(Engine, "commit", self.burn)
        event.listen(Session, "after_commit", self.burn)

    def burn(self, _: object) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def live(stage: Stage, part: str, boundary: int, seconds: float) -> int:
    """One life: to that boundary or for these seconds (0: no such end), at most to the end of the story."""
    child = os.fork()
    if child == 0:
        if boundary:
            Fuse(boundary).lay()
        getattr(stage, part)()
        os._exit(0)
    ended = os.pidfd_open(child)
    if seconds and not select.select([ended], [], [], seconds)[0]:
        os.kill(child, signal.SIGKILL)
    os.close(ended)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Take orders: `ADDRESS FOLDER SMTP MEMBERS EVERY PART BOUNDARY SECONDS`."""
    Server("smtp://127.0.0.1").close()  # the first one loads all of Apprise; it does not connect
    for order in sys.stdin:
        address, folder, smtp, members, every, part, boundary, seconds = order.split()
        stage = Stage(address, Path(folder), smtp, Story(int(members), int(every)))
        print(live(stage, part, int(boundary), float(seconds)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
