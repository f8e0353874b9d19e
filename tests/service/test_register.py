"""The register of a tender (P-03, W-4): what comes is kept, to the second; who may read it, and when."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from models.operation import Event
from models.organisation import Assignment, Person, Subject
from models.register import HandIn
from models.session import Store
from tests.databases import Databases
from tests.service.house import DATA, new_house, take
from tijdig.engine import DueRule, Fact, Goal, Match, Procedure, Rows, Step, Timetable, reached
from tijdig.engine.calendar import midnight
from tijdig.engine.errors import Refused
from tijdig.service import register, registrations
from tijdig.service.cases import Doing
from tijdig.service.clock import parse_moment
from tijdig.service.heads import seal_rows
from tijdig.service.people import Directory
from tijdig.service.register import Filing, Receipt
from tijdig.service.registrations import Registration
from tijdig.service.verify import verify

TENDER = Procedure(
    "tender", code="INK", title="Inkoop", revision=1, subject="zorgaanbieder", owner="inkoopbureau",
    late_to="directeur", readers=("controller",), facts=(Fact("timetable", "text", "Tijdschema"),),
    steps=(Step("assess", "Beoordeel", "beoordelaar", undated="proef"),),
    timetable=Timetable("timetable", ours=("zorgkantoor",), rows=(
        Rows("all", Match(), goals=(Goal("{row}", "{title}", DueRule(on="{row}"), met_by=reached("{row}")),)),
    )),
)  # fmt: skip
PEOPLE = {"desk1": "inkoopbureau", "assessor1": "beoordelaar", "controller1": "controller", "adviser1": "adviseur"}
TIMETABLE = (DATA / "cz-2021-timetable.csv").read_text(encoding="utf-8")
AFTER = "2020-07-31T18:00"


class House:
    """A care office with one register, and deeds on it by name, moment and words."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def new(self, by: str = "desk1", *, row: str = "T-06", tender: str = "cz-2021") -> str:
        with self.store.write() as session:
            closes_at = register.set_up(
                session, Directory.load(session), self.doing(by, "2020-06-26"), tender=tender, procedure="tender",
                timetable="cz", row=row, vog_from=date(2020, 1, 1),
            )  # fmt: skip
        return closes_at.isoformat()

    def hand_in(self, *filings: Filing, by: str = "desk1", at: str = AFTER) -> list[Receipt]:
        with self.store.write() as session:
            return register.hand_in(session, Directory.load(session), self.doing(by, at), "cz-2021", filings)

    def take_in(self, table: str) -> object:
        with self.store.write() as session:
            doing = self.doing("desk1", AFTER)
            return register.import_hand_ins(session, Directory.load(session), doing, "cz-2021", table.encode())

    def open(self, by: str = "desk1", at: str = AFTER) -> dict[str, int]:
        with self.store.write() as session:
            return dict(registrations.open_register(session, Directory.load(session), self.doing(by, at), "cz-2021"))

    def read(self, by: str = "desk1") -> list[Receipt]:
        with self.store.write() as session:
            return registrations.read_register(session, Directory.load(session), self.doing(by, AFTER), "cz-2021")

    def check(self) -> dict[str, Registration]:
        with self.store.write() as session:
            doing = self.doing("desk1", AFTER)
            found = registrations.registrations(session, Directory.load(session), doing, "cz-2021")
        return {each.provider: each for each in found}

    def doing(self, by: str, at: str) -> Doing:
        return Doing(by, parse_moment(at))


@pytest.fixture(scope="module")
def furnished(shared_databases: Databases) -> str:
    address = shared_databases.new()
    store = new_house(address, mode="live", procedures=(TENDER,))
    with store.write() as session:
        session.add_all(Person(id=person, name=person.title()) for person in PEOPLE)
        session.add(Subject(ref="za-001"))
        session.flush()
        session.add_all(Assignment(person_id=person, role=role) for person, role in PEOPLE.items())
    assert take(store, "timetable", TIMETABLE, name="cz").problems == ()
    store.close()
    return address


@pytest.fixture
def empty(databases: Databases, furnished: str) -> Iterator[House]:
    store = Store.at(databases.copy(furnished))
    yield House(store)
    store.close()


@pytest.fixture
def house(empty: House) -> House:
    empty.new()
    return empty


def a_piece(piece: str = "wtzi", *, at: str = "2020-07-20T10:00", provider: str = "za-001", dated: str = "") -> Filing:
    content = f"{provider}{piece}".encode().hex().ljust(64, "0")[:64]
    return Filing(provider, piece, parse_moment(at), content, date.fromisoformat(dated) if dated else None, "portaal")


