"""What people cost does not grow with the number of members, and nobody sees them as they no longer are."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from models.operation import Installation
from models.organisation import Address, Assignment, Person, Subject
from models.session import Store
from tests.databases import Databases
from tests.service.office import Office
from tijdig.service import roster
from tijdig.service.batch import start_batch
from tijdig.service.clock import home
from tijdig.service.compose import compose
from tijdig.service.deliver import deliver
from tijdig.service.people import MEMBER, Directory
from tijdig.settings import Settings

DAY = date(2026, 1, 5)
OLD, NEW = "lid-001@zorg.example", "nieuw@zorg.example"
TABLES = ("person", "address", "subject", "assignment", "absence")


@pytest.fixture(autouse=True)
def _a_process_that_knows_nobody() -> None:
    roster._KEPT.clear()


def reached(session: Session) -> str:
    return Directory.load(session).address("lid-001", DAY)


def move(session: Session) -> None:
    """Give a member another address."""
    session.add(Address(person_id="lid-001", since=DAY, email=NEW))


# --- what it costs


def take_in(office: Office, count: int) -> list[str]:
    """So many members, each with an address and an adviser by name."""
    refs = [f"lid-{n}" for n in range(1000, 1000 + count)]
    with office.store.write() as session:
        session.get_one(Installation, 1).mode = "trial"
        session.add_all(Subject(ref=ref, region="noord") for ref in refs)
        session.add_all(Person(id=ref, name=ref, digest=False) for ref in refs)
        session.flush()
        for ref in refs:
            session.add(Address(person_id=ref, since=DAY, email=f"{ref}@zorg.example"))
            session.add(Assignment(person_id="adviser1", role="kwaliteitsadviseur", scope="subject", scope_value=ref))
    return refs


@contextmanager
def counted(store: Store, statements: Counter[str], what: str) -> Iterator[None]:
    """Count the statements that read people, in a process that knows nobody yet."""
    roster._KEPT.clear()

    def count(_: object, __: object, statement: str, *___: object) -> None:
        statements[what] += any(f"FROM {table}" in statement for table in TABLES)

    engines = {store._acts, store._sweeps, store._reads}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", count)
    yield
    for engine in engines:
        event.remove(engine, "before_cursor_execute", count)


def cost(store: Store, data: Path, members: int) -> Counter[str]:
    """The statements about people of an act, and of a batch, a compose and a delivery for so many members."""
    office, statements = Office(store), Counter[str]()
    office.choose("red_decider", "directeur")
    first, *rest = take_in(office, members)
    with counted(store, statements, "an act"):
        office.open("orange-status", first, orange_on="2026-01-05")
    rows = "".join(f"orange-status,{ref},adviser1,,2026-01-05\n" for ref in rest)
    with counted(store, statements, "a batch"), store.write() as session:
        started = start_batch(session, f"procedure,subject,by,at,orange_on\n{rows}".encode(), wall=office.now)
        assert len(started.cases) == len(rest)
    with counted(store, statements, "a compose"), store.write() as session:
        composed = compose(session, now=office.now, url="https://tijdig.example")
        assert composed["composed"] > members
    settings = Settings.read({"TIJDIG_DATA": str(data)})
    with counted(store, statements, "a delivery"):
        assert deliver(store, now=office.now, wall=office.now, settings=settings)["sent"] > members
    return statements


def test_the_statements_about_people_are_as_many_for_40_members_as_for_5(
    databases: Databases, founded: str, tmp_path: Path
) -> None:
    costs = []
    for members in (5, 40):  # fewer than a delivery claims at a time
        store = Store.at(databases.copy(founded))
        costs.append(cost(store, tmp_path, members))
        store.close()

    assert costs[0] == costs[1]


def test_who_was_read_before_is_looked_up_without_a_statement(office: Office) -> None:
    statements, members = Counter[str](), ("lid-001", "lid-002")

    with counted(office.store, statements, "all"):
        with office.store.read() as session:
            Directory.load(session).prefetch(members)
        first = statements["all"]
        with office.store.read() as session:
            people = Directory.load(session)
            for member in members:
                assert people.holders(MEMBER, subject=member, case="", on=DAY) == (member,)
                assert people.recipients("kwaliteitsadviseur", subject=member, case="", on=DAY)

    assert statements["all"] == first


def test_who_is_forgotten_is_read_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "MOST", 2)
    refs = take_in(office, 7)

    with office.store.read() as session:
        people = Directory.load(session)
        found = [people.address(ref, DAY) for ref in (*refs, *refs)]

    assert found == [f"{ref}@zorg.example" for ref in (*refs, *refs)]


# --- what it may not hide


CHANGES = {
    "person": (
        "insert into person (id, name, channel, digest) values ('ann', 'Ann', 'mail', true)",
        "update person set name = 'Anna' where id = 'ann'",
        "delete from person where id = 'ann'",
    ),
    "address": (
        "insert into address (person_id, since, email, phone) values ('lid-001', '2026-01-05', 'a@b.example', '')",
        "update address set email = '' where person_id = 'lid-001'",
        "delete from address where person_id = 'lid-001'",
    ),
    "subject": (
        "insert into subject (ref, region, profile) values ('lid-999', 'noord', '')",
        "update subject set region = 'zuid' where ref = 'lid-999'",
        "delete from subject where ref = 'lid-999'",
    ),
    "assignment": (
        "insert into assignment (person_id, role, scope, scope_value, since, until) "
        "values ('director1', 'inkoper', 'all', '', '2026-01-05', '2026-12-31')",
        "update assignment set until = '2026-06-30' where role = 'inkoper'",
        "delete from assignment where role = 'inkoper'",
    ),
    "absence": (
        "insert into absence (person_id, since, until) values ('adviser1', '2026-01-05', '2026-01-09')",
        "update absence set deputy_id = 'adviser2'",
        "delete from absence",
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_no_change_of_people_passes_their_version_by(office: Office, table: str) -> None:
    with office.store.write() as session:
        versions = [home(session).people_version]
        for change in CHANGES[table]:
            session.execute(text(change))
            versions.append(home(session).people_version)

    assert len(set(versions)) == 4


def test_a_transaction_sees_what_it_changed(office: Office) -> None:
    with office.store.write() as session:
        assert reached(session) == OLD

        move(session)

        assert reached(session) == NEW


def test_what_was_rolled_back_is_not_remembered(office: Office) -> None:
    with office.store.write() as session:
        move(session)
        assert reached(session) == NEW
        session.rollback()

    office.absent("director1", "2026-01-05", "2026-01-09")  # a version that only counted would come again here

    with office.store.read() as session:
        assert reached(session) == OLD


def test_who_looks_up_a_member_after_a_change_of_its_own_misleads_nobody(office: Office) -> None:
    with office.store.write() as session:
        people = Directory.load(session)
        move(session)
        assert people.address("lid-001", DAY) == NEW
        session.rollback()

    with office.store.read() as session:
        assert reached(session) == OLD


ANOTHER_PROCESS = """
import sys
from sqlalchemy import text
from models.session import Store
with Store.at(sys.argv[1]).write() as session:
    session.execute(text(sys.argv[2]))
"""


def test_a_change_by_another_process_is_seen_by_whoever_begins_after_it(office: Office) -> None:
    address = office.store.url.render_as_string(hide_password=False)
    change = f"insert into address (person_id, since, email, phone) values ('lid-001', '{DAY}', '{NEW}', '')"
    root = Path(__file__).parents[2]

    with office.store.read() as before:
        people = Directory.load(before)
        subprocess.run([sys.executable, "-c", ANOTHER_PROCESS, address, change], check=True, cwd=root)

        with office.store.read() as after:
            assert reached(after) == NEW
        assert people.address("lid-001", DAY) == OLD  # asked for only now, and still as it was
        assert reached(before) == OLD
