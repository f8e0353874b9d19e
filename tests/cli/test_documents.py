"""Documents by the command: what they say, read back from Word, PDF, Excel; that they stay the same; bad templates."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document
from docx.table import Table
from docx.text.paragraph import Paragraph
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.cli.conftest import Tijdig, sql

DATA = Path(__file__).parents[1] / "data"
Golden = Callable[[str, str], None]


def word_text(path: Path) -> str:
    """What a Word document says, a line for each paragraph and row, with its footer."""
    document = Document(BytesIO(path.read_bytes()))
    foot = (paragraph.text for paragraph in document.sections[0].footer.paragraphs)
    return "\n".join(filter(None, (*_lines(document.iter_inner_content()), *foot))) + "\n"


def _lines(items: Iterator[Paragraph | Table]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Paragraph):
            yield ("#" * int(item.style.name[-1]) + " " if item.style.name.startswith("Heading") else "") + item.text
        else:
            for row in item.rows:
                yield "| " + " | ".join(cell.text for cell in row.cells)


@pytest.fixture
def told(orange: Tijdig) -> Tijdig:
    """An orange case whose member was sent the improvements, in words that a document must not take for markup."""
    assert orange(
        "decide", "ORA-2026-001", "send_actions", "sent", "--by", "adviser1", "--at", "2026-01-07",
        "--set", "actions=Werk de plannen bij & leg #evaluaties vast.\nRegistreer <indicaties> {{ case.code }}.",
    ).status == 0  # fmt: skip
    return orange


def made(tijdig: Tijdig, folder: Path, kind: str, case: str, format: str) -> Path:
    path = folder / f"{kind}.{format}"
    ran = tijdig("document", kind, case, "--format", format, "--out", path)
    assert (ran.status, ran.err) == (0, "")
    return path


def test_an_orange_letter_says_what_by_when_and_why(told: Tijdig, tmp_path: Path, golden: Golden) -> None:
    log = told("case", "ORA-2026-001", "--json").json["log"]

    text = word_text(made(told, tmp_path, "orange-letter", "ORA-2026-001", "docx"))

    assert f"logboekregel {log[-1]['seq']}, {log[-1]['hash'][:12]}" in text
    golden("documents/orange-letter.txt", _without_hash(text))


def test_an_approval_of_a_zap_names_advice_reason_and_who_decided(
    trial: Tijdig, tmp_path: Path, golden: Golden
) -> None:
    plan = tmp_path / "zap.pdf"
    plan.write_bytes(b"plan")
    deeds = (
        ("start", "zap-approval", "--subject", "lid-003", "--by", "lid-003", "--at", "2026-02-02"),
        ("decide", "ZAP-2026-001", "file", "filed", "--by", "lid-003", "--at", "2026-02-03", "--set", f"zap=@{plan}",
         "sector=vv", "care=vpt", "vg7=nee"),
        ("decide", "ZAP-2026-001", "wlz_opinion", "positive", "--by", "wlz1", "--at", "2026-02-05"),
        ("decide", "ZAP-2026-001", "quality_opinion", "negative", "--by", "quality1", "--at", "2026-02-06",
         "--reason", "De nachtdienst is niet beschreven."),
        ("decide", "ZAP-2026-001", "decide", "approved", "--by", "adviser1", "--at", "2026-02-10",
         "--set", "replaces=nee", "--reason", "De nachtdienst is besproken en geregeld."),
    )  # fmt: skip
    for deed in deeds:
        assert trial(*deed).status == 0

    golden(
        "documents/zap-decision.txt",
        _without_hash(word_text(made(trial, tmp_path, "zap-decision", "ZAP-2026-001", "docx"))),
    )


def test_a_timetable_that_is_looked_at_first_tells_which_row_is_which_date(trial: Tijdig) -> None:
    look = ("import", "timetable", DATA / "timetable-kust.csv", "--name", "kust", "--plan")

    shown = [[cell.strip() for cell in row.split("   ") if cell.strip()] for row in trial(*look).out.splitlines()]
    found = {each["goal"]: each["row"] for each in trial(*look, "--json").json["fits"]}

    assert ["tender-bidder", "Ingeschreven", "stap-2.2"] in shown
    assert ["tender-bidder", "Certificaat werkt", "geen rij, valt weg"] in shown
    assert (found["filed"], found["certified"]) == ("stap-2.2", "")


def test_a_tender_checklist_explains_each_date_of_the_timetable(trial: Tijdig, tmp_path: Path) -> None:
    trial("import", "timetable", DATA / "cz-2021-timetable.csv", "--name", "cz-2021", "--at", "2020-05-01")
    trial("start", "tender-bidder", "--subject", "cz", "--set", "timetable=cz-2021", "--by", "buyer1")

    text = word_text(made(trial, tmp_path, "tender-checklist", "tender-bidder/cz", "docx"))

    assert "| ☐ | Vraag het VECOZO-certificaat aan | inkoper | do 17 sep 2020 | norm | open" in text
    assert "vr 31 jul 2020, 17:00" in text
    assert "### Vraag het VECOZO-certificaat aan: do 17 sep 2020" in text
    for asked in trial("case", "tender-bidder/cz", "--json").json["obligations"]:
        if asked["due"] and asked["kind"] == "step":
            assert all(why.removeprefix("Bron: ") in text for why in asked["why"])


HALF_YEAR = "wzd-half-year/2026-01..2026-06"
HEADER = "member;client;kind;begin;end;emergency"
ONS = f"{HEADER}\nlid-004;c-1;b;2026-02-03 10:00;2026-02-03 12:00;nee\nlid-009;c-2;c;2026-05-05 22:00;;ja\n"
LOG = f"{HEADER}\nlid-004;c-1;b;2026-02-03 10:00;2026-02-03 12:00;ja\n"


@pytest.fixture
def frozen(trial: Tijdig, tmp_path: Path) -> Tijdig:
    """A half-year whose two differences were settled; one member handed in a remark that looks like a formula."""
    for name, text in (("care_file", ONS), ("officer_log", LOG)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")

    def deed(day: str, by: str, *words: str) -> None:
        assert trial(*words, "--by", by, "--at", day).status == 0

    deed(
        "2026-07-01",
        "adviser1",
        "start",
        "wzd-half-year",
        "--subject",
        "2026-01..2026-06",
        "--set",
        "period_from=2026-01-01",
        "period_until=2026-06-30",
        "igj_on=2026-08-12",
    )
    deed(
        "2026-07-02",
        "lid-004",
        "decide",
        "wzd-return/lid-004",
        "hand_in",
        "handed_in",
        "--set",
        "measures=1",
        "remark==HYPERLINK(1)",
    )
    for by, step, name in (("admin1", "extract", "care_file"), ("wzd1", "log", "officer_log")):
        deed("2026-07-03", by, "decide", HALF_YEAR, step, "handed_in", "--set", f"{name}=@{tmp_path / name}.csv")
    deed("2026-07-06", "adviser1", "decide", HALF_YEAR, "collect", "accept_missing", "--reason", "de rest belde: nul")
    for difference in trial("reconcile", HALF_YEAR, "--json").json["differences"]:
        deed(
            "2026-07-07",
            "wzd1",
            "reconcile",
            HALF_YEAR,
            difference["difference"],
            "care_file",
            "--reason",
            "nagekeken met het lid",
        )
    deed("2026-07-08", "wzd1", "decide", HALF_YEAR, "reconcile", "settled")
    return trial  # fmt: skip


def test_a_wzd_report_has_the_frozen_figures_the_differences_and_the_returns(frozen: Tijdig, tmp_path: Path) -> None:
    text = word_text(made(frozen, tmp_path, "wzd-report", HALF_YEAR, "docx"))

    assert "In dit halfjaar gelden 2 toepassingen van onvrijwillige zorg." in text
    assert "| lid-004 | beperken van de bewegingsvrijheid | 1" in text
    assert "| lid-009 | insluiten | 1" in text
    assert "c-2 · insluiten · 05-05-2026 22:00 | de hele regel | staat erin | staat er niet in | Register" in text
    assert "| nagekeken met het lid (India Wzd-functionaris)" in text
    assert "| lid-004 | Opgegeven | 1 | =HYPERLINK(1)" in text
    assert "| lid-005 | open |  | " in text
    assert "| Overzicht bij de inspectie | wo 12 aug 2026 | wettelijk | open" in text


def test_half_year_figures_as_a_spreadsheet_are_numbers_and_never_formulas(frozen: Tijdig, tmp_path: Path) -> None:
    first = made(frozen, tmp_path, "wzd-figures", HALF_YEAR, "xlsx")
    book = load_workbook(first)
    rows = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}

    assert ("lid-004", "beperken van de bewegingsvrijheid", 1) in rows["Alle leden"]
    assert ("lid-001", None, 0) in rows["Alle leden"]
    assert sum(row[2] for row in rows["Alle leden"][1:]) == len(rows["Toepassingen"]) - 1 == 2
    assert len(rows["Verschillen"]) - 1 == 2
    [cell] = [cell for row in book["Opgaven van de leden"].iter_rows() for cell in row if cell.value == "=HYPERLINK(1)"]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    head = frozen("case", HALF_YEAR, "--json").json["log"][-1]
    assert ("Logboek, hash", head["hash"]) in rows["Over dit bestand"]
    assert made(frozen, tmp_path, "wzd-figures", HALF_YEAR, "xlsx").read_bytes() == first.read_bytes()


@pytest.mark.parametrize("format", ["docx", "pdf"])
def test_the_same_log_gives_the_same_bytes_whenever_it_is_asked(told: Tijdig, tmp_path: Path, format: str) -> None:
    first = made(told, tmp_path, "orange-letter", "ORA-2026-001", format).read_bytes()
    told("sweep", "--at", "2026-01-09T15:30")

    again = made(told, tmp_path, "orange-letter", "ORA-2026-001", format).read_bytes()

    assert again == first


def test_a_document_is_kept_by_its_hash_and_noted_once_for_each_time_it_was_made(told: Tijdig, tmp_path: Path) -> None:
    before = sql("select count(*) from log")
    answer = told("document", "orange-letter", "ORA-2026-001", "--out", tmp_path / "a.docx", "--json").json

    sha = answer["sha256"]
    kept = tmp_path / "files" / sha[:2] / sha
    assert kept.read_bytes() == (tmp_path / "a.docx").read_bytes()
    assert sql(f"select name from document where sha256 = '{sha}'") == [("ORA-2026-001-orange-letter.docx",)]
    assert sql("select count(*) from event where kind = 'document'") == [(1,)]
    assert sql("select count(*) from log") == before


def test_a_pdf_has_the_words_of_the_template_as_text_in_dutch_with_tags(told: Tijdig, tmp_path: Path) -> None:
    reader = PdfReader(made(told, tmp_path, "orange-letter", "ORA-2026-001", "pdf"))
    text = "\n".join(page.extract_text() for page in reader.pages)

    assert "Uw dossiers zijn oranje" in text
    assert "Werk de plannen bij & leg #evaluaties vast." in text
    assert "Registreer <indicaties> {{ case.code }}." in text
    assert "pagina 1 van 1" in text
    assert reader.trailer["/Root"]["/Lang"] == "nl-NL"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Oranje dossier ORA-2026-001"


# --- templates of the installation


def own_template(folder: Path, *paragraphs: str) -> Path:
    path = folder / "templates" / "orange-letter.docx"
    path.parent.mkdir(exist_ok=True)
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    document.save(str(path))
    return path


def test_an_installation_uses_its_own_template(told: Tijdig, tmp_path: Path) -> None:
    own_template(tmp_path, "Beste {{ subject.name }},", "{%p for o in agenda %}", "{{ o.due }}", "{%p endfor %}")

    text = word_text(made(told, tmp_path, "orange-letter", "ORA-2026-001", "docx"))

    assert text.splitlines()[0].startswith("Beste ")
    assert "ma 30 mrt 2026" in text


FAULTS = [
    pytest.param(["Uiterlijk {{ due.norm.deu }}."], "bij “Uiterlijk {{ due.norm.deu }}.”",
                 "'due.norm.deu' bestaat niet. Bedoelt u 'due.norm.due'?", id="misspelt"),
    pytest.param(["{{ facts.bsn }}"], "bij “{{ facts.bsn }}”", "Hier kan: orange_on", id="no such fact"),
    pytest.param(["{%p for d in decisions %}", "{{ d.wat }}", "{%p endfor %}"], "bij “{{ d.wat }}",
                 "'d.wat' bestaat niet.", id="within a repeat"),
    pytest.param(["{% if clients %}x{% endif %}"], "bij “{% if clients %}x{% endif %}”",
                 "'clients' bestaat niet.", id="within a condition that is false"),
    pytest.param(["{{ date.year }}"], "bij “{{ date.year }}”", "'date' is tekst", id="a field of text"),
    pytest.param(["{{ decisions.outcome }}"], "bij “{{ decisions.outcome }}”", "is een lijst", id="a field of a list"),
    pytest.param(["{%p if date %}", "x"], "tekst", "Kijk of elke", id="an if without its end"),
    pytest.param(["{{ date|vertaal }}"], "bij “{{ date|vertaal }}”", "vertaal", id="no such filter"),
]  # fmt: skip


@pytest.mark.parametrize(("paragraphs", "place", "said"), FAULTS)
def test_a_template_with_a_fault_is_refused_with_place_and_mend(
    told: Tijdig, tmp_path: Path, paragraphs: list[str], place: str, said: str
) -> None:
    own = own_template(tmp_path, "Beste {{ subject.name }},", *paragraphs)

    ran = told("document", "orange-letter", "ORA-2026-001", "--out", tmp_path / "none.docx")

    assert ran.status == 1
    assert f"{own}, tekst" in ran.err
    assert place in ran.err
    assert said in ran.err
    assert not (tmp_path / "none.docx").exists()
    listed = told("documents")
    assert (listed.status, said in listed.err) == (1, True)


def test_a_template_that_is_no_word_file_is_refused(told: Tijdig, tmp_path: Path) -> None:
    own_template(tmp_path).write_bytes(b"geen zip")

    ran = told("document", "orange-letter", "ORA-2026-001", "--out", tmp_path / "none.docx")

    assert (ran.status, "Dit is geen Word-bestand" in ran.err) == (1, True)


def test_a_template_reaches_nothing_but_its_fields(told: Tijdig, tmp_path: Path) -> None:
    own_template(tmp_path, "{{ ''.__class__.__mro__ }}")

    assert told("document", "orange-letter", "ORA-2026-001", "--out", tmp_path / "none.docx").status == 1


def test_all_shipped_templates_are_sound(trial: Tijdig) -> None:
    listed = trial("documents")

    assert (listed.status, listed.err) == (0, "")


REFUSALS = [
    pytest.param(("nieuwsbrief", "ORA-2026-001"), "geen document 'nieuwsbrief'. Kies uit: orange", id="no kind"),
    pytest.param(("zap-decision", "ORA-2026-001"), "'zap-decision' hoort bij zap-approval", id="another procedure"),
    pytest.param(("orange-letter", "ORA-2026-001", "--format", "xlsx"), "bestaat niet als xlsx", id="no such format"),
    pytest.param(("orange-letter", "ORA-2026-999"), "There is no case", id="no such case"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), REFUSALS)
def test_what_cannot_be_made_is_refused(orange: Tijdig, words: tuple[str, ...], said: str) -> None:
    ran = orange("document", *words)

    assert (ran.status, said in ran.err) == (1, True)


def test_the_documented_fields_are_those_there_are(trial: Tijdig) -> None:
    documented = (Path(__file__).parents[2] / "docs" / "documents.md").read_text(encoding="utf-8")

    for name in trial("documents", "orange-letter", "--json").json[0]["fields"]:
        assert f"`{re.split(r'[.[]', name)[0]}" in documented


def _without_hash(text: str) -> str:
    """Salts make the hash of a log another each time."""
    return re.sub(r"(logboekregel \d+), [0-9a-f]{12}", r"\1, HASH", text)


def test_the_evidence_of_a_case_is_one_zip_that_checks_itself(trial: Tijdig, tmp_path: Path) -> None:
    trial("start", "orange-status", "--subject", "lid-014", "--set", "orange_on=2026-01-05", "--by", "beheer", "--at",
          "2026-01-05", "--json")  # fmt: skip

    made = trial("evidence", "orange-status/lid-014", "--out", str(tmp_path / "map.zip"), "--json").json

    with ZipFile(tmp_path / "map.zip") as packed:
        packed.extract("controleer.py", tmp_path)
    done = subprocess.run([sys.executable, "-I", tmp_path / "controleer.py", made["file"]], capture_output=True)
    assert set(made) == {"file", "sha256", "case"}
    assert made["sha256"] == sha256((tmp_path / "map.zip").read_bytes()).hexdigest()
    assert done.returncode == 0
