"""Exports: each list as a file with what its filter shows, the basis of each date and the moment of reading."""

import csv
from datetime import UTC, date, datetime
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from models.organisation import Subject
from tests.web.town import Town
from tijdig.service.listings import Listing, written

MOMENT = "04-10-2021 09:00"


@pytest.fixture
def ann(town: Town) -> Town:
    town.open(orange_on="2021-07-23")
    town.open("kinds", "lid-015")
    town.enter("ann")
    return town


def rows(town: Town, path: str) -> list[dict[str, str]]:
    answer = town.get(path)
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def sheet(town: Town, path: str) -> list[tuple[object, ...]]:
    book = load_workbook(BytesIO(town.get(path).content))
    return list(book.worksheets[0].iter_rows(values_only=True))


LISTS = {
    "werk": {
        "Groep": "Verlopen", "Taak": "Stuur het lid de verbeterpunten", "Onderwerp": "Lid 014",
        "Dossier": "ORA-2021-001", "Procedure": "Oranje dossier", "Rol": "kwaliteitsadviseur", "Opgepakt door": "",
        "Uiterlijk": "30-07-2021", "Uur": "", "Grondslag": "intern", "Fataal": "nee", "Termijnstatus": "Te laat",
        "Oppakken vanaf": "04-10-2021", "Gelezen op": MOMENT,
    },
    "dossiers": {
        "Dossier": "KIN-2021-001", "Procedure": "Alle velden", "Over": "Lid 015", "Staat": "Loopt",
        "Geopend": "04-10-2021", "Uiterlijk": "11-10-2021", "Uur": "", "Grondslag": "intern", "Fataal": "nee",
        "Termijnstatus": "Bijna", "Gelezen op": MOMENT,
    },
    "leden": {
        "Lid": "Lid 014", "Lidstatus": "Oranje", "Besloten op": "23-07-2021",
        "Alle velden: dossier": "", "Alle velden: staat": "", "Alle velden: termijnstatus": "",
        "Alle velden: uiterlijk": "", "Alle velden: grondslag": "",
        "Oranje dossier: dossier": "ORA-2021-001", "Oranje dossier: staat": "Loopt",
        "Oranje dossier: termijnstatus": "Te laat", "Oranje dossier: uiterlijk": "30-07-2021",
        "Oranje dossier: grondslag": "intern",
        "Gelezen op": MOMENT,
    },
    "termijnkalender": {
        "Uiterlijk": "01-10-2021", "Uur": "", "Grondslag": "intern", "Fataal": "nee", "Termijnstatus": "Te laat",
        "Taak of termijn": "Lever bewijs van de verbeteringen aan", "Onderwerp": "Lid 014", "Dossier": "ORA-2021-001",
        "Rol": "lid", "Gelezen op": MOMENT,
    },
}  # fmt: skip


@pytest.mark.parametrize("which", LISTS)
def test_a_list_is_written_with_basis_and_moment_as_a_dutch_spreadsheet_opens_it(ann: Town, which: str) -> None:
    answer = ann.get(f"/exporteren/{which}.csv")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    assert answer.headers["content-disposition"].endswith('2021-10-04-0900.csv"')
    assert rows(ann, f"/exporteren/{which}.csv")[0] == LISTS[which]


@pytest.mark.parametrize("which", LISTS)
def test_a_spreadsheet_has_the_same_rows_with_days_as_days_and_says_when_it_was_read(ann: Town, which: str) -> None:
    found = sheet(ann, f"/exporteren/{which}.xlsx")

    columns = [name for name in LISTS[which] if name != "Gelezen op"]
    assert list(found[0]) == columns
    assert len(found) == len(rows(ann, f"/exporteren/{which}.csv")) + 1
    days = [value.date() for value in found[1] if isinstance(value, datetime)]
    said = [text for text in LISTS[which].values() if text != MOMENT and text[2:3] == text[5:6] == "-"]
    assert days == [date(int(text[6:]), int(text[3:5]), int(text[:2])) for text in said]
    book = load_workbook(BytesIO(ann.get(f"/exporteren/{which}.xlsx").content))
    about = {row[0]: row[1] for row in book["Over dit bestand"].iter_rows(values_only=True)}
    assert about["Gelezen op"] == "ma 4 okt 2021, 09:00"


