"""Taking over a running administration through the pages: every row looked at, mended there, and all or nothing."""

import re
from html import unescape

import pytest
from httpx import Response
from sqlmodel import func, select

from models.case import Case
from models.organisation import Assignment, Person, Subject
from tests.web.test_office import details
from tests.web.town import Town, hidden, words
from tijdig.service.tables import mended, with_columns

PATH = "/beheer/overnemen"
WHY = "overgang van het oude systeem"
PEOPLE = "id,name,email\ncas,Cas,cas@zorg.example\n"
MEMBERS = "reference,name,email,region\n" + "".join(
    f"lid-{n},Hoeve {n},lid-{n}@zorg.example,oost\n" for n in range(100, 140)
)
ROLES = "person,role,scope,from,until\ncas,kwaliteitsadviseur,region:oost,,\n"
CASES = "procedure;subject;by;orange_on;step\n" + "".join(
    f"orange-status;lid-{n};cas;2021-08-02;improve\n" for n in range(100, 140)
)
ALL = {"people": PEOPLE, "members": MEMBERS, "assignments": ROLES, "cases": CASES}


@pytest.fixture
def office(town: Town) -> Town:
    town.join("root", "beheerder")
    town.enter("root")
    return town


def upload(town: Town, files: dict[str, str | bytes], *, page: str = "") -> Response:
    """Choose these files, as a browser sends them."""
    form = hidden(page or town.get(PATH).text)
    sent = {f"bestand.{kind}": (f"{kind}.csv", data) for kind, data in files.items()}
    return town.client.post(PATH, data=form, files=sent or {"bestand.people": ("", b"")})


def again(town: Town, page: str, **given: str) -> Response:
    """Hand in the page that asks for what is wrong."""
    form = hidden(page) | {name.replace("__", "."): text for name, text in given.items()}
    return town.client.post(PATH, data=form, files={"bestand.people": ("", b"")})


def confirm(town: Town, page: str, reason: str = WHY) -> Response:
    return town.client.post(f"{PATH}/doen", data=hidden(page) | {"reden": reason}, files={"x": ("", b"")},
                            follow_redirects=False)  # fmt: skip


def counts(town: Town) -> tuple[int, int, int]:
    with town.store.read() as session:
        found = [session.exec(select(func.count()).select_from(table)).one() for table in (Person, Subject, Case)]
    return found[0], found[1], found[2]


def test_forty_running_files_come_in_with_their_people_members_and_roles(office: Town) -> None:
    before = counts(office)

    look = upload(office, ALL)
    looked = counts(office)
    done = confirm(office, look.text)

    assert look.status_code == 200
    assert "Lopende dossiers: 40 rijen kloppen" in words(look.text)
    assert looked == before
    assert done.status_code == 200
    assert "40 dossiers zijn geopend: ORA-2021-001" in words(done.text)
    assert counts(office) == (before[0] + 41, before[1] + 40, before[2] + 40)
    assert {r.via for r in office.records("ORA-2021-040")} == {"takeover"}
    said = {"people": 1, "members": 40, "assignments": 1, "cases": 40}
    assert details(office, "takeover") == [{"reason": WHY, "rows": said}]


def test_beforehand_one_sees_what_would_go_out(office: Town) -> None:
    page = words(upload(office, ALL).text)

    assert "40 dossiers gaan open" in page
    assert "zonder bericht: hun moment is voorbij" in page
    assert "van voor de opening: zonder bericht" in page
    assert office.mails() == []


def test_a_bad_row_is_mended_on_the_page(office: Town) -> None:
    bad = MEMBERS.replace("lid-101@zorg.example", "lid-101@").replace("lid-102,Hoeve 102", "lid-102,")

    asked = upload(office, ALL | {"members": bad})
    looked = again(office, asked.text, cel__members__3__2="lid-101@zorg.example", cel__members__4__1="Hoeve 102")

    assert asked.status_code == 422
    assert "Leden: 2 van 40 rijen kloppen niet" in words(asked.text)
    assert "is geen e-mailadres" in words(asked.text)
    assert "Lopende dossiers: 2 rijen wachten op een rij hierboven" in words(asked.text)
    assert 'value="lid-101@"' in asked.text
    assert looked.status_code == 200
    assert confirm(office, looked.text).status_code == 200
    with office.store.read() as session:
        assert session.get_one(Person, "lid-102").name == "Hoeve 102"


def test_a_row_is_left_out(office: Town) -> None:
    asked = upload(office, {"members": MEMBERS.replace("lid-101,", "lid 101,")})

    looked = again(office, asked.text, weg__members__3="ja")
    confirm(office, looked.text)

    assert "Leden: 39 rijen kloppen" in words(looked.text)
    assert counts(office)[1] == 2 + 39


