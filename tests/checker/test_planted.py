"""The checker is itself tested: bugs planted one by one in a copy of Tijdig are each found, and without one nothing is.

Each plays the story (story.py) in a process of its own that imports the copy.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from shutil import copy, copytree

import pytest

from models.operation import Installation
from models.organisation import Address, Assignment, Person, Subject
from models.session import Store
from tests.checker.finding import Finding, Law
from tests.checker.judge import judge
from tests.checker.story import MEMBERS
from tests.service.office import Office, found

ROOT = Path(__file__).parents[2]
PACKAGES = ("tijdig", "models", "templates")


@dataclass(frozen=True)
class Told:
    """A story that was told: its database, what went out, and when its rounds were."""

    database: Path
    mail: Path
    rounds: tuple[datetime, ...]

    def judge(self) -> list[Finding]:
        return judge(str(self.database), self.mail, self.rounds[-1], rounds=self.rounds)


Tell = Callable[[Path, Path], Told]


@pytest.fixture(scope="session")
def empty_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with people and members, in which nothing happened yet."""
    path = tmp_path_factory.mktemp("office") / "tijdig.db"
    store = found(f"sqlite:///{path}")
    Office(store).choose("red_decider", "directeur")
    _more_people(store)
    store.close()
    return path


def _more_people(store: Store) -> None:
    with store.write() as session:
        session.get_one(Installation, 1).mode = "trial"
        fresh = [member for member in MEMBERS if session.get(Person, member) is None]
        session.add_all(Subject(ref=member) for member in fresh)
        session.add_all(Person(id=member, name=member.title(), digest=False) for member in fresh)
        session.add(Person(id="boss1", name="Boss1"))
        session.flush()
        session.add(Assignment(person_id="boss1", role="beheerder"))
        for member in fresh:
            session.add(Assignment(person_id=member, role="lid", scope="subject", scope_value=member))
        for person in (*fresh, "boss1"):
            session.add(Address(person_id=person, since=date(2020, 1, 1), email=f"{person}@zorg.example"))


@pytest.fixture(scope="session")
def tell(empty_office: Path) -> Tell:
    """Play the story with the Tijdig that stands in a folder, and keep what came of it in another."""

    def told(code: Path, folder: Path) -> Told:
        database = Path(copy(empty_office, folder))
        story = ROOT / "tests/checker/story.py"
        command = [sys.executable, "-W", "ignore", str(story), f"sqlite:///{database}", str(folder)]
        environment = {**os.environ, "PYTHONPATH": str(code)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        moments = json.loads((folder / "rounds").read_text())
        return Told(database, folder / "mail", tuple(map(datetime.fromisoformat, moments)))

    return told


@dataclass(frozen=True)
class Bug:
    """A change of one place in the code, and what the checker must find because of it."""

    name: str
    file: str
    good: str
    bad: str
    law: Law
    where: str = field(default="")

    def plant(self, code: Path) -> None:
        path = code / self.file
        text = path.read_text()
        assert text.count(self.good) == 1, f"{self.file} no longer reads as this bug needs it"
        path.write_text(text.replace(self.good, self.bad))


PREV = 'moment = midnight(terms.calendar.prev_workday(nominal, "kantoor"))'
BUGS = (
    Bug("a reminder goes a day late", "tijdig/engine/plan.py", PREV,
        'moment = midnight(terms.calendar.add_workdays(nominal, 1, "kantoor"))', "late", "remind"),
    Bug("a reminder of a closed day goes on the next office day", "tijdig/engine/plan.py", PREV,
        PREV.replace("prev", "next"), "late", "remind"),
    Bug("a key goes without its nominal day", "tijdig/engine/case.py",
        'if self.kind in ("remind", "escalate")', 'if self.kind == "remind"', "missed", "escalate"),
    Bug("an escalation goes to the owner", "tijdig/engine/plan.py",
        "terms.roles((rung.to,))", "terms.roles((terms.procedure.owner,))", "told", "D directeur"),
    Bug("a correction moves no date", "tijdig/engine/fold.py",
        'if record.act == "correct":\n            for', 'if record.act == "undo":\n            for',
        "read model", "improve"),
    Bug("all reminders caught up are mailed", "tijdig/engine/advance.py",
        "and (latest[at] is not effect or self._too_soon(effect))", "and self._too_soon(effect)", "silent", "remind"),
    Bug("an act is not preceded by catching up", "tijdig/engine/advance.py",
        "    run = _Run(case, at)\n    run.catch_up()\n    if record",
        "    run = _Run(case, at)\n    if record is None:\n        run.catch_up()\n    if record", "missed"),
    Bug("a case sleeps past its next moment", "tijdig/engine/advance.py",
        "for e in self.ahead[:1]]", "for e in self.ahead[-1:]]", "late"),
    Bug("midnight knows no summer time", "tijdig/engine/calendar.py",
        "datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)",
        "datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)", "read model", "late_from"),
    Bug("cases behind one that fails wait for the next round", "tijdig/service/sweep.py",
        "for case_id in ids:", "for case_id in ids[:1]:", "late"),
    Bug("a chain forgets what was before", "tijdig/service/work.py",
        "link(one.head,", 'link(b"",', "chain"),
    Bug("a file that was withdrawn turns green", "tijdig/service/work.py",
        "one.state, one.closed_on = taken.state,",
        'one.state, one.closed_on = taken.state.replace("withdrawn", "green"),', "decision"),
    Bug("only the first role is told", "tijdig/service/notices.py",
        "for role in effect.to:", "for role in effect.to[:1]:", "told", "E kwaliteitsadviseur"),
    Bug("cases stand alike whatever is recorded", "tijdig/service/strides.py",
        "return cls(terms, course, record.at, record.act, body, by)",
        'return cls(terms, course, record.at, record.act, "", by)', "missed"),
    Bug("a colleague without news has no digest", "tijdig/service/drafts.py",
        "for person in sorted({*asked, *riding}):", "for person in sorted(riding):", "told", "adviser"),
    Bug("a mail goes out once more without a word", "tijdig/service/deliver.py",
        "notes += [AGAIN] if mail.why == UNCERTAIN_ONCE else []", "", "twice", "lid-008"),
    Bug("one decides what the same one proposed", "tijdig/engine/acts.py",
        "    _four_eyes(state, step, record)\n", "", "decision"),
)  # fmt: skip


def test_the_story_has_nothing_wrong_in_it(tell: Tell, tmp_path: Path) -> None:
    assert tell(ROOT, tmp_path).judge() == []
    assert len(json.loads((tmp_path / "refused").read_text())) == 2


FAST = 12
"""The others are for `make test-long`."""


@pytest.mark.parametrize(
    "bug", [pytest.param(bug, id=bug.name, marks=[pytest.mark.long] * (n >= FAST)) for n, bug in enumerate(BUGS)]
)
def test_a_planted_bug_is_found(bug: Bug, tell: Tell, tmp_path: Path) -> None:
    code, folder = tmp_path / "code", tmp_path / "run"
    folder.mkdir()
    for package in PACKAGES:
        copytree(ROOT / package, code / package)
    bug.plant(code)

    findings = tell(code, folder).judge()

    assert [f for f in findings if f.law == bug.law and bug.where in f"{f.place} {f.problem}"], findings[:20]
