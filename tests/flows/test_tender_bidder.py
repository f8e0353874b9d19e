"""A tender as the bidder lives through it, on the care office's own timetable: P-00 to P-13, C-37, Y-01 to Y-10, Y-34.

A row is a day, what somebody does on it, and what comes of it, as in test_orange_status.py. The dates of the CZ 2021
timetable are counted here again from its CSV; two invented timetables of other offices run on the same definition.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from flows.tender_bidder import TENDER_BIDDER
from models.case import Log
from models.organisation import Address, Assignment, Person
from models.session import Store
from tests.databases import Databases
from tests.service.office import Office, found
from tijdig.engine.calendar import Calendar
from tijdig.engine.case import Terms
from tijdig.engine.errors import FourEyes, Refused
from tijdig.engine.simulate import rehearse
from tijdig.service.amend import NOTHING, Amended, batches, preview, spread
from tijdig.service.dossier import dossier
from tijdig.service.imports import Imported, import_table
from tijdig.service.rounds import sweep_round

DATA = Path(__file__).parents[1] / "data"
CZ = (DATA / "cz-2021-timetable.csv").read_text(encoding="utf-8")
CASE = "tender-bidder/cz"
BOARD = {"board_declaration": "@bestuur.pdf", "registration_declaration": "@inschrijving.pdf"}
PAPERS = {**BOARD, "subcontractors": "@onderaannemers.pdf", "wtzi": "@wtzi.pdf"}
VOG = {"vog": "@vog.pdf", "vog_dated": "2020-03-02"}

Deed = Callable[[Office], list[str]]
Row = tuple[str, Deed, list[str]]


@pytest.fixture(scope="module")
def bidding(shared_databases: Databases) -> str:
    """An installation with two buyers, a director and the CZ timetable, made once."""
    address = shared_databases.new()
    store = found(address, procedures=(TENDER_BIDDER,))
    with store.write() as session:
        for buyer in ("buyer1", "buyer2"):
            session.add(Person(id=buyer, name=buyer.title()))
            session.flush()
            session.add(Assignment(person_id=buyer, role="inkoper"))
            session.add(Address(person_id=buyer, since=date(2020, 1, 1), email=f"{buyer}@zorg.example"))
    take(store, CZ)
    store.close()
    return address


@pytest.fixture
def office(databases: Databases, bidding: str) -> Iterator[Office]:
    store = Store.at(databases.copy(bidding))
    yield Office(store)
    store.close()


def moment(at: str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=UTC)


def take(store: Store, text: str | bytes, *, at: str = "2020-05-01", name: str = "cz-2021", **how: Any) -> Imported:
    now = moment(at)
    data = text.encode() if isinstance(text, str) else text
    with store.write() as session:
        return import_table(session, "timetable", data, by="buyer1", now=now, name=name, **how)


def amend_with(store: Store, text: str, *, at: str, dry_run: bool = False) -> Amended:
    """Take an amended timetable in and tell its cases; or only look at what that would do."""
    done = take(store, text, at=at, dry_run=dry_run)
    assert done.problems == ()
    if not done.pending:
        return NOTHING
    return preview(store, done.pending) if dry_run else spread(store, now=moment(at), closed=done.pending.closed)


def opens(tender: str = "cz", timetable: str = "cz-2021", **facts: str) -> Deed:
    return lambda office: office.open("tender-bidder", tender, "buyer1", timetable=timetable, **facts)


def decides(who: str, step: str, outcome: str, **form: str) -> Deed:
    return lambda office: office.decide(CASE, step, outcome, who, **form)


def time_passes(office: Office) -> list[str]:
    return office.sweep()


def spoken(lines: list[str]) -> list[str]:
    """What somebody is told, new tasks apart."""
    return [line for line in lines if " > " in line and not line.startswith("task")]


def asked(office: Office, case: str = CASE) -> dict[str, dict[str, Any]]:
    """All that the case asks, by step."""
    with office.reading() as session:
        shown = dossier(session, case, office.now)
    return {each["step"]: each for each in shown["obligations"]}


def dues(office: Office, case: str = CASE) -> dict[str, str | None]:
    return {step: each["due"] and each["due"][:10] for step, each in asked(office, case).items()}


# --- P-00: every date of the source, counted again from its file


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_every_row_of_the_cz_timetable_is_an_obligation_with_its_date(office: Office) -> None:
    office.on("2020-05-20").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")

    found = asked(office)

    for row in rows_of(CZ):
        shown, day = found[row["step_id"]], date.fromisoformat(row["date"]) if row["date"] else None
        shift = {"voor": -1, "na": 1}.get(row["date_qualifier"], 0)
        last = day and day + timedelta(days=shift)
        wanted = f"{last}T{row['time']}+02:00" if row["time"] else last and str(last)
        assert (shown["due"], shown["step_id"]) == (wanted, row["step_id"]), row["step_id"]
        assert shown["fatal"] == row["kind"].endswith("fataal"), row["step_id"]
        assert not last or shown["basis"] == row["kind"].split()[0], row["step_id"]
    assert len([step for step in found.values() if step["step"] == step["step_id"]]) == 33
    assert found["T-14_until"]["due"] == "2021-05-01"  # the last day of the window


DERIVED = {
    "P-05 certificate asked four weeks before": ("request_certificate", "2020-09-17"),
    "P-13 objection to the document": ("object_T-01", "2020-06-18"),
    "P-13 objection to the answers": ("object_T-04", "2020-07-16"),
    "P-13 objection to the notice, a Sunday (Y-03)": ("object_T-07", "2020-09-13"),
    "P-13 objection to the budget": ("object_T-09", "2020-10-29"),
    "P-11 before 13 November is the 12th (Y-08)": ("T-11", "2020-11-12"),
    "P-14 the plan has no date (Y-17)": ("T-12", None),
    "internal approval before the closing": ("approve", "2020-07-29"),
    "declarations before the approval": ("declare", "2020-07-24"),
    "the VOG before the approval": ("hand_in_vog", "2020-07-24"),
    "the VOG asked eight weeks before it": ("request_vog", "2020-05-29"),
    "the second vote on going": ("decide", "2020-06-26"),
    "the first vote on going": ("advise", "2020-06-19"),
}


@pytest.mark.parametrize(("step", "day"), DERIVED.values(), ids=DERIVED)
def test_what_comes_before_a_fatal_date_is_counted_back_from_it(office: Office, step: str, day: str | None) -> None:
    office.on("2020-05-20").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")

    assert dues(office)[step] == day


def test_the_slack_of_each_date_is_counted_in_office_days(office: Office) -> None:
    office.on("2020-05-28").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")

    slack = {step: asked(office)[step]["slack"] for step in ("request_vog", "declare", "T-06", "T-07x", "T-12")}

    # the hour of T-06 is that at which the office closes; the last office day of T-07x is Friday 11 September
    assert slack == {"request_vog": 1, "declare": 40, "T-06": 45, "T-07x": 75, "T-12": None}


# --- another office's timetable, of which the definition knows nothing

OTHERS = {
    "semicolons, Dutch dates, other hours, fifteen days to object": ("noord", "2027-02-01", {
        "N1b": "2027-03-16", "N2": "2027-03-19T12:00+01:00", "N4": "2027-04-30T12:00+02:00", "N6": "2027-06-09",
        "register": "2027-04-30T12:00+02:00", "object_N1": "2027-03-16", "object_N3": "2027-04-22",
        "sign": "2027-06-25T17:00+02:00"}),
    "no rows that are counted, no certificate, a window and first days of ours": ("kust", "2030-08-01", {
        "stap-2.2": "2030-10-11T16:00+02:00", "register": "2030-10-11T16:00+02:00", "stap-2.3": "2030-10-25",
        "object_stap-1.1": "2030-09-22", "objection_stap-3.1": "2030-12-08", "stap-4.1": "2031-01-31",
        "stap-3.2": None, "stap-5.1": None}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "day", "wanted"), OTHERS.values(), ids=OTHERS)
def test_the_timetable_of_another_office_runs_on_the_same_definition(
    office: Office, name: str, day: str, wanted: dict[str, str]
) -> None:
    file = (DATA / f"timetable-{name}.csv").read_bytes()
    assert take(office.store, file, name=name).problems == ()

    office.on(day).open("tender-bidder", name, "buyer1", timetable=name)

    found = asked(office, f"tender-bidder/{name}")
    ids = [line.split(b";" if b";" in line else b",")[0].decode() for line in file.split(b"\n")[1:] if line.strip()]
    assert [row for row in ids if found[row]["step_id"] != row] == []
    assert {step: found[step]["due"] for step in wanted} == wanted


def test_a_timetable_without_a_certificate_asks_for_none_and_ends(office: Office) -> None:
    take(office.store, (DATA / "timetable-kust.csv").read_bytes(), name="kust")
    office.on("2030-08-01").open("tender-bidder", "cz", "buyer1", timetable="kust")

    steps = asked(office)

    assert "request_certificate" not in steps
    assert "sign" not in steps


# --- nobody acts: what is no longer feasible is said on the day on which it becomes so

NOBODY = [
    ("2020-05-22", "remind request_vog one_week > E inkoper"),
    ("2020-06-01", "remind T-03 two_weeks > E inkoper"),  # Whit Monday: on Friday 29 May
    ("2020-05-30", "escalate request_vog infeasible > D directeur"),  # Saturday, then Whit Monday: on 2 June
    ("2020-06-12", "remind T-03 three_days > E inkoper, E directeur"),
    ("2020-06-15", "remind T-03x three_days > E inkoper, E directeur"),  # before the answers come (Y-04)
    ("2020-06-16", "escalate T-03 missed > D directeur"),
    ("2020-06-19", "escalate T-03x missed > D directeur"),
    ("2020-06-20", "escalate advise overdue > D directeur"),
    ("2020-07-13", "remind T-05x three_days > E inkoper, E directeur"),
    ("2020-07-17", "escalate T-05x missed > D directeur"),
    ("2020-07-17", "remind T-06 two_weeks > E inkoper"),
    ("2020-07-25", "escalate hand_in_vog infeasible > D directeur"),
    ("2020-07-25", "escalate declare infeasible > D inkoper"),
    ("2020-07-28", "remind T-06 three_days > E inkoper, E directeur"),
    ("2020-07-31", "escalate T-06 missed > D directeur"),  # after 17:00 that day
]


def test_when_nobody_acts_each_is_told_in_time_and_what_can_no_longer_be_done_on_its_day(office: Office) -> None:
    office.on("2020-05-20").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")

    heard: list[str] = []
    for day in (date(2020, 5, 21) + timedelta(days=i) for i in range(78)):
        heard += spoken(office.on(day, "18:00").sweep())

    assert sorted(heard) == sorted(line for _, line in NOBODY)
    assert office.state(CASE) == "too_late"


def test_a_case_that_opens_too_late_for_its_papers_hears_so_at_once(office: Office) -> None:
    lines = office.on("2020-07-20").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")

    assert "escalate request_vog infeasible (summary) > D directeur" in lines


# --- go or no go: two persons

GO: list[Row] = [
    ("2020-05-20", opens(vog_from="2020-01-01"), []),
    ("2020-06-03", decides("buyer1", "advise", "go"), ["task decide > C directeur"]),
]


def test_whether_to_bid_is_decided_by_two_persons(office: Office) -> None:
    office.on("2020-05-20").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")
    with office.store.write() as session:
        session.add(Assignment(person_id="buyer1", role="directeur"))

    office.on("2020-06-03").decide(CASE, "advise", "go", "buyer1")

    with pytest.raises(FourEyes, match="buyer1 acted in step 'advise'"):
        office.decide(CASE, "decide", "go", "buyer1")
    office.decide(CASE, "decide", "differs", "director1")
    office.decide(CASE, "advise", "no_go", "buyer2")
    assert "close case no_bid" in office.on("2020-06-04").decide(CASE, "decide", "no_bid", "director1")


# --- from registration to contract


def test_a_tender_that_is_won_ends_when_all_that_is_ours_is_done(office: Office) -> None:
    for day, who, step, outcome, form in [
        ("2020-06-02", "buyer1", "request_vog", "at_hand", {}),
        ("2020-06-03", "buyer1", "advise", "go", {}),
        ("2020-06-04", "director1", "decide", "go", {}),
        ("2020-06-11", "buyer2", "ask", "none", {}),
        ("2020-06-17", "buyer1", "object_T-01", "waived", {}),
        ("2020-07-06", "buyer1", "object_T-04", "waived", {}),
        ("2020-07-13", "director1", "declare", "signed", BOARD),
        ("2020-07-14", "buyer1", "hand_in_vog", "handed_in", VOG),
        ("2020-07-15", "director1", "approve", "approved", {}),
        ("2020-07-20", "buyer1", "register", "filed", {**PAPERS, **VOG, "filed_at": "2020-07-20T11:30"}),
        ("2020-08-24", "buyer1", "notice", "more_info", {"answer_by": "2020-08-28", "noticed_on": "2020-08-24"}),
        ("2020-08-27", "buyer1", "answer", "answered", {}),
        ("2020-08-31", "buyer1", "verdict", "eligible", {}),
        ("2020-09-01", "buyer1", "object_T-07", "waived", {}),
        ("2020-09-02", "buyer1", "request_certificate", "requested", {}),
        ("2020-10-01", "buyer1", "certificate_works", "works", {}),
        ("2020-10-12", "director1", "sign", "signed", {}),
        ("2020-10-13", "buyer1", "archive", "contracted", {"contract": "@overeenkomst.pdf"}),
        ("2020-10-14", "buyer1", "object_T-09", "waived", {}),  # after signing: the term still runs (Y-06)
        ("2020-11-05", "buyer1", "T-11", "done", {}),
        ("2020-11-06", "buyer1", "T-12", "not_needed", {}),
        ("2020-11-20", "buyer1", "T-13", "done", {}),
        ("2021-03-30", "buyer1", "T-16a", "done", {}),
        ("2021-03-31", "buyer1", "finish", "contracted", {}),
    ]:
        if day == "2020-06-02":
            office.on(day).open("tender-bidder", "cz", "buyer1", timetable="cz-2021", vog_from="2020-01-01")
        office.on(day).decide(CASE, step, outcome, who, **form)

    assert office.state(CASE) == "contracted"


SECONDS = {
    "P-03 17:00:00 is in time, and a person looks at it": ("2020-07-31T17:00:00", True, True),
    "P-03 16:59:59 is in time": ("2020-07-31T16:59:59", True, False),
    "P-03 17:00:01 is too late": ("2020-07-31T17:00:01", False, False),
}


@pytest.mark.parametrize(("filed_at", "in_time", "flagged"), SECONDS.values(), ids=SECONDS)
def test_the_registration_closes_to_the_second(office: Office, filed_at: str, in_time: bool, flagged: bool) -> None:
    office.on("2020-06-02").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")
    office.on("2020-07-31", "17:30")

    if not in_time:
        with pytest.raises(Refused, match=r"31-07-2020 17:00:01.*too late"):
            office.decide(CASE, "register", "filed", "buyer1", **PAPERS, **VOG, filed_at=filed_at)
        return
    lines = office.decide(CASE, "register", "filed", "buyer1", **PAPERS, **VOG, filed_at=filed_at)

    assert ("task confirm_limit > A directeur" in lines) == flagged
    assert asked(office)["T-06"]["state"] == "met"


AGES = {
    "too old at the closing": ("2019-12-30", "", "too old on vr 31 jul 2020"),
    "just good enough at the closing": ("2019-12-31", "", ""),
    "older than the document allows": ("2019-12-31", "2020-01-01", "not possible now"),
    "of tomorrow": ("2020-07-15", "", "future"),
}


@pytest.mark.parametrize(("dated", "oldest", "refusal"), AGES.values(), ids=AGES)
def test_the_vog_is_checked_when_it_is_handed_in_and_against_the_closing(
    office: Office, dated: str, oldest: str, refusal: str
) -> None:
    office.on("2020-06-02").open("tender-bidder", "cz", "buyer1", timetable="cz-2021", vog_from=oldest)
    office.on("2020-07-14")

    if refusal:
        with pytest.raises(Refused, match=refusal):
            office.decide(CASE, "hand_in_vog", "handed_in", "buyer1", vog="@vog.pdf", vog_dated=dated)
    else:
        office.decide(CASE, "hand_in_vog", "handed_in", "buyer1", vog="@vog.pdf", vog_dated=dated)


def test_a_vog_that_grew_too_old_because_the_closing_moved_is_not_filed(office: Office) -> None:
    opens()(office.on("2020-06-02"))
    office.on("2020-07-14").decide(CASE, "hand_in_vog", "handed_in", "buyer1", vog="@vog.pdf", vog_dated="2019-12-31")
    amend_with(office.store, amended(T06="2020-08-07"), at="2020-07-15")

    with pytest.raises(Refused, match="too old on vr 7 aug 2020, when it is needed"):
        office.on("2020-07-20").decide(CASE, "register", "filed", "buyer1", **PAPERS, filed_at="2020-07-20T08:30")


# --- who loses keeps the right to object

REGISTERED = ("2020-07-20", "buyer1", "register", "filed", {**PAPERS, **VOG})
UNTIL_THE_NOTICE = [REGISTERED, *(("2020-07-20", "buyer1", f"object_{row}", "waived", {}) for row in ("T-01", "T-04"))]
NOTICED = {"noticed_on": "2020-08-24"}


def forward(office: Office, *deeds: tuple[str, str, str, str, dict[str, str]]) -> Office:
    """A tender in which was registered in time, and what was done in it until now."""
    opens(filed_at="2020-07-20T08:30")(office.on("2020-07-20"))
    for day, who, step, outcome, form in (*UNTIL_THE_NOTICE, *deeds):
        office.on(day).decide(CASE, step, outcome, who, **form)
    return office


REFUSED = ("2020-08-24", "buyer1", "notice", "not_eligible", NOTICED)
WON = [("2020-08-24", "buyer1", "notice", "eligible", NOTICED), ("2020-08-24", "buyer1", "object_T-07", "waived", {})]
LATER = ("2020-10-12", "buyer1", "object_T-09", "waived", {})
LOSSES = {
    "P-06 the notice": ([REFUSED], "T-07", "not_eligible"),
    "P-06 the notice after more was asked": ([
        ("2020-08-24", "buyer1", "notice", "more_info", {**NOTICED, "answer_by": "2020-08-28"}),
        ("2020-08-25", "buyer1", "answer", "answered", {}),
        ("2020-08-31", "buyer1", "verdict", "not_eligible", {}),
    ], "T-07", "not_eligible"),
    "P-05 a certificate that does not work": (
        [*WON, ("2020-10-15", "buyer1", "certificate_works", "no_agreement", {})], "T-09", "no_agreement"),
    "P-10 a signature that was not set": ([*WON, ("2020-10-12", "director1", "sign", "declined", {})], "T-09",
                                          "declined"),
    "P-10 an agreement that does not come": ([
        *WON, ("2020-10-12", "buyer1", "certificate_works", "works", {}),
        ("2020-10-12", "director1", "sign", "signed", {}), ("2020-10-12", "buyer1", "archive", "no_agreement", {}),
    ], "T-09", "no_agreement"),
}  # fmt: skip


@pytest.mark.parametrize(("deeds", "row", "result"), LOSSES.values(), ids=LOSSES)
def test_who_gets_no_agreement_may_still_object_and_then_closes_the_case(
    office: Office, deeds: list[Any], row: str, result: str
) -> None:
    forward(office, *deeds)
    day = {"T-07": "2020-09-13", "T-09": "2020-10-29"}[row]

    assert dues(office)[f"object_{row}"] == day  # P-13: the term runs on
    with pytest.raises(Refused, match="'finish' is not open"):
        office.decide(CASE, "finish", result, "buyer1")
    form = {f"objected_on_{row}": str(office.day), f"objection_letter_{row}": "@bezwaar.pdf"}
    office.decide(CASE, f"object_{row}", "objected", "buyer1", **form)
    office.decide(CASE, f"summon_{row}", "waived", "director1")
    office.on(day).decide(CASE, f"answer_{row}", "rejected", "buyer1")
    assert office.decide(CASE, "finish", result, "buyer1")[-1] == f"close case {result}"


def test_an_objection_that_is_upheld_brings_a_new_notice(office: Office) -> None:
    forward(office, REFUSED)
    office.decide(CASE, "object_T-07", "objected", "buyer1",
                  **{"objected_on_T-07": "2020-08-24", "objection_letter_T-07": "@bezwaar.pdf"})  # fmt: skip
    office.decide(CASE, "summon_T-07", "waived", "director1")
    office.on("2020-09-01").decide(CASE, "answer_T-07", "upheld", "buyer1")

    again = office.decide(CASE, "finish", "again", "buyer1")

    assert "task notice#2 > A inkoper" in again
    office.decide(CASE, "notice", "eligible", "buyer1", noticed_on="2020-09-01")
    assert office.state(CASE) == "open"
    assert "finish inkoper" not in office.tasks(CASE)


def test_a_certificate_that_does_not_work_in_time_closes_nothing_by_itself(office: Office) -> None:
    forward(office, *WON)

    lines = office.on("2020-10-20").sweep()

    assert "escalate T-09b missed > D directeur" in lines
    assert office.state(CASE) == "open"
    assert {"certificate_works inkoper", "object_T-09 inkoper"} <= {*office.tasks(CASE)}


# --- a publication that comes on another day than the timetable said


def test_the_term_counts_from_the_day_of_the_notice_and_not_from_its_row(office: Office) -> None:
    opened = forward(office, ("2020-08-18", "buyer1", "notice", "not_eligible", {"noticed_on": "2020-08-18"}))

    shown = asked(opened)
    assert (shown["T-07x"]["due"], shown["T-07"]["due"]) == ("2020-09-07", "2020-08-24")
    assert "object_T-07 inkoper" in opened.tasks(CASE)
    assert any("Dag van het bericht" in reason for reason in shown["T-07x"]["why"])


@pytest.mark.parametrize(
    ("row", "term", "day", "last"),
    [("T-01", "T-03x", "2020-05-27", "2020-06-16"), ("T-04", "T-05x", "2020-06-24", "2020-07-14")],
)
def test_a_publication_that_came_early_has_its_term_from_that_day(
    office: Office, row: str, term: str, day: str, last: str
) -> None:
    opens()(office.on("2020-05-20"))
    before = dues(office)

    office.on(day).record(CASE, "buyer1", **{f"published_{row}": day})

    after = dues(office)
    assert after[term] == last
    assert {step for step in after if after[step] != before[step]} == {term, f"object_{row}", f"summon_{row}"}
    assert asked(office)[row]["state"] == "met"
    assert f"object_{row} inkoper" in office.tasks(CASE)


JOINT = "T-98,gezamenlijke werkafspraken vastgesteld,zorgkantoor en zorgaanbieder,2020-09-30,,intern,,op,,,ja,ZI\n"


def test_what_both_bring_out_is_open_to_objection_and_what_we_ask_ourselves_is_not(office: Office) -> None:
    assert take(office.store, CZ + JOINT).problems == ()
    opens()(office.on("2020-05-20"))

    shown = dues(office)

    assert (shown["object_T-98"], shown["T-98"]) == ("2020-10-20", "2020-09-30")
    assert "object_T-03" not in shown  # Y-05


# --- P-13: objection and summary proceedings

OBJECTED = {"objected_on_T-01": "2020-06-15", "objection_letter_T-01": "@bezwaar.pdf"}


def test_going_to_court_needs_an_objection_that_was_made_before(office: Office) -> None:
    office.on("2020-06-02").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")
    with pytest.raises(Refused, match="'summon_T-01' is not open"):
        office.decide(CASE, "summon_T-01", "summoned", "director1", **{"summoned_on_T-01": "2020-06-12"})

    office.on("2020-06-15").decide(CASE, "object_T-01", "objected", "buyer1", **OBJECTED)

    with pytest.raises(Refused, match="not possible now"):  # Y-34: not before it
        office.decide(CASE, "summon_T-01", "summoned", "director1", **{"summoned_on_T-01": "2020-06-12"})
    office.decide(CASE, "summon_T-01", "summoned", "director1", **{"summoned_on_T-01": "2020-06-15"})
    assert asked(office)["T-03x"]["state"] == "met"
    assert "answer_T-01 inkoper" in office.tasks(CASE)


ENDS = {"on the last day": ("2020-06-18", True), "a day after it": ("2020-06-19", False)}


@pytest.mark.parametrize(("day", "in_time"), ENDS.values(), ids=ENDS)
def test_the_right_to_object_lapses_strictly(office: Office, day: str, in_time: bool) -> None:
    office.on("2020-06-02").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")
    given = {**OBJECTED, "objected_on_T-01": day}
    office.on("2020-06-22")

    if in_time:  # done in time, recorded late
        office.decide(CASE, "object_T-01", "objected", "buyer1", **given)
    else:
        with pytest.raises(Refused, match="too late"):
            office.decide(CASE, "object_T-01", "objected", "buyer1", **given)


def test_a_term_that_ends_on_a_sunday_is_not_extended_and_somebody_looks_at_it(office: Office) -> None:
    office.on("2020-08-24").open("tender-bidder", "cz", "buyer1", timetable="cz-2021", filed_at="2020-07-20T11:30")

    heard = [line for day in ("2020-09-03", "2020-09-04") for line in spoken(office.on(day).sweep()) if "T-07x" in line]

    shown = asked(office)["T-07x"]
    assert heard == ["remind T-07x free_day > E inkoper, E directeur"]  # seven days before, on the office day before
    assert (shown["due"], shown["safe"]) == ("2020-09-13", "2020-09-11")


def test_a_running_objection_to_the_document_keeps_the_file_open_whatever_becomes_of_the_bid(office: Office) -> None:
    office.on("2020-05-20").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")
    office.on("2020-06-03").decide(CASE, "advise", "no_go", "buyer1")
    office.on("2020-06-17").decide(CASE, "object_T-01", "objected", "buyer1", **{
        "objected_on_T-01": "2020-06-17", "objection_letter_T-01": "@bezwaar.pdf"})  # fmt: skip

    with pytest.raises(Refused, match="'no_bid' is not possible now"):
        office.decide(CASE, "decide", "no_bid", "director1")
    office.on("2020-06-18").decide(CASE, "summon_T-01", "waived", "director1")
    office.on("2020-08-20").sweep()
    standing = office.state(CASE)  # the closing was three weeks ago
    office.decide(CASE, "answer_T-01", "rejected", "buyer1")
    office.on("2020-08-21").sweep()

    assert (standing, office.state(CASE)) == ("open", "too_late")


# --- an amended timetable


def amended(**cells: str) -> str:
    """The CZ timetable with other dates, by step."""
    rows = rows_of(CZ)
    for row in rows:
        row["date"] = cells.get(row["step_id"].replace("-", ""), row["date"])
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def moved(done: Amended) -> dict[str, tuple[str, str]]:
    return {m.step: (str(m.before), str(m.after)) for _, found in done.cases for m in found if m.kind == "due"}


def test_a_publication_a_week_later_moves_its_own_term_and_nothing_else(office: Office) -> None:
    office.on("2020-05-20").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")
    before = dues(office)

    done = amend_with(office.store, amended(T01="2020-06-05"), at="2020-05-21")

    assert moved(done) == {"T-01": ("2020-05-29", "2020-06-05"), "T-03x": ("2020-06-18", "2020-06-25")}
    after = dues(office)
    assert {step for step in after if after[step] != before[step]} == {"T-01", "T-03x", "object_T-01", "summon_T-01"}


def test_an_amended_timetable_is_previewed_and_then_told_to_all_who_were_told_the_old_date(office: Office) -> None:
    for tender in ("cz", "cz-zuid"):
        office.on("2020-05-20").open("tender-bidder", tender, "buyer1", timetable="cz-2021")
    later = amended(T06="2020-08-07", T03="2020-06-22")
    office.on("2020-06-12").sweep()  # both heard three days before the old date

    preview = amend_with(office.store, later, at="2020-06-12T18:00", dry_run=True)
    assert dues(office)["register"] == "2020-07-31"
    done = amend_with(office.store, later, at="2020-06-12T18:00")

    assert moved(preview) == moved(done)
    assert moved(done) == {
        "T-03": ("2020-06-15", "2020-06-22"), "T-06": ("2020-07-31", "2020-08-07"), "ask": ("2020-06-15", "2020-06-22"),
        "advise": ("2020-06-19", "2020-06-26"), "request_vog": ("2020-05-29", "2020-06-05"),
        "hand_in_vog": ("2020-07-24", "2020-07-31"), "declare": ("2020-07-24", "2020-07-31"),
        "register": ("2020-07-31", "2020-08-07"),
    }  # fmt: skip
    assert [code for code, _ in done.cases] == office.codes("tender-bidder")
    assert [said["to"] for said in office.said("F", "T-03")] == ["directeur", "directeur"]
    assert [said["to"] for said in office.said("F", "register")] == ["inkoper", "inkoper"]
    assert {said["after"] for said in office.said("F", "register")} == {"2020-08-07"}
    assert {said["reason"] for said in office.said("F", "register")} == {"Het tijdschema cz-2021 is gewijzigd."}


def test_an_amendment_that_was_broken_off_goes_on_where_it_was_and_tells_everybody_once(office: Office) -> None:
    tenders = ("cz", "cz-noord", "cz-oost", "cz-west", "cz-zuid")
    for tender in tenders:
        office.on("2020-05-20").open("tender-bidder", tender, "buyer1", timetable="cz-2021")
    later = amended(T06="2020-08-07", T03="2020-06-22")
    office.on("2020-06-12").sweep()  # all heard three days before the old date
    take(office.store, later, at="2020-06-12T18:00")

    first = next(batches(office.store, now=moment("2020-06-12T18:00"), size=2))  # and here its process is killed
    office.on("2020-06-15").open("tender-bidder", "cz-new", "buyer1", timetable="cz-2021")
    then = [dues(office, f"tender-bidder/{tender}")["T-06"] for tender in (*tenders, "cz-new")]
    sweep_round(office.store, now=office.now, wall=office.now)

    assert [code for code, _ in first.cases] == office.codes("tender-bidder")[:2]
    assert then == ["2020-08-07"] * 2 + ["2020-07-31"] * 3 + ["2020-08-07"]
    assert {dues(office, f"tender-bidder/{tender}")["T-06"] for tender in tenders} == {"2020-08-07"}
    assert [said["after"] for said in office.said("F", "T-03")] == ["2020-06-22"] * 5
    assert [said["after"] for said in office.said("F", "register")] == ["2020-08-07"] * 5
    with office.reading() as session:
        told = [kind for kind in session.exec(select(Log.kind)) if kind == "announce"]
    assert len(told) == 5  # the one that was opened on the new dates hears nothing


def test_a_second_amendment_waits_for_the_first(office: Office) -> None:
    for tender in ("cz", "cz-noord", "cz-oost"):
        office.on("2020-05-20").open("tender-bidder", tender, "buyer1", timetable="cz-2021")
    take(office.store, amended(T06="2020-08-07"), at="2020-05-21")
    next(batches(office.store, now=moment("2020-05-21"), size=2))
    extra = "T-99,verklaring over vervoer,zorgaanbieder,2020-07-10,12:00,contract,,uiterlijk,,e-mail,nee,NvI 2\n"

    amend_with(office.store, amended(T06="2020-08-07") + extra, at="2020-05-22")

    assert {dues(office, f"tender-bidder/{tender}")["T-06"] for tender in ("cz", "cz-noord", "cz-oost")} == {
        "2020-08-07"
    }
    assert {dues(office, f"tender-bidder/{tender}")["T-99"] for tender in ("cz", "cz-noord", "cz-oost")} == {
        "2020-07-10"
    }
    with office.reading() as session:
        kinds = [kind for kind in session.exec(select(Log.kind)) if kind in ("announce", "move")]
    assert sorted(kinds) == ["announce"] * 3 + ["move"] * 3


def test_an_amendment_is_one_announcement_in_each_case(office: Office) -> None:
    office.on("2020-05-20").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")

    amend_with(office.store, amended(T06="2020-08-07", T10="2020-10-30"), at="2020-05-21")
    again = amend_with(office.store, amended(T06="2020-08-07", T10="2020-10-30"), at="2020-05-22")

    with office.reading() as session:
        kinds = [kind for kind in session.exec(select(Log.kind)) if kind in ("announce", "move")]
    assert kinds == ["announce"]
    assert again == NOTHING


def test_a_row_that_is_new_comes_to_running_cases(office: Office) -> None:
    office.on("2020-05-20").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")

    extra = "T-99,verklaring over vervoer,zorgaanbieder,2020-07-10,12:00,contract,,uiterlijk,,e-mail,nee,NvI 2\n"
    amend_with(office.store, CZ + extra, at="2020-06-02")

    assert asked(office)["T-99"]["due"] == "2020-07-10T12:00+02:00"
    assert asked(office)["register"]["due"] == "2020-07-31T17:00+02:00"


def test_a_case_that_closed_on_the_old_dates_is_named_for_a_person(office: Office) -> None:
    office.on("2020-05-20").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")
    office.on("2020-06-03").decide(CASE, "advise", "no_go", "buyer1")
    office.on("2020-06-03").decide(CASE, "decide", "no_bid", "director1")

    done = amend_with(office.store, amended(T06="2020-08-07"), at="2020-06-12")

    assert (done.cases, list(done.closed)) == ((), office.codes("tender-bidder"))


def test_a_date_of_one_case_is_corrected_with_the_day_alone(office: Office) -> None:
    office.on("2020-06-02").open("tender-bidder", "cz", "buyer1", timetable="cz-2021")

    office.correct(CASE, "buyer1", **{"T-06": "2020-08-03"})

    shown = asked(office)["T-06"]
    assert (shown["due"], shown["fatal"]) == ("2020-08-03T17:00+02:00", True)


def test_a_timetable_that_nobody_imported_is_named(office: Office) -> None:
    with pytest.raises(Refused, match=r"cz-2022.*tijdig import timetable"):
        office.on("2020-06-02").open("tender-bidder", "cz", "buyer1", timetable="cz-2022")


# --- the definition itself


def test_no_row_of_any_timetable_is_named_in_the_definition() -> None:
    from tijdig.engine.snapshot import to_json

    said = json.dumps(to_json(TENDER_BIDDER))

    assert not any(f'"{row["step_id"]}' in said for row in rows_of(CZ))


def test_it_runs_with_a_timetable_that_is_made_up() -> None:
    assert list(rehearse(Terms(TENDER_BIDDER, {}, Calendar()), [date(2026, 1, 5)], outcomes=False)) == []