def test_rows_of_all_tables_are_looked_at_at_once(office: Town) -> None:
    page = words(upload(office, ALL | {
        "people": PEOPLE + "e v e,Eva,eve@zorg.example\n", "assignments": ROLES + "cas,baas,all,,\n",
        "cases": CASES.replace("lid-105;cas", "lid-105;bob"),
    }).text)  # fmt: skip

    assert "Collega's: 1 van 2 rijen klopt niet" in page
    assert "Leden: 40 rijen kloppen" in page
    assert "Geen procedure kent de rol 'baas'." in page
    assert "U mag dit niet afronden. De rol kwaliteitsadviseur (cas) of" in page


def test_with_one_bad_row_nothing_at_all_comes_in(office: Town) -> None:
    before, look = counts(office), upload(office, ALL)
    with office.store.write() as session:  # meanwhile somebody took the role
        session.add(Subject(ref="zz"))
        session.delete(session.exec(select(Assignment).where(Assignment.person_id == "dir")).one())
    stolen = look.text.replace("kwaliteitsadviseur,region:oost", "directeur,region:west")

    done = confirm(office, stolen)

    assert done.status_code == 422
    assert "Nog niet overgenomen" in words(done.text)
    assert counts(office) == (before[0], before[1] + 1, before[2])


def test_it_asks_for_a_reason(office: Town) -> None:
    look = upload(office, {"members": MEMBERS})

    answer = confirm(office, look.text, "kort")

    assert answer.status_code == 422
    assert "Schrijf een reden van minimaal 10 tekens." in words(answer.text)
    assert counts(office)[1] == 2
    assert confirm(office, answer.text).status_code == 200


def test_the_same_form_twice_takes_over_once(office: Town) -> None:
    look = upload(office, ALL)

    answers = [confirm(office, look.text) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 303]
    assert counts(office)[2] == 40


FILES = [
    pytest.param({}, "Kies minstens één bestand.", id="no file"),
    pytest.param({"people": b"\xff\xfe\x00"}, "Dit bestand is geen UTF-8.", id="no text"),
    pytest.param({"people": b"x" * 900_001}, "groter dan 900 kB", id="too large"),
    pytest.param({"people": "id,name\nx,y\n"}, "De kolom 'email' ontbreekt.", id="a column is missing"),
    pytest.param({"people": 'id,name,email\n"x,y,z\n'}, "niet te lezen", id="an open quote"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "says"), FILES)
def test_a_file_that_cannot_be_read_says_why(office: Town, files: dict[str, str | bytes], says: str) -> None:
    answer = upload(office, files)

    assert answer.status_code == 422
    assert says in words(answer.text)


def test_no_file_of_the_machine_is_read_by_a_cell(office: Town) -> None:
    cases = "procedure,subject,by,step,orange_on,evidence\norange-status,lid-014,ann,,2021-08-02,@/etc/passwd\n"

    answer = upload(office, {"cases": cases})

    assert answer.status_code == 422
    assert "root:" not in answer.text


def test_what_somebody_wrote_in_a_cell_does_not_run_as_a_script(office: Town) -> None:
    bad = PEOPLE + '"e""><script>alert(1)</script>",<script>alert(2)</script>,x\n'

    page = upload(office, {"people": bad}).text

    assert "<script>" not in page
    assert "<script>alert(2)</script>" in unescape(page)


def test_more_bad_rows_than_fit_come_page_by_page(office: Town) -> None:
    bad = "id,name,email\n" + "".join(f"p{n},P,geen\n" for n in range(70))

    page = upload(office, {"people": bad}).text

    assert len(re.findall(r'<input type="text" id="cel-people', page)) == 60
    assert "Nog 10 rijen kloppen niet." in words(page)


# --- tables


MENDED = [
    pytest.param("a,b\n1,2\n3,4\n", {(3, 1): "5"}, set(), "a,b\n1,2\n3,5\n", id="one cell"),
    pytest.param("a;b\n1;2\n", {(2, 0): "x;y"}, set(), 'a;b\n"x;y";2\n', id="the same sort of file"),
    pytest.param("a,b\n1,2\n3,4\n", {}, {2}, "a,b\n\n3,4\n", id="a row left out keeps the number of the next"),
    pytest.param("a,b\n1\n", {(2, 1): "2"}, set(), "a,b\n1,2\n", id="a cell that was not there"),
    pytest.param('a\n"1', {(2, 0): "2"}, set(), 'a\n"1', id="what cannot be read"),
]


@pytest.mark.parametrize(("data", "cells", "without", "becomes"), MENDED)
def test_a_table_is_mended(data: str, cells: dict[tuple[int, int], str], without: set[int], becomes: str) -> None:
    assert mended(data.encode(), cells, without).decode() == becomes


COLUMNS = [
    ("a,b\n1,2\n", "a,b,by,at\n1,2,me,\n"),
    ("a,by\n1,you\n2\n", "a,by,at\n1,you,\n2,,\n"),
    ("a,b\n1\n\n", "a,b,by,at\n1,,me,\n\n"),
    ("a,by,at\n1,you,now\n", "a,by,at\n1,you,now\n"),
]


@pytest.mark.parametrize(("data", "becomes"), COLUMNS)
def test_columns_that_are_missing_are_added(data: str, becomes: str) -> None:
    assert with_columns(data.encode(), {"by": "me", "at": ""}).decode() == becomes
