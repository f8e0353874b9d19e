"""Two at one database: the second goes on from what the first one did, or passes it by; neither does a thing twice.

SQLite lets writers in one by one; PostgreSQL must be told what they may not do at once. Each test holds the first one's
transaction open while the second begins; nothing hangs on how fast either is.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import date, datetime
from threading import Event, get_ident
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import Session, select

from models.case import Case, Log
from models.message import Mail, MailNotice, Notice
from models.operation import Incident
from models.session import Store
from tests.databases import Databases
from tests.service.office import MEMBERS, Office
from tijdig.engine.case import Record
from tijdig.engine.errors import AlreadyOpen
from tijdig.service import cases
from tijdig.service import sweep as sweeping
from tijdig.service.cases import Doing
from tijdig.service.compose import compose
from tijdig.service.held import find
from tijdig.service.incidents import raise_incident
from tijdig.service.people import Directory
from tijdig.service.sweep import Swept, sweep
from tijdig.service.work import Work

pytestmark = pytest.mark.real

FACTS = {"orange_on": "2026-01-05"}
CASES = {f"ORA-2026-00{number}" for number in (1, 2, 3)}
Deed = Callable[[Session], object]
only_postgresql = pytest.mark.only_on("postgresql", reason="SQLite has no lock on a row, only one on the database")


@pytest.fixture
def office(office: Office) -> Office:
    office.choose("red_decider", "directeur")
    return office


@pytest.fixture
def due(office: Office) -> Office:
    """Three orange files whose first step is late."""
    for member in MEMBERS:
        office.open("orange-status", member, **FACTS)
    return office.on("2026-01-13")


# --- holding the first one up


def do(store: Store, deed: Deed, *, meanwhile: Callable[[], None] = lambda: None) -> object:
    """A deed in a transaction of its own; gives what it gives, or the kind of refusal."""
    try:
        with store.write() as session:
            done = deed(session)
            meanwhile()
            return done
    except AlreadyOpen as refusal:
        return refusal.code


def at_once(office: Office, first: Deed, second: Deed) -> tuple[object, object]:
    """The second deed begins when the first is done and not yet committed."""
    with elsewhere(office) as other, ThreadPoolExecutor() as pool:
        begun: list[Future[object]] = []

        def begin() -> None:
            begun.append(pool.submit(do, other, second))
            until_it_waits(office.store, begun[0])

        return do(office.store, first, meanwhile=begin), begun[0].result()


@contextmanager
def elsewhere(office: Office) -> Iterator[Store]:
    """The same database as another process has it."""
    store = Store.at(office.store.url.render_as_string(hide_password=False))
    yield store
    store.close()


def until_it_waits(store: Store, doing: Future[Any]) -> None:
    """Until the other one waits for a lock, or is through. SQLite does not tell, and lets nobody in between."""
    end = monotonic() + 10
    while not (store.path or doing.done() or _somebody_waits(store)):
        assert monotonic() < end, "it neither waits nor ends"
        sleep(0.01)


def _somebody_waits(store: Store) -> bool:
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with store.read() as session:
        return bool(session.execute(text(waiting)).scalar())


@contextmanager
def halted_sweep(office: Office) -> Iterator[Future[Swept]]:
    """A sweep that worked on its first batch and has not committed it; it goes on when the block ends."""
    worked, go_on, sweeper = Event(), Event(), list[int]()

    def run(store: Store) -> Swept:
        sweeper.append(get_ident())
        return sweep(store, now=office.now, wall=office.now)

    def halt(_: Session) -> None:
        if get_ident() in sweeper and not worked.is_set():
            worked.set()
            assert go_on.wait(30)

    event.listen(Session, "before_commit", halt)
    with elsewhere(office) as store, ThreadPoolExecutor() as pool:
        running = pool.submit(run, store)
        try:
            assert worked.wait(30)
            yield running
        finally:
            go_on.set()
            wait([running])
            event.remove(Session, "before_commit", halt)


# --- opening and acting


def opening(office: Office, subject: str, request_id: str | None = None) -> Deed:
    def deed(session: Session) -> str:
        work, people, doing = Work(session), Directory.load(session), Doing("adviser1", office.now)
        held = cases.open_case(work, people, "orange-status", subject, FACTS, doing, request_id=request_id)
        work.flush()
        return held.code

    return deed


def taking(office: Office, step: str) -> Deed:
    def deed(session: Session) -> None:
        work, doing = Work(session), Doing("adviser1", office.now)
        cases.act(work, Directory.load(session), "ORA-2026-001", "take", {"step": step}, doing)
        work.flush()

    return deed


def test_two_that_open_a_case_for_one_member_open_one(office: Office) -> None:
    one, other = opening(office, "lid-001"), opening(office, "lid-001")
    assert at_once(office, one, other) == ("ORA-2026-001", "ALREADY_OPEN")


def test_the_same_request_twice_is_the_same_case(office: Office) -> None:
    one, other = opening(office, "lid-001", "r1"), opening(office, "lid-001", "r1")
    assert at_once(office, one, other) == ("ORA-2026-001", "ORA-2026-001")


def test_two_that_open_cases_for_two_members_get_two_numbers(office: Office) -> None:
    one, other = opening(office, "lid-001"), opening(office, "lid-002")
    assert at_once(office, one, other) == ("ORA-2026-001", "ORA-2026-002")


@only_postgresql
def test_numbers_go_on_though_who_opens_last_began_with_another_procedure(office: Office) -> None:
    with office.store.write() as session, elsewhere(office) as other:
        work = Work(session)
        for subject in ("lid-001", "lid-002"):
            work.open("red-follow-up", subject, Record(office.now, "open", "adviser1", {"red_on": "2026-01-05"}))
        first = do(other, opening(office, "lid-002"))
        second = work.open("orange-status", "lid-001", Record(office.now, "open", "adviser1", FACTS)).code
        work.flush()

    assert (first, second) == ("ORA-2026-001", "ORA-2026-002")
    assert do(office.store, opening(office, "lid-003")) == "ORA-2026-003"


def test_two_acts_in_one_case_follow_each_other(office: Office) -> None:
    office.open("orange-status", "lid-001", **FACTS)

    at_once(office, taking(office, "send_actions"), taking(office, "judge"))

    with office.reading() as session:
        held = find(session, "ORA-2026-001")
        assert (held.version, [r.step for r in held.case.records[1:]]) == (3, ["send_actions", "judge"])


# --- sweeping


def effects(office: Office) -> dict[str, list[str]]:
    """The keys in each log, in order."""
    with office.reading() as session:
        rows = session.exec(select(Case.code, Log.key).join(Log).order_by(Case.code, Log.id)).all()
    found: dict[str, list[str]] = {code: [] for code in CASES}
    for code, key in rows:
        found[code].append(key)
    return found


def of(swept: Swept) -> set[str]:
    return {done.case for done in swept.effects}


@only_postgresql
def test_two_sweeps_work_on_batches_that_have_nothing_in_common(due: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 1)

    with halted_sweep(due) as first:
        with due.store.write() as session:  # what is locked now, a third one does not get either
            free = set(session.exec(select(Case.code).with_for_update(skip_locked=True)))
        second = sweep(due.store, now=due.now, wall=due.now)
        assert not first.done()

    assert len(free) == 2
    assert of(second) == free
    assert of(first.result()) == CASES - free


@only_postgresql
def test_a_sweep_passes_by_a_case_in_which_somebody_acts(due: Office) -> None:
    _, swept = at_once(due, taking(due, "judge"), lambda _: sweep(due.store, now=due.now, wall=due.now))

    assert isinstance(swept, Swept)
    assert of(swept) == CASES - {"ORA-2026-001"}
    assert sweep(due.store, now=due.now, wall=due.now).effects == []  # the act caught its case up


def test_an_act_goes_on_from_the_sweep_that_had_its_case(due: Office) -> None:
    before = effects(due)["ORA-2026-001"]

    with elsewhere(due) as other, ThreadPoolExecutor() as pool:
        with halted_sweep(due) as sweeper:
            acting = pool.submit(do, other, taking(due, "judge"))
            until_it_waits(due.store, acting)
            assert not acting.done()
        acting.result()

    swept = [done.effect.key for done in sweeper.result().effects if done.case == "ORA-2026-001"]
    assert swept == ["send_actions/1/escalate/late/2026-01-13"]
    assert effects(due)["ORA-2026-001"] == [*before, *swept, "act/2"]


DYING = """
import sys
from datetime import datetime
from sqlalchemy import event
from sqlmodel import Session
from models.session import Store
from tijdig.service import sweep

