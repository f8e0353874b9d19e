"""Mails composed in the transaction of the act that they tell: by the rules that hold later (ux.md section 6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import col, select

from models.message import Mail
from tests.databases import Databases
from tests.service.office import REASON, Office, found
from tijdig.engine import Close, DueRule, Fact, Procedure, Step, weeks
from tijdig.service.cases import Doing, correct, open_case
from tijdig.service.compose import compose
from tijdig.service.people import Directory
from tijdig.service.post import Post
from tijdig.service.work import Work

URL = "https://tijdig.example"
PAPERS = Procedure(
    "papers", code="PAP", title="Papieren", revision=1, subject="lid", owner="kwaliteitsadviseur", late_to="directeur",
    facts=(Fact("asked_on", "date", "Dag van de vraag"),), opens_with=("asked_on",),
    steps=tuple(
        Step(name, f"Lever {name} aan", "lid", needs=(), due=DueRule(after="asked_on", within=weeks(term)),
             outcomes=(Close("done", "Gedaan"),))
        for name, term in (("policy", 2), ("diploma", 4))
    ),
)  # fmt: skip


@contextmanager
def at_once(office: Office) -> Iterator[tuple[Work, Directory, Doing]]:
    """One act of the adviser, with the mails that need not wait."""
    with office.store.write() as session:
        people = Directory.load(session)
        work = Work(session, post=Post(session, people, URL))
        yield work, people, Doing("adviser1", office.now, reason=REASON)
        work.flush()


def test_what_is_composed_at_once_reads_as_what_is_composed_later(databases: Databases) -> None:
    told = []
    for now in (True, False):
        office = Office(found(databases.new(), [PAPERS]))
        with at_once(office) as (work, people, doing):
            work.post = work.post if now else None
            open_case(work, people, "papers", "lid-001", {"asked_on": "2026-01-05"}, doing)
        with office.store.write() as session:
            compose(session, now=office.now, url=URL)
            mails = session.exec(select(Mail).where(Mail.person_id == "lid-001").order_by(col(Mail.key))).all()
            told.append([(m.key, m.address, m.fatal, m.thread, m.subject, m.text, m.html) for m in mails])
        office.store.close()

    assert [len(mails) for mails in told] == [2, 2]
    assert told[0] == told[1]


def test_an_act_that_moves_two_dates_of_a_member_tells_each_in_a_mail_of_its_own(databases: Databases) -> None:
    office = Office(found(databases.new(), [PAPERS]))
    with at_once(office) as (work, people, doing):
        open_case(work, people, "papers", "lid-001", {"asked_on": "2026-01-05"}, doing)

    office.on("2026-01-07")
    with at_once(office) as (work, people, doing):
        correct(work, people, "PAP-2026-001", {"asked_on": "2026-01-06"}, doing)

    with office.reading() as session:
        moved = session.exec(select(Mail.key).where(Mail.kind == "F").order_by(col(Mail.key))).all()
    assert [key.split("/")[-3:] for key in moved] == [["lid-001", "diploma", "1"], ["lid-001", "policy", "1"]]
    office.store.close()