def whole(provider: str = "za-001", *, at: str = "2020-07-20T10:00") -> list[Filing]:
    others = [a_piece(piece, at=at, provider=provider) for piece in ("bestuursverklaring", "inschrijvingsverklaring",
                                                                     "onderaannemers", "wtzi")]  # fmt: skip
    return [*others, a_piece("vog", at=at, provider=provider, dated="2020-01-01")]


# --- when it closes


@pytest.mark.parametrize(
    ("row", "closes_at"),
    [
        pytest.param("T-06", "2020-07-31T15:00:00+00:00", id="T-06-at-17:00-local"),
        pytest.param("T-10", "2020-10-23T21:59:59+00:00", id="a-date-alone-is-the-whole-day"),
        pytest.param("T-11", "2020-11-12T22:59:59+00:00", id="Y-08-before-13-November-is-the-12th"),
    ],
)
def test_a_register_closes_as_its_row_says(empty: House, row: str, closes_at: str) -> None:
    assert empty.new(row=row) == closes_at


def test_a_register_needs_a_row_with_a_date_and_a_name_of_its_own(house: House) -> None:
    with pytest.raises(Refused, match="geen rij 'T-12' met een datum"):
        house.new(row="T-12", tender="other")
    with pytest.raises(Refused, match="geen rij 'T-99' met een datum"):
        house.new(row="T-99", tender="other")
    with pytest.raises(Refused, match="Er is al een register 'cz-2021'"):
        house.new()


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("16:59:59", "in_time"), ("17:00:00", "last_second"), ("17:00:01", "late")],
    ids=["W-4-before", "W-4-the-closing-second-is-in-time-and-flagged", "W-4-the-next-is-late"],
)
def test_what_comes_is_written_down_with_how_it_came(house: House, clock: str, expected: str) -> None:
    [receipt] = house.hand_in(a_piece(at=f"2020-07-31T{clock}"))

    assert (receipt.arrival, receipt.new, receipt.known) == (expected, True, True)
    assert [(each.number, each.arrival) for each in house.read()] == [(receipt.number, expected)]


def test_an_amended_closing_counts_for_all_and_what_it_was_stays_written_down(house: House) -> None:
    [late] = house.hand_in(a_piece(at="2020-07-31T17:30"))
    amended = TIMETABLE.replace("2020-07-31,17:00", "2020-08-07,12:00")
    assert take(house.store, "timetable", amended, name="cz").changed == 1

    [in_time] = house.hand_in(a_piece("vog", at="2020-08-07T11:00"), at="2020-08-07T13:00")
    [again] = house.hand_in(a_piece(at="2020-07-31T17:30"), at="2020-08-07T13:00")
    with house.store.read() as session:
        closings = [str(row.closes_at) for row in session.exec(select(HandIn).order_by(col(HandIn.id)))]

    assert (late.arrival, in_time.arrival, again.arrival, again.new) == ("late", "in_time", "in_time", False)
    assert [each.arrival for each in house.read()] == ["in_time", "in_time"]
    assert closings == ["2020-07-31 15:00:00+00:00", "2020-08-07 10:00:00+00:00"]


def test_the_same_piece_twice_is_one_and_a_wrong_date_is_corrected(house: House) -> None:
    old, good = a_piece("vog", dated="2019-12-31"), a_piece("vog", dated="2020-02-01")
    [first], [again] = house.hand_in(old, *whole()[:4])[:1], house.hand_in(old)
    faults = [(finding.piece, finding.fault) for finding in house.check()["za-001"].findings]

    house.hand_in(good)

    assert (again.number, first.new, again.new) == (first.number, True, False)
    assert faults == [("vog", "too_old")]
    assert house.check()["za-001"].findings == ()
    assert len(house.read()) == 6


def test_a_provider_that_nobody_knows_is_not_lost(house: House) -> None:
    [receipt] = house.hand_in(a_piece(provider="nieuw-1"))

    assert not receipt.known
    assert not house.check()["nieuw-1"].known


def test_nothing_was_received_in_the_future(house: House) -> None:
    with pytest.raises(Refused, match="is later dan nu"):
        house.hand_in(a_piece(at="2020-07-31T18:01"))

    assert house.read() == []


# --- whether a registration is whole


