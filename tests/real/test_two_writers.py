"""Two processes at one case, or opening cases of one procedure: the second goes on from what the first one did.

SQLite lets writers in one by one; PostgreSQL must be told what they may not do at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import pytest
from sqlmodel import select

from models.message import Mail, MailNotice, Notice
from models.session import Store
from tests.service.office import Office
from tijdig.engine.errors import AlreadyOpen
from tijdig.service import cases
from tijdig.service.cases import Doing
from tijdig.service.compose import compose
from tijdig.service.held import Held, find
from tijdig.service.people import Directory
from tijdig.service.work import Work

pytestmark = pytest.mark.real

FACTS = {"orange_on": "2026-01-05"}
Deed = Callable[[Work, Directory, Doing], object]


@pytest.fixture
def office(office: Office) -> Office:
    office.choose("red_decider", "directeur")
    return office


def do(office: Office, deed: Deed, *, meanwhile: Callable[[], None] = lambda: None) -> str:
    """A deed in a transaction of its own; gives the case, or the kind of refusal."""
    try:
        with office.store.write() as session:
            work = Work(session)
            deed(work, Directory.load(session), Doing("adviser1", office.now))
            work.flush()
            meanwhile()
            return next(iter(work.held.values())).code
    except AlreadyOpen as refusal:
        return refusal.code


def at_once(office: Office, first: Deed, second: Deed) -> tuple[str, str]:
    """The second deed begins when the first is done and not yet committed."""
    with ThreadPoolExecutor() as pool:

        def begin() -> None:
            begun.append(pool.submit(do, Office(Store.at(address), office.day), second))
            time.sleep(0.5)

        address = office.store.url.render_as_string(hide_password=False)
        begun: list = []
        done = do(office, first, meanwhile=begin)
        return done, begun[0].result()


def opening(subject: str, request_id: str | None = None) -> Deed:
    def deed(work: Work, people: Directory, doing: Doing) -> Held:
        return cases.open_case(work, people, "orange-status", subject, FACTS, doing, request_id=request_id)

    return deed


def test_two_that_open_a_case_for_one_member_open_one(office: Office) -> None:
    assert at_once(office, opening("lid-001"), opening("lid-001")) == ("ORA-2026-001", "ALREADY_OPEN")


def test_the_same_request_twice_is_the_same_case(office: Office) -> None:
    assert at_once(office, opening("lid-001", "r1"), opening("lid-001", "r1")) == ("ORA-2026-001", "ORA-2026-001")


def test_two_that_open_cases_for_two_members_get_two_numbers(office: Office) -> None:
    assert at_once(office, opening("lid-001"), opening("lid-002")) == ("ORA-2026-001", "ORA-2026-002")


def test_two_acts_in_one_case_follow_each_other(office: Office) -> None:
    office.open("orange-status", "lid-001", **FACTS)

    def taken(step: str) -> Deed:
        return lambda work, people, doing: cases.act(
            work, people, "ORA-2026-001", "take", {"step": step}, Doing("adviser1", doing.at)
        )

    assert at_once(office, taken("send_actions"), taken("judge")) == ("ORA-2026-001", "ORA-2026-001")

    with office.reading() as session:
        held = find(session, "ORA-2026-001")
        assert (held.version, [r.step for r in held.case.records[1:]]) == (3, ["send_actions", "judge"])


def test_a_digest_of_yesterday_that_is_on_its_way_is_not_told_again(office: Office) -> None:
    office.open("orange-status", "lid-001", **FACTS)
    with office.store.write() as session:
        notice = session.exec(select(Notice).where(Notice.role == "kwaliteitsadviseur")).first()
        assert notice
        notice.state = "samengevoegd"
        mail = a_digest("adviser1", date(2026, 1, 2), office.now)
        session.add_all((notice, mail))
        session.flush()
        session.add(MailNotice(mail_id=mail.id, notice_id=notice.id))

    def compose_elsewhere() -> None:
        with Store.at(office.store.url.render_as_string(hide_password=False)).write() as session:
            compose(session, now=office.now, url="https://tijdig.example")

    with ThreadPoolExecutor() as pool, office.store.write() as session:
        session.get_one(Mail, mail.id).state = "bezig"
        session.flush()
        composing = pool.submit(compose_elsewhere)
        time.sleep(0.5)
        session.commit()
        composing.result()

    with office.reading() as session:
        assert session.get_one(Mail, mail.id).state == "bezig"
        assert session.exec(select(MailNotice.mail_id).where(MailNotice.notice_id == notice.id)).all() == [mail.id]


def a_digest(person: str, day: date, now: datetime) -> Mail:
    return Mail(
        key=f"digest/{person}/{day}", person_id=person, address=f"{person}@zorg.example", kind="B", day=day, subject="",
        text="", html="", next_try_at=now, created_at=now,
    )  # fmt: skip
