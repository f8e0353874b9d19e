"""Files go in as a whole or not at all, with every problem at once, and come out as they went in (cli.md)."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from sqlmodel import col, select

from models.case import Log, Payload
from models.operation import Event
from models.organisation import Address, Assignment, Person, Subject
from models.pins import SettingsVersion
from models.session import Store
from tests.databases import Databases
from tests.service.house import DATA, FILES, MEMBERS, NOW, PEOPLE, furnish, new_house, take
from tijdig.engine.errors import Refused
from tijdig.service.cases import Doing, open_case
from tijdig.service.cohorts import cohort
from tijdig.service.exports import COLUMNS, export_table
from tijdig.service.held import find
from tijdig.service.people import Directory
from tijdig.service.weaving import facts_of, timetable
from tijdig.service.work import Work

TODAY = date(2026, 1, 5)
LATER = datetime(2026, 2, 3, 8, tzinfo=UTC)
COHORT = """\
subject,from,until
lid-001,,
lid-002,2026-01-01,2026-06-30
lid-002,2027-01-01,
"""
TIMETABLE = (DATA / "cz-2021-timetable.csv").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def houses(shared_databases: Databases) -> tuple[str, str]:
    """The addresses of an empty house and a furnished one, made once."""
    empty = shared_databases.new()
    new_house(empty).close()
    furnished = shared_databases.copy(empty)
    store = Store.at(furnished)
    furnish(store)
    store.close()
    return empty, furnished


@pytest.fixture
def house(databases: Databases, houses: tuple[str, str]) -> Iterator[Store]:
    """A trial installation with procedures, and nobody in it."""
    store = Store.at(databases.copy(houses[0]))
    yield store
    store.close()


@pytest.fixture
def furnished(databases: Databases, houses: tuple[str, str]) -> Iterator[Store]:
    """With the people, members, assignments, absences and settings of tests/service/house.py."""
    store = Store.at(databases.copy(houses[1]))
    yield store
    store.close()


def given(store: Store, kind: str, *, today: date = TODAY, name: str = "") -> str:
    with store.read() as session:
        return export_table(session, kind, today=today, name=name)


def counts(store: Store, kind: str, text: str, **how: object) -> tuple[int, int]:
    done = take(store, kind, text, **how)  # type: ignore[arg-type]
    assert done.problems == ()
    return done.added, done.changed


# --- what is wrong is told at once, with row and column

M, MAIL = "reference,name,email", "a@leden.example"
P = "id,name,email"
A, AB, S = "person,role,scope,from,until", "person,from,until,deputy", "setting,value"
T = "step_id,nl_name,date,kind"
WRONG = {
    "an empty file": ("members", "", "1 ", "leeg"),
    "a column is missing": ("members", f"reference;email\nlid-009;{MAIL}", "1 name", "ontbreekt"),
    "an unknown column": ("members", f"{M},BSN\nlid-009,X,{MAIL},1", "1 bsn", "hoort hier niet"),
    "a column without a name": ("members", f"reference,name,,email\nlid-009,X,,{MAIL}", "1 ", "geen naam"),
    "a column twice": ("members", f"{M},name\nlid-009,X,{MAIL},X", "1 name", "2 keer"),
    "a stray comma": ("members", f"{M}\nlid-009,X,{MAIL},een", "2 ", "aanhalingstekens"),
    "an open quote": ("members", f'{M}\nlid-008,X,{MAIL}\nlid-009,"X,{MAIL}\n', "3 ", "aanhalingsteken"),
    "no mail address": ("members", f"{M}\nlid-009,X,boer(at)leden.example", "2 email", "naam@zorgboerderij.example"),
    "a mail address of 2 lines": ("members", f'{M}\nlid-009,X,"{MAIL}\r\nBcc: {MAIL}"', "2 email", "geen e-mailadres"),
    "a mail address and a line end": ("members", f'{M}\nlid-009,X,"{MAIL}\n"', "2 email", "geen e-mailadres"),
    "two mail addresses": ("members", f'{M}\nlid-009,X,"{MAIL};{MAIL}"', "2 email", "één adres"),
    "a name of two lines": ("members", f'{M}\nlid-009,"X\nY",{MAIL}', "2 name", "één regel"),
    "no name": ("members", f"{M}\nlid-009,,{MAIL}", "2 name", "leeg"),
    "a blank in a number": ("members", f"{M}\nlid 9,X,{MAIL}", "2 reference", "zoals lid-014"),
    "a number twice in the file": ("members", f"{M}\nlid-009,X,{MAIL}\n\nlid-009,Y,{MAIL}", "4 reference", "rij 2"),
    "a colleague as member": ("members", f"{M}\nadviser1,X,{MAIL}", "2 reference", "medewerker"),
    "an unknown adviser": ("members", f"{M},adviser\nlid-009,X,{MAIL},adviser9", "2 adviser", "adviser9"),
    "a member as adviser": ("members", f"{M},adviser\nlid-009,X,{MAIL},lid-001", "2 adviser", "lid-001"),
    "left before it came": ("members", f"{M},since,until\nlid-009,X,{MAIL},1-3-2026,28-2-2026", "2 until", "ligt voor"),
    "left before it came, as known": ("members", f"{M},until\nlid-001,X,{MAIL},2018-12-31", "2 until", "ligt voor"),
    "no such day": ("members", f"{M},since\nlid-009,X,{MAIL},31-02-2026", "2 since", "15-10-2021"),
    "a year of long ago": ("members", f"{M},since\nlid-009,X,{MAIL},0202-01-01", "2 since", "jaar 202 "),
    "a BSN in a name": ("members", f"{M}\nlid-009,X 123456782,{MAIL}", "2 name", "BSN"),
    "a BSN as telephone number": ("members", f"{M},phone\nlid-009,X,{MAIL},123456782", "2 phone", "telefoon"),
    "a member as colleague": ("people", f"{P}\nlid-001,X,{MAIL}", "2 id", "'members'"),
    "mail without an address": ("people", f"{P},channel\nnew1,X,,mail", "2 email", "kies post"),
    "an unknown channel": ("people", f"{P},channel\nnew1,X,,fax", "2 channel", "mail of post"),
    "the account of another": ("people", f"{P},account\nnew1,X,{MAIL},alfa", "2 account", "adviser1"),
    "an unknown holder": ("assignments", f"{A}\nadviser9,directeur,all,,", "2 person", "adviser9"),
    "an unknown role": ("assignments", f"{A}\nadviser1,baas,all,,", "2 role", "kwaliteitsadviseur"),
    "a setting as role": ("assignments", f"{A}\nadviser1,red_decider,all,,", "2 role", "De rollen zijn: beheerder, b"),
    "an unknown region": ("assignments", f"{A}\nadviser1,directeur,region:zeeland,,", "2 scope", "regio 'zeeland'"),
    "an unknown member": ("assignments", f"{A}\nadviser1,directeur,subject:lid-099,,", "2 scope", "lid 'lid-099'"),
    "an unknown case": ("assignments", f"{A}\nadviser1,directeur,case:ORA-1,,", "2 scope", "dossier 'ORA-1'"),
    "no such scope": ("assignments", f"{A}\nadviser1,directeur,alles,,", "2 scope", "region:X"),
    "a role backwards": ("assignments", f"{A}\nadviser1,directeur,all,1-4-2026,1-3-2026", "2 until", "ligt voor"),
    "a role twice on a day": (
        "assignments", f"{A}\nadviser1,directeur,all,,1-3-2026\nadviser1,directeur,all,1-3-2026,", "3 from", "rij 2"
    ),
    "an absence without end": ("absences", f"{AB}\nadviser1,2026-05-01,,", "2 until", "leeg"),
    "an absence backwards": ("absences", f"{AB}\nadviser1,2026-05-02,2026-05-01,", "2 until", "ligt voor"),
    "an own deputy": ("absences", f"{AB}\nadviser1,2026-05-01,2026-05-02,adviser1", "2 deputy", "zichzelf"),
    "an unknown deputy": ("absences", f"{AB}\nadviser1,2026-05-01,2026-05-02,adviser9", "2 deputy", "adviser9"),
    "absences that overlap in the file": (
        "absences", f"{AB}\nadviser1,1-5-2026,4-5-2026,\nadviser1,4-5-2026,5-5-2026,", "3 from", "rij 2"
    ),
    "absences that overlap with one that is known": (
        "absences", f"{AB}\nadviser1,13-2-2026,20-2-2026,", "2 from", "2026-02-02 tot en met 2026-02-13"
    ),
    "an unknown setting": ("settings", f"{S}\nno_such,1", "2 setting", "no_such"),
    "a value that does not fit": ("settings", f"{S}\norange_term,soon", "2 value", "soon"),
    "no such hour": ("timetable", f"{T},time\nT-1,x,2026-01-01,contract,25:00", "2 time", "17:00"),
    "no such basis": ("timetable", f"{T}\nT-1,x,2026-01-01,hard", "2 kind", "wettelijk, contract, norm of intern"),
    "a group without a column": ("cohort", "from,until\n,2026-12-31", "1 subject", "ontbreekt"),
    "a member of a group that is not known": ("cohort", "subject\nlid-001\nlid-099", "3 subject", "leden"),
    "a colleague in a group": ("cohort", "subject\nadviser1", "2 subject", "lid 'adviser1'"),
    "nobody in a group": ("cohort", "subject,from\n,2026-01-01", "2 subject", "leeg"),
    "a member of a group twice": ("cohort", "subject\nlid-001\nlid-001", "3 from", "rij 2"),
    "a member of a group twice on a day": (
        "cohort", "subject,from,until\nlid-001,,1-3-2026\nlid-001,1-3-2026,", "3 from", "rij 2"
    ),
    "a member backwards": ("cohort", "subject,from,until\nlid-001,1-4-2026,1-3-2026", "2 until", "ligt voor"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "place", "said"), WRONG.values(), ids=WRONG)
def test_a_file_with_a_problem_is_refused_with_its_place_and_mend(
    furnished: Store, kind: str, text: str, place: str, said: str
) -> None:
    before = everything(furnished)

    done = take(furnished, kind, text, name="cz")

    assert [f"{problem.row} {problem.column}" for problem in done.problems] == [place]
    assert said in done.problems[0].problem
    assert everything(furnished) == before


@pytest.mark.parametrize("data", [f"{M}\nlid-009,Café,{MAIL}".encode("cp1252"), f"{M}\n".encode("utf-16")])
def test_a_file_that_is_not_utf_8_says_how_to_save_it(furnished: Store, data: bytes) -> None:
    done = take(furnished, "members", data)

    assert "CSV UTF-8" in done.problems[0].problem


def everything(store: Store) -> dict[str, str]:
    return {kind: given(store, kind) for kind in COLUMNS}


def test_all_problems_come_at_once_also_the_one_in_row_500(furnished: Store) -> None:
    rows = [f"lid-{n:03},Lid {n},lid-{n:03}@leden.example" for n in range(2, 600)]
    rows[2 - 2] = "lid-002,Lid 2,nergens"
    rows[500 - 2] = "lid-500,,lid-500@leden.example"

    done = take(furnished, "members", "\n".join(("reference,name,email,colour", *rows)))

    assert [(problem.row, problem.column) for problem in done.problems] == [(1, "colour"), (2, "email"), (500, "name")]


def test_an_unknown_kind_and_what_has_no_name_of_its_own_are_refused(house: Store) -> None:
    with pytest.raises(Refused, match="people, members, assignments"):
        take(house, "farms", "a")
    with pytest.raises(Refused, match="--name"):
        take(house, "timetable", TIMETABLE)
    with pytest.raises(Refused, match="Hoe heet deze groep"):
        take(house, "cohort", COHORT)
    with pytest.raises(Refused, match="alle leden"):
        take(house, "cohort", COHORT, name="members")


# --- what spreadsheets make of a file

SPELLINGS = [
    pytest.param(lambda text: text.replace(",", ";").encode(), id="semicolons"),
    pytest.param(lambda text: b"\xef\xbb\xbf" + text.encode(), id="BOM"),
    pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="Windows lines"),
    pytest.param(lambda text: text.replace("\n", ",,\n").encode(), id="empty columns and cells at the end"),
    pytest.param(lambda text: text.replace("adviser1,Alfa", " adviser1 ,Alfa").encode(), id="blanks around a cell"),
    pytest.param(lambda text: (text + "\n,,,,\n").encode(), id="empty rows"),
    pytest.param(lambda text: text.replace("id,name", "ID,Name").encode(), id="capitals in the header"),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_file_is_read_as_a_spreadsheet_wrote_it(house: Store, spelling) -> None:
    assert counts(house, "people", spelling(PEOPLE)) == (3, 0)

    assert given(house, "people") == PEOPLE


def test_a_telephone_number_is_no_bsn_when_it_has_all_its_digits(house: Store) -> None:
    assert counts(house, "members", f"{M},phone\nlid-009,X,{MAIL},+31-123456782") == (1, 0)


def test_dutch_dates_are_read(furnished: Store) -> None:
    take(furnished, "absences", "person;from;until;deputy\nadviser2;1-5-2026;8 mei 2026;adviser1\n")

    assert "adviser2,2026-05-01,2026-05-08,adviser1\n" in given(furnished, "absences")


# --- in, out and in again


def test_what_was_exported_goes_into_a_fresh_database_and_comes_out_the_same(
    furnished: Store, databases: Databases
) -> None:
    take(furnished, "timetable", TIMETABLE, name="cz-2021")
    take(furnished, "cohort", COHORT, name="cz-2021")
    take(
        furnished,
        "members",
        "reference,name,email,adviser\nlid-001,De Oefenstal 01,new@leden.example,adviser2\n",
        now=LATER,
    )
    first = {kind: given(furnished, kind, today=LATER.date()) for kind in COLUMNS}

    fresh = new_house(databases.new())
    for kind, text in first.items():
        assert take(fresh, kind, text, now=LATER, name="cz-2021").problems == (), kind

    assert {kind: given(fresh, kind, today=LATER.date()) for kind in COLUMNS} == first
    fresh.close()


@pytest.mark.parametrize("kind", [*FILES, "timetable", "cohort"])
def test_what_is_taken_in_twice_changes_nothing_the_second_time(furnished: Store, kind: str) -> None:
    text = {**FILES, "timetable": TIMETABLE, "cohort": COHORT}[kind]
    take(furnished, kind, text, name="cz-2021")

    assert counts(furnished, kind, text, name="cz-2021", now=LATER) == (0, 0)


def test_the_files_of_the_house_come_out_as_they_went_in(furnished: Store) -> None:
    assert given(furnished, "people") == PEOPLE
    assert given(furnished, "members") == MEMBERS
    assert given(furnished, "absences") == FILES["absences"]
    assert sorted(given(furnished, "settings").splitlines()) == sorted(
        [*FILES["settings"].splitlines(), "good_friday,open", "open_days,weekdays"]
    )


def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text_and_read_back_as_it_was(house: Store) -> None:
    names = ["=1+1", "+31", "-x", "@sum", "''=quoted", "'t Hof", "a=b"]
    rows = [f'p{n},"{name}",p{n}@cooperatie.example' for n, name in enumerate(names)]
    take(house, "people", "\n".join(("id,name,email", *rows)))

    text = given(house, "people")

    written = [row["name"] for row in csv.DictReader(StringIO(text))]
    assert written == ["'=1+1", "'+31", "'-x", "'@sum", "''=quoted", "'t Hof", "a=b"]
    assert counts(house, "people", text) == (0, 0)


def test_a_dry_run_tells_what_would_happen_and_does_nothing(house: Store) -> None:
    assert counts(house, "people", PEOPLE, dry_run=True) == (3, 0)

    assert given(house, "people") == "id,name,email,channel,account\n"
    with house.read() as session:
        assert session.exec(select(Event).where(Event.kind == "import")).all() == []


def test_an_import_is_logged_with_who_and_counts_and_without_personal_data(furnished: Store) -> None:
    with furnished.read() as session:
        logged = session.exec(select(Event).where(Event.kind == "import").order_by(col(Event.id))).all()

    assert [event.actor for event in logged] == ["beheer"] * 5
    assert json.loads(logged[1].detail) == {"kind": "members", "added": 3, "changed": 0}


# --- members


def test_a_member_is_a_subject_and_a_person_who_holds_the_role_of_member_over_itself(furnished: Store) -> None:
    with furnished.read() as session:
        people = Directory.load(session)
        person = session.get_one(Person, "lid-003")

        assert (person.account, person.digest, person.channel) == (None, False, "post")
        assert session.get_one(Subject, "lid-001").region == "utrecht"
        assert people.holders("lid", subject="lid-001", case="", on=date(2020, 5, 1)) == ("lid-001",)
        assert people.holders("kwaliteitsadviseur", subject="lid-001", case="", on=TODAY) == ("adviser1",)


def test_a_row_of_an_older_export_for_what_a_member_is_by_rule_changes_nothing(furnished: Store) -> None:
    rows = "person,role,scope,from,until\nlid-001,lid,subject:lid-001,,\n"

    assert counts(furnished, "assignments", rows) == (0, 0)


def test_a_new_address_counts_from_today_and_the_old_one_stays_on_record(furnished: Store) -> None:
    moved = MEMBERS.replace("lid-001@leden.example", "hoeve@leden.example")

    assert counts(furnished, "members", moved, now=LATER) == (0, 1)

    with furnished.read() as session:
        known = session.exec(select(Address).where(Address.person_id == "lid-001").order_by(col(Address.since))).all()
        was = Directory.load(session).address("lid-001", TODAY)
    assert [(a.since, a.email, a.phone) for a in known] == [
        (date.min, "lid-001@leden.example", "+31 317 000001"), (LATER.date(), "hoeve@leden.example", "+31 317 000001"),
    ]  # fmt: skip
    assert was == "lid-001@leden.example"


def test_an_address_that_is_mended_the_same_day_leaves_one_row(furnished: Store) -> None:
    for email in ("typo@leden.example", "right@leden.example"):
        counts(furnished, "members", MEMBERS.replace("lid-001@leden.example", email), now=LATER)

    with furnished.read() as session:
        known = session.exec(
            select(Address.email).where(Address.person_id == "lid-001").order_by(col(Address.since))
        ).all()
    assert known == ["lid-001@leden.example", "right@leden.example"]


def test_another_adviser_begins_today_and_the_old_one_ended_yesterday(furnished: Store) -> None:
    assert counts(furnished, "members", MEMBERS.replace("adviser1", "adviser2"), now=LATER) == (0, 1)

    assert [span for span in advisers(furnished) if span[0] in ("adviser1", "adviser2")] == [
        ("adviser1", date.min, date(2026, 2, 2)), ("adviser2", LATER.date(), date.max),
    ]  # fmt: skip


def test_an_adviser_who_comes_back_the_same_day_was_hardly_away(furnished: Store) -> None:
    counts(furnished, "members", MEMBERS.replace("adviser1", "adviser2"), now=LATER)
    counts(furnished, "members", MEMBERS, now=LATER)

    assert advisers(furnished) == [
        ("adviser1", date.min, date(2026, 2, 2)), ("adviser1", LATER.date(), date.max)
    ]  # fmt: skip


def advisers(store: Store) -> list[tuple[str, date, date]]:
    with store.read() as session:
        held = session.exec(select(Assignment).where(Assignment.scope_value == "lid-001", Assignment.role != "lid"))
        return sorted((a.person_id, a.since, a.until) for a in held)


def test_a_column_that_is_left_out_leaves_what_is_known_and_an_empty_cell_clears_it(furnished: Store) -> None:
    counts(furnished, "members", "reference,name,email\nlid-001,De Oefenstal 01,lid-001@leden.example\n")
    assert given(furnished, "members") == MEMBERS

    row = "lid-001,De Oefenstal 01,lid-001@leden.example,,\n"
    assert counts(furnished, "members", f"reference,name,email,region,adviser\n{row}") == (0, 1)
    assert "lid-001@leden.example,'+31 317 000001,,,2,2019-01-01," in given(
        furnished, "members", today=date(2026, 1, 6)
    )


# --- members who leave


def orange(store: Store, member: str) -> str:
    with store.write() as session:
        work = Work(session)
        doing = Doing("beheer", NOW)
        held = open_case(work, Directory.load(session), "orange-status", member, {"orange_on": "2026-01-05"}, doing)
        work.flush()
        return held.code


def state(store: Store, case: str) -> str:
    with store.read() as session:
        return find(session, case).state


def test_a_member_that_left_ends_its_open_cases_by_the_rules_of_each(furnished: Store) -> None:
    case, other = orange(furnished, "lid-001"), orange(furnished, "lid-003")

    counts(furnished, "members", MEMBERS.replace("2019-01-01,", "2019-01-01,2026-02-03"), now=LATER)

    assert (state(furnished, case), state(furnished, other)) == ("left", "open")
    with furnished.read() as session:
        announced = session.exec(select(Log).where(Log.kind == "announce")).one()
        body = session.get_one(Payload, announced.id).body
    assert (announced.actor, json.loads(body)["values"]) == ("beheer", {"left_on": "2026-02-03"})


def test_a_member_that_will_leave_may_stay_after_all(furnished: Store) -> None:
    case = orange(furnished, "lid-001")
    counts(furnished, "members", MEMBERS.replace("2019-01-01,", "2019-01-01,2026-03-01"))
    counts(furnished, "members", MEMBERS)

    with furnished.write() as session:
        work = Work(session)
        work.sweep([work.find(case)], datetime(2026, 3, 2, tzinfo=UTC))

        assert work.find(case).state == "open"


# --- assignments, settings, timetables


def test_an_assignment_for_an_overlapping_period_moves_that_one(furnished: Store) -> None:
    row = "person,role,scope,from,until\nadviser1,kwaliteitsadviseur,all,2026-01-01,2026-07-31\n"

    assert counts(furnished, "assignments", row) == (0, 1)

    assert given(furnished, "assignments").count("adviser1,kwaliteitsadviseur,all") == 1
    assert "adviser1,kwaliteitsadviseur,all,2026-01-01,2026-07-31" in given(furnished, "assignments")


def test_an_absence_from_the_same_day_is_that_one_changed(furnished: Store) -> None:
    row = "person,from,until,deputy\nadviser1,2026-02-02,2026-02-06,\n"

    assert counts(furnished, "absences", row) == (0, 1)

    assert "adviser1,2026-02-02,2026-02-06,\n" in given(furnished, "absences")


def test_a_bad_setting_leaves_no_version_of_the_good_one_before_it(furnished: Store) -> None:
    with furnished.read() as session:
        before = session.exec(select(SettingsVersion.id)).all()

    take(furnished, "settings", "setting,value\norange_term,8 weken\nmay5,maybe\n")

    with furnished.read() as session:
        assert session.exec(select(SettingsVersion.id)).all() == before


def test_the_rows_of_a_timetable_are_the_facts_of_a_case(house: Store) -> None:
    take(house, "timetable", TIMETABLE, name="cz-2021")

    with house.read() as session:
        facts = facts_of(timetable(session, "cz-2021"))
        with pytest.raises(Refused, match="cz-2022"):
            timetable(session, "cz-2022")

    assert {row: facts[row] for row in ("T-06", "T-11", "T-12", "T-14_until")} == {
        "T-06": {"date": "2020-07-31", "time": "17:00", "basis": "contract", "fatal": True,
                 "source": "Zorginkoopdocument 2021 V&V tabel 2 stap 6, §6"},
        "T-11": {"date": "2020-11-13", "basis": "wettelijk", "fatal": False, "boundary": "voor",
                 "source": "Zorginkoopdocument 2021 V&V tabel 2 stap 11, §6.2"},
        "T-12": {"date": "", "basis": "contract", "fatal": True, "said": "binnen 2 maanden na nog te bepalen moment",
                 "source": "Zorginkoopdocument 2021 V&V tabel 2 stap 12, §4.3"},
        "T-14_until": {"date": "2021-05-01", "basis": "contract", "fatal": True,
                       "source": "Zorginkoopdocument 2021 V&V §5.2"},
    }  # fmt: skip
    assert "T-03x" not in facts  # it is counted from T-01


def test_an_amended_timetable_changes_its_row_only(house: Store) -> None:
    assert counts(house, "timetable", TIMETABLE, name="cz-2021") == (33, 0)

    assert counts(house, "timetable", TIMETABLE.replace("2020-07-31,17:00", "2020-08-07,17:00"), name="cz-2021") == (
        0,
        1,
    )


def test_a_group_is_who_belonged_to_it_on_the_day(furnished: Store) -> None:
    assert counts(furnished, "cohort", COHORT, name="wzd-members") == (3, 0)
    assert counts(furnished, "cohort", "subject\nlid-003\n", name="others") == (1, 0)

    assert members_of(furnished, "wzd-members", "2026-06-30") == ["lid-001", "lid-002"]
    assert members_of(furnished, "wzd-members", "2026-07-01") == ["lid-001"]
    assert members_of(furnished, "wzd-members", "2027-01-01") == ["lid-001", "lid-002"]


def test_who_leaves_a_group_gets_a_last_day_and_who_comes_back_in_between_one_period(furnished: Store) -> None:
    take(furnished, "cohort", COHORT, name="wzd-members")

    assert counts(furnished, "cohort", "subject,until\nlid-001,31-3-2026\n", name="wzd-members") == (0, 1)
    assert counts(furnished, "cohort", "subject,from\nlid-002,1-6-2026\n", name="wzd-members") == (0, 1)

    assert given(furnished, "cohort") == "subject,from,until\nlid-001,,2026-03-31\nlid-002,2026-06-01,\n"


def test_an_export_of_several_groups_asks_which_one(furnished: Store) -> None:
    take(furnished, "cohort", COHORT, name="one")
    take(furnished, "cohort", "subject\nlid-003\n", name="two")

    with pytest.raises(Refused, match="one, two"):
        given(furnished, "cohort")
    assert given(furnished, "cohort", name="one") == COHORT


def members_of(store: Store, name: str, on: str) -> list[str]:
    with store.read() as session:
        return cohort(session, name, date.fromisoformat(on))


def test_an_export_of_several_timetables_asks_which_one(house: Store) -> None:
    for name in ("cz-2021", "cz-2022"):
        take(house, "timetable", TIMETABLE, name=name)

    with pytest.raises(Refused, match="cz-2021, cz-2022"):
        given(house, "timetable")
    assert given(house, "timetable", name="cz-2022") == TIMETABLE