FILTERS = [
    ("/exporteren/werk.csv?rol=lid", "Dossier", ["ORA-2021-001", "KIN-2021-001"]),
    ("/exporteren/werk.csv?procedure=kinds", "Dossier", ["KIN-2021-001", "KIN-2021-001"]),
    ("/exporteren/dossiers.csv?zoek=014", "Dossier", ["ORA-2021-001"]),
    ("/exporteren/dossiers.csv?staat=dicht", "Dossier", []),
    ("/exporteren/leden.csv?lidstatus=oranje", "Lid", ["Lid 014"]),
    ("/exporteren/leden.csv?zoek=015", "Lid", ["Lid 015"]),
    ("/exporteren/termijnkalender.csv?maand=2021-07", "Uiterlijk", ["30-07-2021"]),
    ("/exporteren/termijnkalender.csv?grondslag=wettelijk", "Uiterlijk", []),
]


@pytest.mark.parametrize(("path", "column", "values"), FILTERS)
def test_it_holds_what_the_filter_shows(ann: Town, path: str, column: str, values: list[str]) -> None:
    assert [row[column] for row in rows(ann, path)] == values


PAGES = [
    ("/?rol=lid", "/exporteren/werk.xlsx?rol=lid"),
    ("/dossiers?zoek=lid&staat=alle", "/exporteren/dossiers.csv?zoek=lid&amp;staat=alle"),
    ("/leden?lidstatus=oranje", "/exporteren/leden.csv?lidstatus=oranje"),
    ("/termijnkalender?grondslag=norm", "/exporteren/termijnkalender.xlsx?maand=2021-10&amp;grondslag=norm"),
]


@pytest.mark.parametrize(("page", "link"), PAGES)
def test_each_list_leads_to_its_file_with_the_same_filter(ann: Town, page: str, link: str) -> None:
    assert f'href="{link}"' in ann.get(page).text


RUNS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=1", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", RUNS, ids=repr)
def test_no_cell_runs_as_a_formula(text: str) -> None:
    listing = Listing("x", "X", (text,), ((text,),))
    now = datetime(2021, 10, 4, 7, tzinfo=UTC)

    text_file = StringIO(written(listing, "csv", now).decode("utf-8-sig"), newline="")
    cells = list(csv.reader(text_file, delimiter=";"))
    [[head], [cell]] = load_workbook(BytesIO(written(listing, "xlsx", now))).worksheets[0].iter_rows()

    assert cells[0][0] == cells[1][0] == f"'{text}".replace("\r", "\n")
    assert (head.data_type, cell.data_type) == ("s", "s")
    assert cell.quotePrefix


def test_what_somebody_called_a_member_does_not_run_either(ann: Town) -> None:
    with ann.store.write() as session:
        session.add(Subject(ref="=1+1"))

    assert "'=1+1" in [row["Lid"] for row in rows(ann, "/exporteren/leden.csv")]


@pytest.mark.parametrize("path", ["/exporteren/personen.csv", "/exporteren/leden.pdf",
                                  "/exporteren/termijnkalender.csv?maand=x"])  # fmt: skip
def test_what_is_no_list_is_not_found(ann: Town, path: str) -> None:
    assert ann.get(path).status_code == 404


def test_a_file_holds_nothing_of_others(ann: Town) -> None:
    ann.join("eve", "inkoper")
    ann.enter("eve")

    for which in LISTS:
        assert rows(ann, f"/exporteren/{which}.csv") == []


def test_a_stranger_signs_in_first(town: Town) -> None:
    answer = town.client.get("/exporteren/leden.csv", follow_redirects=False)

    assert answer.headers["location"] == "/aanmelden?naar=%2Fexporteren%2Fleden.csv"
