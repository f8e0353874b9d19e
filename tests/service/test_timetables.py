"""What a timetable's file may say, and how it is refused: row, column and mend (domain/deadlines.md, section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from flows.tender_bidder import TENDER_BIDDER
from flows.tender_care_office import TENDER_CARE_OFFICE, TENDER_NOTA, TENDER_ROUND
from models.organisation import Assignment, Person
from models.session import Store
from tests.databases import Databases
from tests.service.house import DATA, NOW, new_house
from tests.service.office import Office, found
from tijdig.engine import Close, Fact, Go, Goal, Match, Procedure, Step, Timetable, done
from tijdig.engine.errors import Refused
from tijdig.service.imports import Imported, import_table
from tijdig.service.tables import read_table
from tijdig.service.weaving import facts_of, shape, timetable

HEAD = "step_id,nl_name,who,date,time,kind,date_qualifier,date_to,objection_20d,source_or_derived"
PUBLISHED = "A-1,publicatie inkoopdocument,zorgkantoor,2031-03-03,,intern,op,,ja,document"


ENDLESS = Procedure(
    "proef", code="PRF", title="Proef", revision=1, subject="lid", owner="kwaliteitsadviseur", late_to="directeur",
    opens_with=("plan",), facts=(Fact("plan", "text", "Tijdschema", required=True),),
    goals=(Goal("last", "Het laatste", role="directeur", met_by=done("finish"), row=(Match(("jaaropgave",)),)),),
    steps=(
        Step("work", "Doe", "kwaliteitsadviseur", undated="proef",
             outcomes=(Go("done", "Gedaan"), Close("stopped", "Gestopt"))),
        Step("finish", "Klaar", "kwaliteitsadviseur", due="last", outcomes=(Close("done", "Klaar"),)),
    ),
    timetable=Timetable("plan", ours=("aanbieder",)),
)  # fmt: skip
"""Its last step serves a date that not every timetable has."""


@pytest.fixture
def house(databases: Databases, tmp_path: Path) -> Iterator[Store]:
    store = new_house(databases.new(), procedures=())
    yield store
    store.close()


def take(store: Store, *rows: str, head: str = HEAD, data: bytes | None = None) -> Imported:
    text = "\n".join((head, *rows)) + "\n"
    with store.write() as session:
        return import_table(session, "timetable", data or text.encode(), by="admin1", now=NOW, name="a")


REFUSED = {
    "no such kind": ([PUBLISHED.replace("intern", "hard")], "2 kind", "wettelijk, contract, norm of intern"),
    "no such qualifier": ([PUBLISHED.replace(",op,", ",ongeveer,")], "2 date_qualifier", "Kies uit: uiterlijk"),
    "a step twice": ([PUBLISHED, PUBLISHED], "3 step_id", "rij 2"),
    "no such hour": ([PUBLISHED.replace("-03,,", "-03,24:00,")], "2 time", "17:00"),
    "no hour at all": ([PUBLISHED.replace("-03,,", "-03,vijf uur,")], "2 time", "17:00"),
    "no date where one is needed": ([PUBLISHED.replace("2031-03-03", "")], "2 date", "nog te bepalen"),
    "no such day": ([PUBLISHED.replace("2031-03-03", "2031-02-30")], "2 date", "geen datum"),
    "the serial number of a spreadsheet": ([PUBLISHED.replace("2031-03-03", "47910")], "2 date", "geen datum"),
    "a year in two digits": ([PUBLISHED.replace("2031-03-03", "03-03-31")], "2 date", "geen datum"),
    "a window that ends before it begins": ([PUBLISHED.replace("op,,", "van,2031-03-01,")], "2 date_to", "ligt voor"),
    "nothing that happens": ([PUBLISHED.replace("publicatie inkoopdocument", "")], "2 nl_name", "leeg"),
    "neither yes nor no to objection": ([PUBLISHED.replace(",ja,", ",misschien,")], "2 objection_20d", "ja, nee"),
    "a sum that is wrong": (
        [PUBLISHED, "A-1x,vervaldag,aanbieder,2031-03-24,,contract fataal,,,,afgeleid: 2031-03-03 + 20 dagen"],
        "3 date", "dat is 2031-03-23"),
    "a sum on a step that is wrong": (
        [PUBLISHED, "A-1x,vervaldag,aanbieder,2031-03-24,,contract fataal,,,,afgeleid: A-1 + 20 dagen"],
        "3 date", "dat is 2031-03-23"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "place", "said"), REFUSED.values(), ids=REFUSED)
def test_a_bad_timetable_is_refused_whole_with_its_place_and_mend(
    house: Store, rows: list[str], place: str, said: str
) -> None:
    done = take(house, *rows)

    assert [f"{problem.row} {problem.column}" for problem in done.problems] == [place]
    assert said in done.problems[0].problem
    with house.read() as session:
        assert timetable(session, "a", needed=False) == []


# --- what a timetable must have for the procedures that run on one

CZ = (DATA / "cz-2021-timetable.csv").read_text(encoding="utf-8")
CLOSES = "A-2,sluiting inschrijving,aanbieder,2031-05-30,17:00,contract fataal,uiterlijk,,nee,document"
NOTICE = "A-3,voorlopig besluit,zorgkantoor,2031-07-01,,intern,uiterlijk,,ja,document"
EARLY = CLOSES.replace("2031-05-30", "2031-02-28")


@pytest.fixture
def tenders(databases: Databases) -> Iterator[Store]:
    """A house of who bids and of who buys."""
    store = new_house(databases.new(), procedures=(TENDER_BIDDER, TENDER_ROUND, TENDER_CARE_OFFICE, TENDER_NOTA))
    yield store
    store.close()


def employ(store: Store, role: str) -> None:
    with store.write() as session:
        session.add(Person(id="buyer1", name="Buyer"))
        session.flush()
        session.add(Assignment(person_id="buyer1", role=role))


UNFIT = {
    "a closing before its publication": ([PUBLISHED, EARLY, NOTICE], "3 date", "‘publicatie inkoopdocument’"),
    "in other words": (
        [PUBLISHED.replace("publicatie inkoopdocument", "bekendmaking van de aanbestedingsstukken"),
         EARLY.replace("sluiting inschrijving", "uiterste datum indienen inschrijving"), NOTICE],
        "3 date", "(2031-02-28) ligt voor"),
    "a notice before the closing": ([PUBLISHED, CLOSES, NOTICE.replace("2031-07", "2031-04")], "4 date", "ligt voor"),
    "no closing": ([PUBLISHED, NOTICE], "1 nl_name", "‘Ingeschreven’"),
    "no notice that we know": (
        [PUBLISHED, CLOSES, NOTICE.replace("voorlopig besluit", "bijpraten").replace(",ja,", ",nee,")], "1 nl_name",
        "Woorden die wij kennen: bericht aanmerking"),
    "no publication": ([CLOSES, NOTICE], "1 nl_name", "‘Inkoopdocument gepubliceerd’"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "place", "said"), UNFIT.values(), ids=UNFIT)
def test_a_timetable_on_which_no_tender_can_run_is_refused(
    tenders: Store, rows: list[str], place: str, said: str
) -> None:
    done = take(tenders, *rows)

    assert {f"{problem.row} {problem.column}" for problem in done.problems} == {place}
    assert said in done.problems[0].problem
    with tenders.read() as session:
        assert timetable(session, "a", needed=False) == []


KNOWN = {
    "a decision": NOTICE.replace("voorlopig besluit", "beslissing over de inschrijving"),
    "what is open to objection": NOTICE.replace("voorlopig besluit", "toetsing klaar"),
}


@pytest.mark.parametrize("row", KNOWN.values(), ids=KNOWN)
def test_a_notice_in_other_words_is_known_by_what_it_is(tenders: Store, row: str) -> None:
    done = take(tenders, PUBLISHED, CLOSES, row)

    assert {fit.row for fit in done.fits if fit.goal == "noticed"} == {"A-3"}


@pytest.mark.parametrize(
    "said", ["overeenkomst aangeboden", "het zorgkantoor verstuurt de overeenkomst", "aanbod overeenkomst"]
)
def test_both_sides_know_the_offer_by_the_same_words(tenders: Store, said: str) -> None:
    row = NOTICE.replace("A-3", "A-4").replace("voorlopig besluit", said).replace("2031-07", "2031-09")

    done = take(tenders, PUBLISHED, CLOSES, NOTICE, row)

    assert {fit.procedure: fit.row for fit in done.fits if fit.goal == "offered"} == {
        "tender-bidder": "A-4", "tender-care-office": "A-4",
    }  # fmt: skip


def test_rows_of_a_later_file_are_held_beside_those_that_are_stored(tenders: Store) -> None:
    assert take(tenders, PUBLISHED, CLOSES, NOTICE).problems == ()

    early, later = take(tenders, EARLY), take(tenders, CLOSES.replace("05-30", "06-06"))

    assert [f"{problem.row} {problem.column}" for problem in early.problems] == ["2 date"]
    assert (later.problems, later.changed) == ((), 1)


def test_only_the_procedures_that_somebody_here_runs_must_fit(tenders: Store) -> None:
    without_who = [row.replace("zorgkantoor", "").replace("aanbieder", "") for row in (PUBLISHED, CLOSES, NOTICE)]
    assert take(tenders, *without_who).problems != ()  # a care office would not know its own rows

    employ(tenders, "inkoper")

    assert take(tenders, *without_who).problems == ()


def test_an_import_tells_which_row_is_which_date_of_each_procedure(tenders: Store) -> None:
    employ(tenders, "inkoper")

    done = take(tenders, PUBLISHED, CLOSES, NOTICE)

    assert {fit.goal: fit.row for fit in done.fits} == {
        "published": "A-1", "filed": "A-2", "noticed": "A-3", "questions_asked": "", "offered": "",
        "certificate_requested": "", "certified": "", "agreed": "",
    }  # fmt: skip
    assert {fit.procedure for fit in done.fits} == {"tender-bidder"}


def test_a_case_does_not_open_on_a_timetable_on_which_it_would_never_end(databases: Databases) -> None:
    office = Office(found(databases.new(), procedures=(ENDLESS,)))
    assert take(office.store, CLOSES).problems == ()

    with pytest.raises(Refused, match=r"proef.*tijdschema 'a'.*never closes"):
        office.open("proef", "lid-001", plan="a")
    office.store.close()


def test_the_rows_of_a_timetable_may_stand_in_any_order(tenders: Store) -> None:
    employ(tenders, "inkoper")
    head, *rows = CZ.strip().split("\n")
    assert take(tenders, data="\n".join([head, *reversed(rows)]).encode()).problems == ()

    assert Office(tenders).on("2020-05-20").open("tender-bidder", "cz", "buyer1", timetable="a")[0] == "open case"


def test_a_file_without_a_needed_column_names_it(house: Store) -> None:
    done = take(house, "A-1,x,2031-03-03", head="step_id,nl_name,date")

    assert [(problem.row, problem.column) for problem in done.problems] == [(1, "kind")]


ACCEPTED = {
    "BOM, semicolons and Windows lines": ("\ufeff" + f"{HEAD}\n{PUBLISHED}\n".replace(",", ";").replace("\n", "\r\n"),
                                          {"date": "2031-03-03"}),
    "a Dutch date": (f"{HEAD}\n{PUBLISHED.replace('2031-03-03', '3-3-2031')}\n", {"date": "2031-03-03"}),
    "a date with slashes": (f"{HEAD}\n{PUBLISHED.replace('2031-03-03', '03/03/2031')}\n", {"date": "2031-03-03"}),
    "a month in words": (f"{HEAD}\n{PUBLISHED.replace('2031-03-03', '3 maart 2031')}\n", {"date": "2031-03-03"}),
    "an hour as people write it": (f"{HEAD}\n{PUBLISHED.replace('-03,,', '-03,9.30 uur,')}\n", {"time": "09:30"}),
    "an hour as a spreadsheet writes it": (f"{HEAD}\n{PUBLISHED.replace('-03,,', '-03,17:00:00,')}\n",
                                           {"time": "17:00"}),
    "before that day": (f"{HEAD}\n{PUBLISHED.replace(',op,', ',vóór,')}\n", {"boundary": "voor"}),
    "until that day, which is before it": (f"{HEAD}\n{PUBLISHED.replace(',op,', ',tot,')}\n", {"boundary": "voor"}),
    "read as the file itself says": (f"{HEAD}\n{PUBLISHED.replace(',op,', ',op (lees: voor),')}\n",
                                     {"boundary": "voor"}),
    "a kind in capitals": (f"{HEAD}\n{PUBLISHED.replace('intern', 'Contract FATAAL')}\n", {"fatal": True}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_timetable_is_read_as_people_and_spreadsheets_write_it(
    house: Store, text: str, wanted: dict[str, object]
) -> None:
    assert take(house, data=text.encode()).problems == ()

    with house.read() as session:
        fact = facts_of(timetable(session, "a"))["A-1"]
    assert {name: fact[name] for name in wanted} == wanted


READINGS = {
    "uiterlijk": "by", "op / rond": "by", "": "by", "na": "from", "vanaf": "from", "met ingang van": "from",
    "voor": "by",
}  # fmt: skip


@pytest.mark.parametrize(("qualifier", "reading"), READINGS.items(), ids=[name or "nothing" for name in READINGS])
def test_a_qualifier_reads_as_a_last_or_a_first_day(house: Store, qualifier: str, reading: str) -> None:
    take(house, PUBLISHED.replace(",op,", f",{qualifier},"))

    with house.read() as session:
        assert shape(timetable(session, "a")[0]).reading == reading


FIRST_DAYS = {"na": "2031-03-04", "vanaf": "2031-03-03", "van": "2031-03-03"}


@pytest.mark.parametrize(("qualifier", "first"), FIRST_DAYS.items(), ids=FIRST_DAYS)
def test_what_comes_after_a_day_begins_on_the_next_one(house: Store, qualifier: str, first: str) -> None:
    take(house, PUBLISHED.replace(",op,,", f",{qualifier},2031-03-31,"))

    with house.read() as session:
        facts = facts_of(timetable(session, "a"))
    assert (facts["A-1"]["date"], facts["A-1_until"]["date"]) == (first, "2031-03-31")


def test_a_row_that_is_counted_keeps_to_its_row_when_that_moves(house: Store) -> None:
    term = "A-1x,vervaldag,aanbieder,2031-03-23,,contract fataal,,,,afgeleid: 2031-03-03 + 20 dagen"
    take(house, PUBLISHED, term)

    done = take(house, PUBLISHED.replace("2031-03-03", "2031-03-10"), term)

    assert (done.problems, done.changed) == ((), 1)
    with house.read() as session:
        rule = shape(timetable(session, "a")[1]).rule
    assert rule is not None
    assert (rule.after, rule.fatal) == ("A-1", True)


def test_the_invented_timetables_of_the_tests_are_no_copies_of_the_cz_one() -> None:
    known = read_table((DATA / "cz-2021-timetable.csv").read_bytes(), needed=("step_id",), also=None)
    steps = {row.cells["step_id"] for row in known.rows}

    for name in ("noord", "kust"):
        other = read_table((DATA / f"timetable-{name}.csv").read_bytes(), needed=("step_id",), also=None)
        assert other.faults == ()
        assert steps.isdisjoint(row.cells["step_id"] for row in other.rows)
        assert all(row.day("date") != date(2020, 7, 31) for row in other.rows)


@pytest.mark.parametrize(("certificate", "counted"), [(True, True), (False, False)])
def test_a_date_without_a_row_that_is_counted_from_another_one_stays(
    tenders: Store, certificate: bool, counted: bool
) -> None:
    works = NOTICE.replace("A-3", "A-5").replace("voorlopig besluit,zorgkantoor", "certificaat werkt,aanbieder")
    rows = (PUBLISHED, CLOSES, NOTICE, *([works.replace(",ja,", ",nee,")] if certificate else []))

    done = take(tenders, *rows)

    [fit] = [fit for fit in done.fits if fit.goal == "certificate_requested"]
    assert (fit.row, fit.counted) == ("", counted)
