"""What the checker sees, and that it stands apart from what it judges."""

from __future__ import annotations

import ast
import csv
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.checker.__main__ import main
from tests.checker.conftest import Told
from tests.checker.course import Course, Record
from tests.checker.days import Office, midnight
from tests.checker.finding import Law, Unjudgeable
from tests.checker.judge import judge
from tests.checker.language import Terms

HERE = Path(__file__).parent
OWN = sorted(path for path in HERE.glob("*.py") if path.stem not in ("story", "conftest") and path.stem[:4] != "test")


# --- it is independent


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_the_checker_imports_nothing_of_what_it_judges(path: Path) -> None:
    allowed = sys.stdlib_module_names | {"psycopg"}
    assert [
        name for name in _imported(path) if name.split(".")[0] not in allowed and name[:13] != "tests.checker"
    ] == []


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                yield node.module or ""


# --- it counts as the domain's table does


DECREED = ["2020-05-22", "2021-05-14", "2022-05-27", "2023-04-28", "2023-05-19", "2024-05-10", "2024-12-27",
           "2025-05-30", "2026-01-02", "2026-05-15", "2027-05-07", "2028-04-28", "2028-05-26"]  # fmt: skip


def days_off(**chosen: Any) -> Office:
    body = {"may5": "lustrum", "good_friday": "open", "extra_closed": [], "decree_days": DECREED} | chosen
    return Office.of(body)


def terms(*steps: dict[str, Any], office: Office | None = None) -> Terms:
    definition = {"procedure": "p", "late_to": "baas", "owner": "baas", "settings": [], "steps": list(steps),
                  "facts": [{"fact": "day", "kind": "date"}]}  # fmt: skip
    return Terms(definition, {}, office or days_off())


def opened(given: Terms, day: date | datetime) -> Course:
    record = Record(midnight(date(2026, 1, 5)), "open", "iemand", {"values": {"day": day.isoformat()}})
    return Course(given, [record])


ROWS = [row for name in ("deadlines", "deadlines-reasoned")
        for row in csv.DictReader((HERE.parent / f"data/{name}.csv").open())]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_it_counts_as_the_domains_table(row: dict[str, str]) -> None:
    options: dict[str, Any] = dict(option.split("=") for option in row["options"].split(";") if option)
    if "extra_closed" in options:
        options["extra_closed"] = [options["extra_closed"]]
    way = {"forward": ("after", "within"), "backward": ("before", "lead")}[row["direction"]]
    rule = {way[0]: "day", way[1]: {f"{row['unit']}s": int(row["n"])}, "basis": row["basis"], "roll": row["roll"],
            "boundary": row["boundary"], "cutoff": options.pop("cutoff", ""), "calendar": row["calendar"]}  # fmt: skip
    anchor = datetime.fromisoformat(row["anchor"]) if "T" in row["anchor"] else date.fromisoformat(row["anchor"])
    course = opened(terms({"step": "s", "role": "r", "due": rule}, office=days_off(**options)), anchor)

    due = course.due("s")

    assert due
    assert [str(due.nominal), str(due.due), f"{due.late_from:%Y-%m-%dT%H:%M:%SZ}", str(due.safe)] == [
        row["expected_nominal"][:10], row["expected_due"][:10], row["expected_late_from_utc"], row["expected_safe"]
    ]  # fmt: skip


# --- it says what it does not know

UNKNOWN: list[tuple[str, dict[str, Any]]] = [
    ("hours", {"remind": [{"remind": "soon", "after": {"hours": 72}}]}),
    ("'produces' of a step", {"produces": "report"}),
    ("condition 'moon'", {"needs": ["moon", "full"]}),
]


@pytest.mark.parametrize(("what", "part"), UNKNOWN, ids=[what for what, _ in UNKNOWN])
def test_what_it_has_no_rules_for_it_does_not_judge(what: str, part: dict[str, Any]) -> None:
    with pytest.raises(Unjudgeable, match=what):
        opened(terms({"step": "s", "role": "r", **part}), date(2026, 1, 5)).plan()


# --- it sees what was tampered with


@dataclass(frozen=True)
class Copy:
    """The told story, to be tampered with."""

    database: Path
    mail: list[bytes]
    now: datetime

    def run(self, statement: str) -> None:
        with closing(sqlite3.connect(self.database)) as there:
            for (name,) in there.execute("select name from sqlite_master where type = 'trigger'").fetchall():
                there.execute(f"drop trigger {name}")
            assert there.execute(statement).rowcount > 0, "nothing was tampered with"
            there.commit()

    def laws(self) -> set[Law]:
        return {finding.law for finding in judge(str(self.database), self.mail, self.now)}