sweep.BATCH = 2
now = datetime.fromisoformat(sys.argv[2])
event.listen(Session, "before_commit", lambda _: (print("worked", flush=True), sys.stdin.read()))
sweep.sweep(Store.at(sys.argv[1]), now=now, wall=now)
"""


def test_the_batch_of_a_worker_that_is_killed_in_the_middle_is_taken_over(due: Office, databases: Databases) -> None:
    address = due.store.url.render_as_string(hide_password=False)
    due.store.close()
    undisturbed = Office(Store.at(databases.copy(address)), due.day)
    undisturbed.sweep()
    command = [sys.executable, "-c", DYING, address, due.now.isoformat()]

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == "worked\n"
        passed_by = CASES if due.store.path else CASES - of(sweep(due.store, now=due.now, wall=due.now))
        worker.kill()
    taken_over = set[str]()
    while taken_over < passed_by:  # PostgreSQL may need a moment to see that it died
        taken_over |= of(sweep(due.store, now=due.now, wall=due.now))

    assert len(passed_by) == (3 if due.store.path else 2)
    assert effects(due) == effects(undisturbed)
    undisturbed.store.close()


# --- telling


def composing(office: Office) -> Deed:
    return lambda session: compose(session, now=office.now, url="https://tijdig.example")["composed"]


def test_two_that_compose_at_once_make_each_mail_once(due: Office) -> None:
    due.sweep()

    first, second = at_once(due, composing(due), composing(due))

    with due.reading() as session:
        keys = session.exec(select(Mail.key)).all()
    assert (len(keys), len(set(keys)), second) == (first, first, 0)


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

    def claiming(session: Session) -> None:
        session.get_one(Mail, mail.id).state = "bezig"
        session.flush()

    at_once(office, claiming, composing(office))

    with office.reading() as session:
        assert session.get_one(Mail, mail.id).state == "bezig"
        assert session.exec(select(MailNotice.mail_id).where(MailNotice.notice_id == notice.id)).all() == [mail.id]


def a_digest(person: str, day: date, now: datetime) -> Mail:
    return Mail(
        key=f"digest/{person}/{day}", person_id=person, address=f"{person}@zorg.example", kind="B", day=day, subject="",
        text="", html="", next_try_at=now, created_at=now,
    )  # fmt: skip


def test_two_that_meet_the_same_trouble_raise_one_incident_and_count_it_twice(office: Office) -> None:
    def raising(session: Session) -> int:
        trouble = {"cause": "De mailserver is niet bereikbaar.", "mend": "Kijk of hij draait.", "now": office.now}
        return raise_incident(session, "mail_server", "mail-server", **trouble).count  # type: ignore[arg-type]

    assert at_once(office, raising, raising) == (1, 2)

    with office.reading() as session:
        assert session.exec(select(Incident.key, Incident.count)).all() == [("mail-server", 2)]
