"""The checker is itself tested: bugs planted one by one in a copy of Tijdig are each found, and without one nothing is.

Each plays the story (story.py) in a process of its own that imports the copy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree

import pytest

from tests.checker.conftest import ROOT, Tell, Told
from tests.checker.finding import Law

PACKAGES = ("tijdig", "models", "templates")


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
    Bug("a file that was withdrawn turns green", "tijdig/engine/fold.py",
        '"withdraw": "withdrawn"', '"withdraw": "green"', "decision"),
    Bug("a colleague without news has no digest", "tijdig/service/drafts.py",
        "for person in sorted({*asked, *riding}):", "for person in sorted(riding):", "told", "adviser"),
    Bug("a mail goes out once more without a word", "tijdig/service/deliver.py",
        "notes += [AGAIN] if mail.why == UNCERTAIN_ONCE else []", "", "twice", "lid-008"),
    Bug("all reminders caught up are mailed", "tijdig/engine/advance.py",
        "and (latest[at] is not effect or self._too_soon(effect))", "and self._too_soon(effect)", "silent", "remind"),
    Bug("a chain forgets what was before", "tijdig/service/chain.py",
        "(previous, begin, seq, said)", '(b"", begin, seq, said)', "chain"),
    Bug("only the first role is told", "tijdig/service/notices.py",
        "for role in effect.to:", "for role in effect.to[:1]:", "told", "E kwaliteitsadviseur"),
    Bug("cases stand alike whatever is recorded", "tijdig/service/strides.py",
        "return cls(terms, course, record.at, record.act, body, by)",
        'return cls(terms, course, record.at, record.act, "", by)', "missed"),
    Bug("one decides what the same one proposed", "tijdig/engine/acts.py",
        "    _four_eyes(state, step, record)\n", "", "decision"),
)  # fmt: skip


def test_the_story_has_nothing_wrong_in_it(told: Told) -> None:
    assert told.judge() == []
    assert len(told.refused) == 2


FAST = 12
"""The others are for `make test-long`."""


@pytest.mark.only_on("sqlite", reason="the checker reads both alike")
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