@pytest.fixture
def story(told: Told, tmp_path: Path) -> Copy:
    database = Path(copy(make_url(told.address).database or "", tmp_path))
    return Copy(database, [path.read_bytes() for path in sorted(told.mail.glob("*.eml"))], told.rounds[-1])


def case(number: int) -> str:
    return f"(select id from case_ where subject = 'lid-{number:03d}' and procedure = 'orange-status')"


LAST = "(select max(id) from mail where state = 'verzonden')"
TAMPERED: list[tuple[str, str, Law]] = [
    ("a byte of the log", f"update log set actor = 'adviser2' where case_id = {case(1)} and key = 'act/2'", "chain"),
    ("an instant of the log", f"update log set at = at + 1 where case_id = {case(1)} and seq = 4", "chain"),
    ("a payload", "update payload set body = replace(body, '2026-01-05', '2026-01-06')", "chain"),
    ("a payload that is gone", "delete from payload where log_id = 1", "chain"),
    ("a cut tail", f"delete from log where id = (select max(id) from log where case_id = {case(2)})", "chain"),
    ("an entry in the middle", f"delete from log where case_id = {case(2)} and kind = 'remind'", "missed"),
    ("a snapshot", "update definition set snapshot = replace(snapshot, 'directeur', 'lid')", "chain"),
    ("a colour", f"update case_ set state = 'green', closed_on = '2026-05-01' where id = {case(2)}", "decision"),
    ("a case that sleeps on", "update case_ set next_check_at = null", "next check"),
    ("a day that is listed", f"update open_obligation set due = '2027-01-01' where case_id = {case(2)}", "read model"),
    ("a task that is not listed", f"delete from open_obligation where case_id = {case(2)} and step = 'judge'",
     "read model"),
    ("a notice that is gone", "delete from notice where kind = 'D' and role = 'directeur'", "told"),
    ("a notice that lapsed", f"update notice set state = 'vervallen' where case_id = {case(2)} and kind = 'D'",
     "silent"),
    ("a notice of nothing", "update notice set log_id = 1 where kind = 'E'", "no cause"),
    ("a date in a notice", "update notice set variables = replace(variables, '2026-03-16', '2026-03-17')", "told"),
    ("a mail to somebody else", f"update mail set person_id = 'admin1' where id = {LAST}", "told"),
    ("the words of a mail", f"update mail set text = text || '!' where id = {LAST}", "mail"),
    ("a mail that says it waits", f"update mail set state = 'klaar', sent_at = null where id = {LAST}", "mail"),
    ("a mail that went out and is gone", f"delete from mail where id = {LAST}", "mail"),
    ("a mail that was sent before it was made", f"update mail set sent_at = created_at - 1 where id = {LAST}", "early"),
    ("a mail at night", f"update mail set sent_at = sent_at - 18000000000 where id = {LAST}", "early"),
    ("a role that is listed", "update open_obligation set role = 'nobody'", "read model"),
    ("an incident without a mend", "update incident set mend = ''", "told"),
]  # fmt: skip


@pytest.mark.only_on("sqlite", reason="it tampers with a file")
@pytest.mark.parametrize(("statement", "law"), [t[1:] for t in TAMPERED], ids=[t[0] for t in TAMPERED])
def test_tampering_is_seen(story: Copy, statement: str, law: Law) -> None:
    story.run(statement)

    assert law in story.laws()


def lose(mail: list[bytes]) -> None:
    del mail[-1]


def double(mail: list[bytes]) -> None:
    mail.append(mail[-1])


def invent(mail: list[bytes]) -> None:
    mail.append(b"Message-ID: <1@nowhere>\nTo: lid-001@zorg.example\nSubject: Groen\n\nU bent groen.\n")


def readdress(mail: list[bytes]) -> None:
    mail[-1] = mail[-1].replace(b"@zorg.example", b"@elders.example")


@pytest.mark.only_on("sqlite", reason="it copies a file")
@pytest.mark.parametrize(("tamper", "law"), [(lose, "mail"), (double, "twice"), (invent, "mail"), (readdress, "mail")])
def test_every_mail_is_accounted_for(story: Copy, tamper: Callable[[list[bytes]], None], law: Law) -> None:
    tamper(story.mail)

    assert story.laws() == {law}


# --- by hand


@pytest.mark.only_on("sqlite", reason="it tampers with a file")
def test_by_hand_it_prints_what_it_finds(told: Told, story: Copy, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [told.address, "--mail", str(told.mail), "--now", f"{told.rounds[-1].astimezone(UTC):%Y-%m-%dT%H:%M}+00:00"]
        )
        == 0
    )
    assert capsys.readouterr().out.endswith(": 0 findings\n")

    story.run("update case_ set next_check_at = null")

    assert main([str(story.database)]) == 1
    assert "next check: ORA-2026-011" in capsys.readouterr().out