def test_a_registration_is_whole_with_what_was_in_time_only(house: House) -> None:
    late = a_piece("vog", at="2020-07-31T17:00:01", dated="2020-02-01")
    house.hand_in(*whole("za-001", at="2020-07-31T17:00:00"), *whole("za-002")[:4], a_piece(provider="za-003"), late)
    house.hand_in(a_piece("vog", at="2020-07-31T17:00:01", provider="za-002", dated="2020-02-01"))
    house.hand_in(*whole("za-004", at="2020-07-31T17:00:01"))

    found = {name: (each.arrival, len(each.pieces), [f.piece for f in each.findings])
             for name, each in house.check().items()}  # fmt: skip

    assert found == {
        "za-001": ("last_second", 6, []),
        "za-002": ("in_time", 5, ["vog"]),
        "za-003": ("in_time", 1, ["bestuursverklaring", "inschrijvingsverklaring", "onderaannemers", "vog"]),
        "za-004": ("late", 5, []),
    }


# --- who may what: P-03


def test_until_the_opening_only_who_runs_the_procedure_reads_it(house: House) -> None:
    house.hand_in(a_piece())
    for other in ("assessor1", "controller1", "adviser1"):
        with pytest.raises(Refused, match=r"De rol inkoopbureau \(desk1\) wel"):
            house.read(other)

    opened = house.open()

    assert opened == {"in_time": 1, "last_second": 0, "late": 0, "providers": 1}
    assert len(house.read("assessor1")) == len(house.read("controller1")) == 1
    with pytest.raises(Refused):
        house.read("adviser1")


def test_it_opens_once_and_not_before_it_closed(house: House) -> None:
    for at in ("2020-07-31T16:00", "2020-07-31T17:00:00.9"):
        with pytest.raises(Refused, match="sluit vr 31 jul 2020, 17:00"):
            house.open(at=at)
    with pytest.raises(Refused, match="De rol inkoopbureau"):
        house.open("assessor1")

    house.open(at="2020-07-31T17:00:01")

    with pytest.raises(Refused, match="al geopend"):
        house.open()


def test_only_who_runs_the_procedure_writes_in_it(house: House) -> None:
    with pytest.raises(Refused, match="De rol inkoopbureau"):
        house.hand_in(a_piece(), by="assessor1")


def test_each_reading_and_the_opening_are_logged(house: House) -> None:
    house.hand_in(a_piece())
    house.open()
    house.read("assessor1")

    with house.store.read() as session:
        kinds = ("register", "register-opened", "read")
        events = session.exec(select(Event).where(Event.kind.in_(kinds)).order_by(Event.id)).all()  # type: ignore[attr-defined, arg-type]

    assert [(event.kind, event.actor) for event in events] == [
        ("register", "desk1"), ("register-opened", "desk1"), ("read", "assessor1"),
    ]  # fmt: skip
    assert '"in_time":1' in events[1].detail


# --- many at once


def test_a_file_is_taken_in_once_however_often_it_comes(house: House) -> None:
    header = "provider,piece,received_at,sha256,dated\n"
    rows = [f"za-{n:03},vog,2020-07-31T16:{n % 60:02}:00,{n:064x},2020-03-01" for n in range(500)]
    first, again = house.take_in(header + "\n".join(rows)), house.take_in(header + "\n".join(rows))

    assert isinstance(first, list)
    assert isinstance(again, list)
    assert [each.number for each in first] == [each.number for each in again]
    assert [sum(each.new for each in taken) for taken in (first, again)] == [500, 0]


def test_a_file_with_anything_wrong_changes_nothing_and_says_all(house: House) -> None:
    problems = house.take_in(
        "provider,piece,received_at,sha256,dated\n"
        f"za-001,vog,2020-07-31T16:00,{'0' * 64},2020-03-01\n"
        "za 1,vog,gisteren,abc,maart\n"
        f"za-002,vog,2021-07-31T16:00,{'0' * 64},2020-03-01\n"
    )

    assert [(p.row, p.column) for p in problems] == [  # type: ignore[attr-defined]
        (3, "sha256"), (3, "provider"), (3, "received_at"), (3, "dated"), (4, "received_at"),
    ]  # fmt: skip
    assert house.read() == []


def test_what_came_in_is_sealed_with_all_else(house: House) -> None:
    house.hand_in(a_piece())
    now = midnight(date(2020, 8, 1))
    with house.store.write() as session:
        seal_rows(session, now=now)
        assert verify(session)[2] == []
        if house.store.path:
            session.execute(text("drop trigger hand_in_update"))
        else:
            session.execute(text("drop trigger hand_in_append_only on hand_in"))
        session.execute(text("update hand_in set piece = 'vog'"))

        assert [(broken.place, broken.problem) for broken in verify(session)[2]] == [
            ("stuk in het register 1", "is niet wat er vastgelegd werd")
        ]
