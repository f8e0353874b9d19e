"""A procurement round of a care office over its providers: P-00 to P-13, W-4, on the CZ 2021 timetable and another.

A row is a day, what somebody does on it, and what comes of it, as in test_orange_status.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, event

from flows.tender_care_office import TENDER_CARE_OFFICE, TENDER_NOTA, TENDER_ROUND
from models import bulk
from models.operation import Cohort
from models.organisation import Address, Assignment, Person, Subject
from models.session import Store
from tests.databases import Databases
from tests.service.house import DATA, take
from tests.service.office import FOUNDED, Office, found
from tijdig.engine.errors import AlreadyOpen, FourEyes, Refused
from tijdig.service import register, registrations, views
from tijdig.service.acting import Acting
from tijdig.service.amend import preview, spread
from tijdig.service.cases import Doing, decide, open_case
from tijdig.service.clock import parse_moment
from tijdig.service.documents import keeper
from tijdig.service.dossier import dossier
from tijdig.service.fields import fields_of, seen
from tijdig.service.foretell import effects, period, world_of
from tijdig.service.grid import Grid, grid
from tijdig.service.held import find, held
from tijdig.service.papers import paper
from tijdig.service.people import Directory
from tijdig.service.produce import make
from tijdig.service.register import Filing
from tijdig.service.work import Work

PROVIDERS = ("za-001", "za-002", "za-003")
CASE = "tender-care-office/za-001"
ROLES = {
    "desk1": "inkoopbureau", "buyer1": "zorginkoper", "assessor1": "beoordelaar", "assessor2": "beoordelaar",
    "assessor3": "beoordelaar", "lawyer1": "jurist", "manager1": "manager zorginkoop",
}  # fmt: skip
CZ = (DATA / "cz-2021-timetable.csv").read_text(encoding="utf-8")
Deed = Callable[[Office], list[str]]
Row = tuple[str, Deed, list[str]]


@pytest.fixture(scope="module")
def staffed(shared_databases: Databases) -> str:
    """The address of a care office with its roles, three providers and the timetable of the source."""
    address = shared_databases.new()
    store = found(address, (TENDER_ROUND, TENDER_CARE_OFFICE, TENDER_NOTA))
    with store.write() as session:
        session.add_all(Person(id=person, name=person.title()) for person in ROLES)
        session.add_all(Person(id=provider, name=provider, digest=False) for provider in PROVIDERS)
        session.add_all(Subject(ref=provider) for provider in PROVIDERS)
        session.flush()
        session.add_all(Assignment(person_id=person, role=role) for person, role in ROLES.items())
        session.add_all(Cohort(name="providers", subject=provider) for provider in PROVIDERS)
        for person in (*ROLES, *PROVIDERS):
            session.add(Address(person_id=person, since=date(2020, 1, 1), email=f"{person}@zorg.example"))
    assert take(store, "timetable", CZ, name="cz-2021").problems == ()
    store.close()
    return address


@pytest.fixture
def office(databases: Databases, staffed: str) -> Iterator[Office]:
    store = Store.at(databases.copy(staffed))
    yield Office(store)
    store.close()


# --- what people do


def opens(provider: str = "za-001", timetable: str = "cz-2021", **facts: str) -> Deed:
    return lambda office: office.open("tender-care-office", provider, "desk1", timetable=timetable, **facts)


def decides(who: str, step: str, outcome: str, case: str = CASE, **form: str) -> Deed:
    return lambda office: office.decide(case, step, outcome, who, **form)


def hands_in(at: str, outcome: str = "in_time") -> Deed:
    return decides("desk1", "hand_in", outcome, filed_at=at)


def records(**facts: str) -> Deed:
    return lambda office: office.record(CASE, "desk1", **facts)


def time_passes(office: Office) -> list[str]:
    return office.sweep()


def play(office: Office, rows: list[Row]) -> None:
    for day, deed, lines in rows:
        assert (day, deed(office.on(day))) == (day, lines)


def forward(office: Office, *deeds: tuple[str, Deed]) -> Office:
    """What happened before a test begins: only its days and deeds matter."""
    for day, deed in deeds:
        deed(office.on(day))
    return office


def see(office: Office, at: str) -> Grid:
    office.on(at)
    with office.reading() as session:
        return grid(session, "tender-care-office", now=office.now, cohort_name="providers")


@dataclass(frozen=True)
class Seen:
    """A cell of the grid, with the kind of its column."""

    kind: str
    state: str
    term: str
    due: date | None
    day: date | None


def cells(seen: Grid, provider: str = "za-001") -> dict[str, Seen]:
    """What the grid says of a provider, by column."""
    [line] = [line for line in seen.lines if line.subject == provider]
    return {
        column.name: Seen(column.kind, cell.state, cell.term, cell.due, cell.day)
        for column, cell in zip(seen.columns, line.cells, strict=True) if cell
    }  # fmt: skip


REGISTERED = (("2020-05-29", opens()), ("2020-07-31", hands_in("2020-07-31T16:00")))
COMPLETE = (*REGISTERED, ("2020-08-03", decides("desk1", "complete", "complete")))
AGREED = (*COMPLETE, ("2020-08-05", decides("assessor1", "assess_1", "suitable")),
          ("2020-08-06", decides("assessor2", "assess_2", "suitable")))  # fmt: skip
ELIGIBLE = (*AGREED, ("2020-08-24", decides("buyer1", "notice", "eligible")))


# --- the dates


def test_every_date_of_a_file_is_that_of_its_row(office: Office) -> None:
    opens()(office.on("2020-05-29"))

    days = {name: str(cell.due) for name, cell in cells(see(office, "2020-05-29")).items() if cell.due}

    assert days == {
        "T-06": "2020-07-31", "T-07": "2020-08-24", "T-07b": "2020-10-08", "T-08": "2020-10-09", "T-09": "2020-10-09",
        "T-09b": "2020-10-15", "T-10": "2020-10-23", "T-11": "2020-11-12", "objection_T-01": "2020-06-18",
        "hand_in": "2020-07-31", "complete": "2020-08-07", "assess_1": "2020-08-19", "assess_2": "2020-08-19",
        "settle": "2020-08-21", "notice": "2020-08-24", "talk": "2020-10-08", "offer": "2020-10-09",
        "budget": "2020-10-09", "certificate": "2020-10-15", "sign": "2020-10-23", "file_nza": "2020-11-12",
    }  # fmt: skip


OTHER = """\
step_id,nl_name,who,date,time,kind,consequence_when_missed,date_qualifier,date_to,channel,objection_20d,source_or_derived
1,Publicatie inkoopbeleid,zorgkantoor,2027-05-31,,intern,,op,,website,ja,Inkoopbeleid X
2,Uiterste datum inschrijving,zorgaanbieder,2027-07-30,12:00,contract fataal,,uiterlijk,,portaal,nee,Inkoopbeleid X
3,Voorlopig besluit,zorgkantoor,2027-09-01,,intern,,uiterlijk,,e-mail,ja,Inkoopbeleid X
4,Contract aanbieden,zorgkantoor,2027-10-01,,intern,,uiterlijk,,portaal,nee,Inkoopbeleid X
5,Contract tekenen,zorgaanbieder,2027-11-01,,contract fataal,geen contract,voor,,portaal,nee,Inkoopbeleid X
"""


def test_another_office_without_budget_certificate_or_talks_runs_on_its_own_rows(office: Office) -> None:
    assert take(office.store, "timetable", OTHER, name="x-2028").problems == ()
    forward(office, ("2027-05-31", opens(timetable="x-2028")))

    goals = {name: str(cell.due) for name, cell in cells(see(office, "2027-05-31")).items()
             if cell.kind == "goal" and cell.due}  # fmt: skip

    assert goals == {
        "2": "2027-07-30", "3": "2027-09-01", "4": "2027-10-01", "5": "2027-10-31", "objection_1": "2027-06-20",
    }  # fmt: skip


def test_a_provider_of_an_office_that_files_no_budget_is_contracted(office: Office) -> None:
    assert take(office.store, "timetable", OTHER, name="x-2028").problems == ()
    signed = forward(
        office, ("2027-05-31", opens(timetable="x-2028")), ("2027-07-30", hands_in("2027-07-30T08:00")),
        ("2027-08-02", decides("desk1", "complete", "complete")),
        ("2027-08-03", decides("assessor1", "assess_1", "suitable")),
        ("2027-08-03", decides("assessor2", "assess_2", "suitable")),
        ("2027-09-01", decides("buyer1", "notice", "eligible")), ("2027-10-01", decides("buyer1", "offer", "offered")),
        ("2027-10-20", decides("desk1", "sign", "signed", agreement="@overeenkomst.pdf")),
    )  # fmt: skip

    assert signed.tasks(CASE) == ["finish inkoopbureau"]
    assert decides("desk1", "finish", "contracted")(signed)[-1] == "close case contracted"


# --- one provider, from hand-in to contract


def test_a_provider_is_contracted(office: Office) -> None:
    play(office, [
        ("2020-05-29", opens(new_provider="nee"), ["open case", "task hand_in > A inkoopbureau"]),
        ("2020-07-31", hands_in("2020-07-31T16:00"), ["decide hand_in in_time", "task complete > A inkoopbureau"]),
        ("2020-08-03", decides("desk1", "complete", "complete"), [
            "decide complete complete", "task assess_1 > C beoordelaar", "task assess_2 > C beoordelaar",
        ]),
        ("2020-08-05", decides("assessor1", "assess_1", "suitable"), ["decide assess_1 suitable"]),
        ("2020-08-06", decides("assessor2", "assess_2", "suitable"), [
            "decide assess_2 suitable", "task notice > C zorginkoper",
        ]),
        ("2020-08-24", decides("buyer1", "notice", "eligible"), [
            "remind T-07 two_weeks (overtaken)", "remind T-07 three_days (overtaken)",
            "decide notice eligible > G zorgaanbieder", "task offer > A zorginkoper", "task budget > A zorginkoper",
            "task certificate > A inkoopbureau",
        ]),
        ("2020-09-17", time_passes, [
            "remind objection_notice free_day > E jurist", "remind T-09b four_weeks > E zorgaanbieder",
        ]),
        ("2020-09-18", decides("buyer1", "offer", "offered"), ["decide offer offered > G zorgaanbieder"]),
        ("2020-09-18", decides("buyer1", "budget", "sent", offer_pdf="@offerte.pdf"), [
            "decide budget sent > G zorgaanbieder",
        ]),
        ("2020-10-15", decides("desk1", "certificate", "works"), [
            "decide certificate works", "task sign > A inkoopbureau",
        ]),
        ("2020-10-23", decides("desk1", "sign", "signed", agreement="@overeenkomst.pdf"), [
            "decide sign signed", "task file_nza > A zorginkoper",
        ]),
        ("2020-11-12", decides("buyer1", "file_nza", "contracted", receipt="NZA-123"), [
            "remind file_nza two_weeks (overtaken)", "remind file_nza three_days (overtaken)",
            "decide file_nza contracted > G zorgaanbieder", "close case contracted",
        ]),
    ])  # fmt: skip


def test_opinions_that_differ_go_to_a_third_and_none_of_the_three_sends_the_notice(office: Office) -> None:
    forward(office, *COMPLETE, ("2020-08-05", decides("assessor1", "assess_1", "suitable")))

    with pytest.raises(FourEyes):
        decides("assessor1", "assess_2", "suitable")(office)
    differ = decides("assessor2", "assess_2", "unsuitable")(office.on("2020-08-06"))
    for who in ("assessor1", "assessor2"):
        with pytest.raises(FourEyes):
            decides(who, "settle", "suitable")(office)
    settled = decides("assessor3", "settle", "unsuitable")(office.on("2020-08-07"))

    assert differ == ["decide assess_2 unsuitable", "task settle > C beoordelaar"]
    assert settled == ["decide settle unsuitable", "task notice > C zorginkoper"]
    with pytest.raises(Refused, match="'eligible' is not possible now"):
        decides("buyer1", "notice", "eligible")(office)


def all_told(office: Office) -> dict[str, object]:
    """What the command line tells of the first assessment: the file, the grid, its effects, a document, the log."""
    with office.reading() as session:
        case, seen_now = find(session, CASE), grid(session, "tender-care-office", now=office.now)
        file, fields = dossier(session, CASE, office.now), fields_of(seen(session, case), Directory.load(session))
        happened = [each["key"] for each in views.effects(session, case=CASE) if each["kind"] == "decide"]
    column = [column.name for column in seen_now.columns].index("assess_1")
    [asked] = [each for each in file["obligations"] if each["step"] == "assess_1"]
    cell = seen_now.lines[0].cells[column]
    return {
        "file": asked["outcome"], "grid": cell and cell.outcome, "document": fields["due"]["assess_1"]["outcome"],
        "effect": "ZKI-2020-001/assess_1/1/decide/unsuitable" in happened, "decided": "te klein" in str(fields),
        "log": "te klein" in str(file["log"]), "key": "assess_1/1/decide/unsuitable" in str(file["log"]),
    }  # fmt: skip


def test_what_one_assessor_found_is_shown_nowhere_until_the_other_one_did(office: Office) -> None:
    forward(office, *COMPLETE)
    office.on("2020-08-05").decide(CASE, "assess_1", "unsuitable", "assessor1", reason="de organisatie is te klein")

    before = all_told(office)
    decides("assessor2", "assess_2", "suitable")(office.on("2020-08-06"))
    after = all_told(office)

    assert [name for name, told in before.items() if told] == []
    assert [name for name, told in after.items() if not told] == []


def test_who_handed_in_nothing_loses_the_right_by_a_persons_decision_only(office: Office) -> None:
    nothing = decides("desk1", "hand_in", "not_filed")
    forward(office, ("2020-05-29", opens()))
    with pytest.raises(Refused, match="'not_filed' is not possible now"):
        nothing(office.on("2020-07-30"))

    assert time_passes(office.on("2020-08-03")) == ["escalate T-06 not_filed > D inkoopbureau"]
    assert time_passes(office.on("2020-08-06")) == ["escalate hand_in overdue > D manager zorginkoop"]
    assert office.state(CASE) == "open"
    assert nothing(office) == ["decide hand_in not_filed > G zorgaanbieder", "close case not_filed"]


def test_a_desk_that_is_slow_costs_nobody_the_right(office: Office) -> None:
    forward(office, ("2020-05-29", opens()), ("2020-08-06", time_passes), ("2020-09-01", time_passes))

    with pytest.raises(Refused, match="'not_filed' is not possible now"):
        decides("desk1", "hand_in", "not_filed", filed_at="2020-07-31T16:00")(office)
    told = hands_in("2020-07-31T16:00")(office)

    assert told[0] == "decide hand_in in_time"
    assert cells(see(office, "2020-09-01"))["T-06"].day == date(2020, 7, 31)


# --- the register and the files: W-4


def a_register(office: Office, *handed_in: tuple[str, str]) -> None:
    """A register in which each provider handed in all pieces at a moment, opened after it closed."""
    with office.store.write() as session:
        people, at = Directory.load(session), "2020-07-31T18:00"
        register.set_up(
            session, people, Doing("desk1", parse_moment("2020-06-26")), tender="cz-2021",
            procedure="tender-care-office", timetable="cz-2021", row="T-06", vog_from=date(2020, 1, 1),
        )  # fmt: skip
        filings = [Filing(who, "bestuursverklaring", parse_moment(when), "0" * 64) for who, when in handed_in]
        register.hand_in(session, people, Doing("desk1", parse_moment(at)), "cz-2021", filings)
        registrations.open_register(session, people, Doing("desk1", parse_moment(at)), "cz-2021")


def record(office: Office, by: str = "desk1") -> registrations.Recorded:
    with office.store.write() as session:
        people = Directory.load(session)
        done = registrations.record_registrations(
            Acting(session, people, work := Work(session), Doing(by, office.now)), "cz-2021"
        )
        work.flush()
    return done


def test_the_register_says_in_each_file_whether_it_was_in_time_to_the_second(office: Office) -> None:
    forward(office, *(("2020-05-29", opens(provider)) for provider in PROVIDERS))
    a_register(office, ("za-001", "2020-07-31T17:00:00"), ("za-002", "2020-07-31T17:00:01"),
               ("nieuw-1", "2020-07-30"))  # fmt: skip

    done = record(office.on("2020-07-31", "18:00"))
    again = record(office)

    assert (done.in_time, done.too_late, done.without_case) == (1, 1, ("nieuw-1",))
    assert done.nothing == ("ZKI-2020-003",)  # a person says of each that it handed in nothing
    assert (again.in_time, again.too_late, again.closed) == (0, 0, ("ZKI-2020-002",))
    assert [office.state(f"tender-care-office/{provider}") for provider in PROVIDERS] == ["open", "too_late", "open"]
    assert office.tasks(CASE) == ["complete inkoopbureau", "last_second jurist"]  # 17:00:00 goes past a person
    assert office.tasks("tender-care-office/za-003") == ["hand_in inkoopbureau"]


def test_the_register_goes_by_the_closing_of_each_file_and_a_file_that_disagrees_stops_no_other(office: Office) -> None:
    forward(office, *(("2020-05-29", opens(provider)) for provider in PROVIDERS))
    a_register(office, ("za-001", "2020-07-31T16:00"), ("za-002", "2020-07-31T17:30"), ("za-003", "2020-07-31T17:30"))
    office.on("2020-08-03").correct("tender-care-office/za-002", "desk1", **{"T-06": "2020-07-31 18:00"})
    with office.store.write() as session:  # the file of za-001 is another one's work by now
        session.add(Assignment(person_id="buyer1", role="inkoopbureau", scope="subject", scope_value="za-001"))

    done = record(office)

    assert (done.in_time, done.too_late) == (1, 1)
    assert [case for case, _ in done.refused] == ["ZKI-2020-001"]
    assert [office.state(f"tender-care-office/{provider}") for provider in PROVIDERS] == ["open", "open", "too_late"]


def test_a_closing_that_was_moved_after_it_opened_counts_in_each_file(office: Office) -> None:
    forward(office, *(("2020-05-29", opens(provider)) for provider in PROVIDERS))
    a_register(office, ("za-001", "2020-07-31T16:00"), ("za-002", "2020-07-31T17:30"))
    later = CZ.replace("zorgaanbieder,2020-07-31,17:00", "zorgaanbieder,2020-08-07,17:00")
    assert take(office.store, "timetable", later, now=office.on("2020-08-01").now, name="cz-2021").changed == 1
    spread(office.store, now=office.now)

    done = record(office.on("2020-08-07", "18:00"))

    assert (done.in_time, done.too_late, done.refused) == (2, 0, ())


def test_the_register_of_one_tender_leaves_the_files_of_another_alone(office: Office) -> None:
    next_year = CZ.replace("2021-", "2022-").replace("2020-", "2021-")
    assert take(office.store, "timetable", next_year, name="cz-2022").problems == ()
    forward(office, ("2021-05-29", opens(timetable="cz-2022")))
    a_register(office, ("za-001", "2020-07-31T16:00"))

    done = record(office.on("2021-06-01"))

    assert (done.in_time, done.without_case, done.nothing) == (0, ("za-001",), ())
    assert office.tasks(CASE) == ["hand_in inkoopbureau"]


def test_recording_asks_as_much_of_the_database_for_many_files_as_for_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    run = bulk.Driver.run

    def counted(driver: bulk.Driver, statement: str, *values: Any, **rows: Any) -> Any:
        asked.append(statement)
        return run(driver, statement, *values, **rows)

    def statements(provider: str, *others: str) -> int:
        with office.store.write() as session:
            at = Doing("desk1", parse_moment("2020-07-31T18:00"))
            filings = [Filing(who, "wtzi", parse_moment(f"2020-07-30T12:0{who[-1]}"), "0" * 64)
                       for who in (provider, *others)]  # fmt: skip
            register.hand_in(session, Directory.load(session), at, "cz-2021", filings)
        asked.clear()
        event.listen(Engine, "before_cursor_execute", note := lambda *said: asked.append(said[2]))
        assert record(office).in_time == 1 + len(others)
        event.remove(Engine, "before_cursor_execute", note)
        return len(asked)

    forward(office, *(("2020-05-29", opens(provider)) for provider in PROVIDERS))
    a_register(office)
    monkeypatch.setattr(bulk.Driver, "run", counted)
    office.on("2020-07-31", "18:00")

    assert statements(*PROVIDERS[1:]) <= statements(PROVIDERS[0])


def test_only_the_desk_says_what_the_register_says(office: Office) -> None:
    forward(office, ("2020-05-29", opens()))
    a_register(office, ("za-001", "2020-07-31T16:00"))

    with pytest.raises(Refused, match="De rol inkoopbureau"):
        record(office.on("2020-07-31", "18:00"), by="assessor1")


@pytest.mark.parametrize(
    ("at", "outcome"),
    [("2020-07-31T17:00:00", "too_late"), ("2020-07-31T17:00:01", "in_time")],
    ids=["W-4-17:00:00-is-not-late", "W-4-17:00:01-is-not-in-time"],
)
def test_nobody_can_say_otherwise_than_the_second_does(office: Office, at: str, outcome: str) -> None:
    forward(office, ("2020-05-29", opens()))

    with pytest.raises(Refused):
        hands_in(at, outcome)(office.on("2020-07-31", "18:00"))


# --- objections: P-13, strictly twenty days


@pytest.mark.parametrize(
    ("objected_on", "possible"),
    [
        pytest.param("2020-06-18", {"upheld", "rejected", "barred"}, id="T-03x-the-twentieth-day"),
        pytest.param("2020-06-19", {"barred"}, id="the-day-after"),
    ],
)
def test_an_objection_to_the_document_counts_until_the_twentieth_day(
    office: Office, objected_on: str, possible: set[str]
) -> None:
    forward(office, ("2020-05-29", opens()))
    told = office.on("2020-06-19").record(CASE, "desk1", **{"objected_on_T-01": objected_on})

    taken = set()
    for outcome in ("upheld", "rejected", "barred"):
        try:
            office.decide(CASE, "answer_T-01", outcome, "lawyer1")
        except Refused:
            continue
        taken.add(outcome)
        office.act(CASE, "take-back", "desk1", step="answer_T-01")

    assert told[-1] == "task answer_T-01 > A jurist"
    assert taken == possible


def test_the_term_after_the_notice_ends_on_a_sunday_and_a_person_is_told(office: Office) -> None:
    forward(office, *ELIGIBLE)

    assert office.due(CASE, "objection_notice") == "2020-09-13"  # T-07x, Y-03: not extended
    assert "remind objection_notice free_day > E jurist" in time_passes(office.on("2020-09-04"))


def test_a_rejected_provider_may_object_before_its_file_closes(office: Office) -> None:
    rejected = forward(
        office, *COMPLETE, ("2020-08-05", decides("assessor1", "assess_1", "unsuitable")),
        ("2020-08-06", decides("assessor2", "assess_2", "unsuitable")),
        ("2020-08-24", decides("buyer1", "notice", "not_eligible")),
        ("2020-09-10", records(objected_on_notice="2020-09-10")),
        ("2020-09-11", decides("lawyer1", "answer_notice", "upheld")),
    )  # fmt: skip

    opened = time_passes(rejected.on("2020-09-14"))
    again = decides("desk1", "reject", "again")(rejected)
    notice = decides("buyer1", "notice", "eligible")(rejected.on("2020-09-15"))

    assert "task reject > A inkoopbureau" in opened
    assert again == ["decide reject again", "task notice#2 > C zorginkoper"]
    assert "decide notice#2 eligible > G zorgaanbieder" in notice


REJECTED = (*COMPLETE, ("2020-08-05", decides("assessor1", "assess_1", "unsuitable")),
            ("2020-08-06", decides("assessor2", "assess_2", "unsuitable")),
            ("2020-08-24", decides("buyer1", "notice", "not_eligible")))  # fmt: skip
OFFERED = (*ELIGIBLE, ("2020-10-09", decides("buyer1", "offer", "offered")),
           ("2020-10-09", decides("buyer1", "budget", "sent", offer_pdf="@offerte.pdf")))  # fmt: skip
WORKS = ("2020-10-15", decides("desk1", "certificate", "works"))


@pytest.mark.parametrize(
    ("before", "of", "day", "closes"),
    [
        pytest.param((("2020-06-01", opens()),), "T-01", "2020-08-03", ("hand_in", "not_filed"), id="not-filed"),
        pytest.param(REGISTERED, "T-01", "2020-08-03", ("complete", "not_processed"), id="not-processed"),
        pytest.param(REJECTED, "T-01", "2020-09-14", ("reject", "not_eligible"), id="publication"),
        pytest.param(REJECTED, "notice", "2020-09-14", ("reject", "not_eligible"), id="not-eligible"),
        pytest.param(ELIGIBLE, "notice", "2020-10-16", ("certificate", "no_agreement"), id="no-certificate"),
        pytest.param((*OFFERED, WORKS), "budget", "2020-10-26", ("sign", "not_signed"), id="not-signed"),
    ],
)
def test_no_file_closes_over_an_objection_that_was_not_answered(
    office: Office, before: tuple[tuple[str, Deed], ...], of: str, day: str, closes: tuple[str, str]
) -> None:
    forward(office, *before)
    office.record(CASE, "desk1", **{f"objected_on_{of}": str(office.day)})
    time_passes(office.on(day))

    with pytest.raises(Refused, match=f"'{closes[1]}' is not possible now"):
        decides("desk1", *closes)(office)
    decides("lawyer1", f"answer_{of}", "barred")(office)
    decides("desk1", *closes)(office)

    assert office.state(CASE) == closes[1]


def test_what_is_filed_at_the_nza_in_time_waits_for_the_answer_before_the_file_closes(office: Office) -> None:
    forward(office, *OFFERED, WORKS, ("2020-10-20", records(objected_on_budget="2020-10-20")),
            ("2020-10-23", decides("desk1", "sign", "signed", agreement="@overeenkomst.pdf")))  # fmt: skip

    filed = decides("buyer1", "file_nza", "filed", receipt="NZA-123")(office.on("2020-11-12"))
    answered = decides("lawyer1", "answer_budget", "rejected")(office.on("2020-11-20"))
    ended = decides("desk1", "finish", "contracted")(office)

    assert filed[-1] == "decide file_nza filed > G zorgaanbieder"
    assert cells(see(office, "2020-11-20"))["T-11"].term == "on_time"
    assert answered[-1] == "task finish > A inkoopbureau"
    assert ended == ["decide finish contracted > G zorgaanbieder", "close case contracted"]


# --- after the notice


def test_no_working_certificate_closes_nothing_by_itself(office: Office) -> None:
    forward(office, *ELIGIBLE)

    late = time_passes(office.on("2020-10-16"))
    ended = decides("desk1", "certificate", "no_agreement")(office)

    assert "escalate T-09b overdue > D inkoopbureau" in late
    assert office.state(CASE) == "no_agreement"
    assert ended == ["decide certificate no_agreement > G zorgaanbieder", "close case no_agreement"]


def test_an_offer_is_not_signed_without_a_certificate(office: Office) -> None:
    forward(office, *ELIGIBLE, ("2020-10-09", decides("buyer1", "offer", "offered")))

    assert office.tasks(CASE) == ["budget zorginkoper", "certificate inkoopbureau"]  # Y-07: not delivered yet


@pytest.mark.parametrize(
    ("new", "spoken_to"), [("ja", True), ("nee", False), ("", False)], ids=["new", "known", "unsaid"]
)
def test_a_new_provider_is_spoken_to(office: Office, new: str, spoken_to: bool) -> None:
    said = {"new_provider": new} if new else {}
    forward(office, ("2020-05-29", opens(**said)), *ELIGIBLE[1:])

    assert ("talk zorginkoper" in office.tasks(CASE)) is spoken_to


# --- the round: all at once


def test_a_round_opens_the_file_of_each_provider_when_it_publishes(office: Office) -> None:
    office.on("2020-05-20").open("tender-round", "cz-2021", "desk1", timetable="cz-2021")

    office.on("2020-05-29").decide("tender-round/cz-2021", "publish", "published", "buyer1", document="@document.pdf")

    assert len(office.codes("tender-care-office")) == 3
    assert {line.state for line in see(office, "2020-05-29").lines} == {"open"}


@pytest.mark.parametrize(
    ("running", "passed_over", "files"),
    [
        pytest.param("cz-2021", [True], 1, id="its-file-of-this-round"),
        pytest.param("cz-2020", [], 2, id="a-file-of-another-round-is-another-file"),
    ],
)
def test_a_provider_with_an_open_file_stops_no_other_file_and_who_publishes_is_told(
    office: Office, running: str, passed_over: list[bool], files: int
) -> None:
    assert take(office.store, "timetable", CZ, name="cz-2020").problems == ()
    forward(office, ("2020-05-20", opens(timetable=running)))
    office.open("tender-round", "cz-2021", "desk1", timetable="cz-2021")

    with office.store.write() as session:
        work = Work(session, keep=lambda path: {"name": path, "sha256": "0" * 64, "size": 1})
        doing, form = Doing("buyer1", office.on("2020-05-29").now), {"document": "@document.pdf"}
        decide(work, Directory.load(session), "tender-round/cz-2021", "publish", "published", form, doing)
        work.flush()

    assert ["ZKI-2020-001" in said for said in work.apart] == passed_over
    with office.reading() as session:
        mine = held(session, "procedure = ? and subject = ?", "tender-care-office", "za-001")
        assert views.incidents(session) == []
    assert [one.state for one in mine] == ["open"] * files
    assert len(office.codes("tender-care-office")) == 2 + files


def test_a_provider_has_one_file_in_each_round_and_the_grid_of_a_round_shows_its_own(office: Office) -> None:
    assert take(office.store, "timetable", CZ, name="cz-2022").problems == ()
    forward(office, ("2020-05-20", opens()), ("2020-05-20", opens(timetable="cz-2022")))

    with pytest.raises(AlreadyOpen, match="ZKI-2020-002"):
        opens(timetable="cz-2022")(office)
    with office.reading() as session:
        seen_now = [grid(session, "tender-care-office", now=office.now, timetable=name).lines for name in
                    ("cz-2021", "cz-2022", "")]  # fmt: skip

    assert [line.case for lines in seen_now for line in lines] == ["ZKI-2020-001", "ZKI-2020-002", "ZKI-2020-002"]


def test_each_version_of_the_nota_is_told_to_all_at_the_same_moment_and_has_its_own_term(office: Office) -> None:
    round_ = "tender-round/cz-2021"
    office.on("2020-05-20").open("tender-round", "cz-2021", "desk1", timetable="cz-2021")
    office.on("2020-05-29").decide(round_, "publish", "published", "buyer1", document="@document.pdf")

    first = office.on("2020-06-26").decide(
        round_, "nota", "more", "buyer1", nota_document="@nota-1.pdf", nota_version="1", nota_on="2020-06-26"
    )
    second = office.on("2020-07-03").decide(
        round_, "nota", "last", "buyer1", nota_document="@nota-2.pdf", nota_version="2", nota_on="2020-07-03"
    )

    for told in (first, second):
        assert [line for line in told if line.startswith("task read")] == ["task read > A zorgaanbieder"] * 3
    notas = office.codes("tender-nota")
    assert [office.due(code, "objection_nota") for code in notas] == ["2020-07-16"] * 3 + ["2020-07-23"] * 3
    office.on("2020-07-10").decide(notas[0], "read", "no_objection", "za-001")
    time_passes(office.on("2020-07-22"))
    assert [office.state(code) for code in notas] == ["no_objection", "lapsed", "lapsed", "open", "open", "open"]


# --- an amended timetable


def test_a_later_publication_moves_every_running_file_after_it_was_shown(office: Office) -> None:
    forward(office, *(("2020-05-20", opens(provider)) for provider in PROVIDERS))
    later = CZ.replace("T-01,publicatie inkoopdocument en conceptstukken,zorgkantoor,2020-05-29",
                       "T-01,publicatie inkoopdocument en conceptstukken,zorgkantoor,2020-06-05")  # fmt: skip
    later = later.replace("zorgaanbieder,2020-06-18", "zorgaanbieder,2020-06-25")
    later = later.replace("2020-05-29 + 20 dagen", "2020-06-05 + 20 dagen")
    office.on("2020-05-22")

    shown = take(office.store, "timetable", later, now=office.now, name="cz-2021", dry_run=True)
    standing, seen = office.due(CASE, "objection_T-01"), shown.pending and preview(office.store, shown.pending)
    done = take(office.store, "timetable", later, now=office.now, name="cz-2021")

    assert done.pending
    told = spread(office.store, now=office.now)

    assert (seen, standing) == (told, "2020-06-18")
    assert {(m.step, str(m.before), str(m.after)) for _, moves in told.cases for m in moves
            if m.kind == "due"} == {("objection_T-01", "2020-06-18", "2020-06-25")}  # fmt: skip
    assert {office.due(f"tender-care-office/{provider}", "objection_T-01") for provider in PROVIDERS} == {"2020-06-25"}
    assert {office.due(f"tender-care-office/{provider}", "T-06") for provider in PROVIDERS} == {"2020-07-31"}


# --- the grid


def test_the_grid_shows_who_stands_where(office: Office) -> None:
    forward(office, *REGISTERED, ("2020-07-31", opens("za-002")))

    seen = see(office, "2020-08-10")

    assert [(line.subject, line.state) for line in seen.lines] == [
        ("za-001", "open"),
        ("za-002", "open"),
        ("za-003", ""),
    ]
    first, second = cells(seen), cells(seen, "za-002")
    assert (first["T-06"].state, first["T-06"].term, first["T-06"].day) == ("met", "on_time", date(2020, 7, 31))
    assert (first["complete"].state, first["complete"].term, first["complete"].day) == (
        "open",
        "late",
        date(2020, 8, 7),
    )
    assert (first["notice"].state, first["notice"].term) == ("waiting", "none")
    assert (first["T-07"].state, first["T-07"].term) == ("open", "on_time")
    assert (second["T-06"].state, second["T-06"].term) == ("open", "late")
    assert seen.lines[2].cells == ()


def test_the_grid_as_a_spreadsheet_has_a_line_for_each_provider_with_the_head_of_its_log(
    office: Office, tmp_path: Path
) -> None:
    office.on("2020-05-20").open("tender-round", "cz-2021", "desk1", timetable="cz-2021")
    office.on("2020-05-29").decide("tender-round/cz-2021", "publish", "published", "buyer1", document="@document.pdf")

    with office.store.write() as session:
        keep = keeper(session, tmp_path / "files", now=FOUNDED)
        made = make(keep, paper("cohort-grid"), "tender-round/cz-2021", "xlsx", by="desk1")
        heads = {one.subject: f"{one.seq} {one.head.hex()[:12]}" for one in held(session, "procedure = ?", CASE[:18])}

    sheet = load_workbook(BytesIO(made.content))["Wie staat waar"]
    titles, *rows = sheet.iter_rows(values_only=True)
    assert titles[:4] == ("Onderwerp", "Dossier", "Stand", "Logboek")
    assert [(row[0], row[2], row[3]) for row in rows] == [(who, "open", heads[who]) for who in PROVIDERS]
    assert {row[titles.index("Ingeschreven")] for row in rows} == {"open 31-07-2020"}


def test_the_grid_is_read_in_a_few_statements_however_many_there_are(office: Office) -> None:
    def statements() -> int:
        asked: list[str] = []
        with office.reading() as session:
            bind = session.get_bind()
            event.listen(bind, "before_cursor_execute", note := lambda *said: asked.append(said[2]))
            grid(session, "tender-care-office", now=office.now)
            event.remove(bind, "before_cursor_execute", note)
        return len(asked)

    opens()(office.on("2020-05-29"))
    one = statements()
    for provider in PROVIDERS[1:]:
        opens(provider)(office)

    assert statements() <= one


# --- 240 providers


def test_240_providers_are_foretold_in_seconds(office: Office) -> None:
    with office.store.write() as session:
        work, people = Work(session), Directory.load(session)
        for number in range(240):
            facts = {"timetable": "cz-2021", "new_provider": "ja" if number % 20 == 0 else "nee"}
            open_case(
                work, people, "tender-care-office", f"p-{number:03}", facts, Doing("desk1", office.on("2020-05-29").now)
            )
        work.flush()

    began = process_time()
    with office.reading() as session:
        within = period("2020-05-29", "2020-12-31", now=office.now)
        foretold = effects(world_of(session, within, now=office.now, scenario="on-time", script=None), within)
    took = process_time() - began

    closed = Counter(effect["rule"] for effect in foretold if effect["kind"] == "close")
    assert closed == {"contracted": 240}
    assert took < 10
