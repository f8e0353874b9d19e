"""The quarterly KPI report (C-31): data of the year plan, a case for each KPI, what is counted, and what is frozen."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from docx import Document
from sqlalchemy import Engine, event

from models.session import Store
from tests.cli.conftest import Tijdig, sample, tijdig, trial
from tests.service.house import DATA
from tijdig.service.clock import parse_moment
from tijdig.service.held import find
from tijdig.service.kpis import Counting
from tijdig.service.sheet import OwnWay, Sheet, open_or_finished
from tijdig.web.seal import Seal
from tijdig.web.view import page_words

__all__ = ["sample", "tijdig", "trial"]

REPORT = "kpi-report/2026-01..2026-03"
NOTHING_YET = "geen dossiers in deze periode"
Deed = Callable[[Tijdig], int]


def does(*words: str) -> Deed:
    return lambda tijdig: tijdig(*words).status


def opens(member: str, orange_on: str, at: str) -> Deed:
    return does("start", "orange-status", "--subject", member, "--set", f"orange_on={orange_on}", "--by", "adviser1",
                "--at", at)  # fmt: skip


def judges(member: str, at: str) -> Deed:
    return does("decide", f"orange-status/{member}", "judge", "green", "--by", "adviser1", "--at", at)


def acts(member: str, act: str, at: str) -> Deed:
    return does("act", f"orange-status/{member}", act, "--by", "adviser1", "--reason", "zo is het besloten", "--at", at)


def quarter_ends(tijdig: Tijdig) -> int:
    return tijdig("sweep", "--at", "2026-04-01").status


def fills(kpi: str, at: str = "2026-04-07", realised: str = "182 leden, ledenadministratie") -> Deed:
    return does("decide", f"kpi-return/{kpi}", "fill", "filled", "--set", f"realised={realised}", "--by", "adviser1",
                "--at", at)  # fmt: skip


def analyses(kpi: str, at: str = "2026-04-08", procedure: str = "kpi-return") -> Deed:
    return does("decide", f"{procedure}/{kpi}", "analyse", "analysed", "--set", "analysis=Op koers",
                "action=Geen", "--by", "adviser2", "--at", at)  # fmt: skip


def fixes(tijdig: Tijdig) -> int:
    tijdig("decide", REPORT, "collect", "accept_missing", "--reason", "de rest volgt later", "--by", "adviser1",
           "--at", "2026-04-13")  # fmt: skip
    return tijdig("decide", REPORT, "fix", "fixed", "--by", "director1", "--at", "2026-04-14").status


def play(tijdig: Tijdig, *deeds: Deed) -> None:
    assert [deed(tijdig) for deed in deeds] == [0] * len(deeds)


def lines(tijdig: Tijdig, folder: Path) -> dict[str, list[str]]:
    """The report as it reads now: by KPI its cells."""
    out = folder / "report.docx"
    ran = tijdig("document", "kpi-report", REPORT, "--out", out)
    assert (ran.status, ran.err) == (0, "")
    rows = [[cell.text for cell in row.cells] for row in Document(str(out)).tables[0].rows]
    assert rows[0] == ["Doel/KPI", "Realisatie", "Analyse", "Actie", "Wie"]
    return {row[0].split()[0]: row[1:] for row in rows[1:]}


def test_each_quarter_a_report_opens_with_a_case_for_each_kpi_of_the_year_plan(trial: Tijdig) -> None:
    plan = list(csv.DictReader(StringIO((DATA / "kpis-2021.csv").read_text(encoding="utf-8"))))

    play(trial, does("sweep", "--at", "2026-01-02"))
    said = trial("sweep", "--at", "2026-04-01").out

    assert "Geopend door een programma: KPR-2026-001." in said
    asked = {row["subject"] for row in trial("cases", "--procedure", "kpi-return", "--json").json}
    counted = {row["subject"] for row in trial("cases", "--procedure", "kpi-count", "--json").json}
    assert asked | counted == {row["kpi_id"] for row in plan if row["kind"] == "kpi"}
    assert counted == {"K-15b"}
    [report] = trial("cases", "--procedure", "kpi-report", "--json").json
    assert (report["subject"], report["opened_on"]) == ("2026-01..2026-03", "2026-04-01")


KPI_15 = [
    pytest.param([], NOTHING_YET, id="no orange file fell due"),
    pytest.param([opens("lid-001", "2025-12-01", "2026-01-02"), judges("lid-001", "2026-02-20")],
                 "1 van 1 (100 %)", id="green within twelve weeks"),
    pytest.param([opens("lid-001", "2025-12-01", "2026-01-02"), judges("lid-001", "2026-02-24")],
                 "0 van 1 (0 %)", id="green a day late"),
    pytest.param([opens("lid-001", "2025-12-01", "2026-01-02"), opens("lid-002", "2025-12-02", "2026-01-02"),
                  judges("lid-002", "2026-02-20")], "1 van 2 (50 %)", id="one still orange past its term"),
    pytest.param([opens("lid-001", "2026-02-02", "2026-02-02"), judges("lid-001", "2026-02-20")],
                 NOTHING_YET, id="due in the next quarter"),
    pytest.param([opens("lid-001", "2025-12-01", "2026-01-02"), acts("lid-001", "cancel", "2026-03-02")],
                 NOTHING_YET, id="opened in error"),
    pytest.param([opens("lid-001", "2025-12-01", "2026-01-02"), acts("lid-001", "withdraw", "2026-02-02")],
                 NOTHING_YET, id="withdrawn before it fell due"),
    pytest.param([opens("lid-001", "2025-12-01", "2026-01-02"), acts("lid-001", "withdraw", "2026-03-02")],
                 "0 van 1 (0 %)", id="withdrawn after it fell due"),
]  # fmt: skip


@pytest.mark.parametrize(("deeds", "realised"), KPI_15)
def test_kpi_15b_is_counted_from_the_orange_files(
    trial: Tijdig, tmp_path: Path, deeds: list[Deed], realised: str
) -> None:
    play(trial, does("sweep", "--at", "2026-01-01"), *deeds, quarter_ends)

    assert lines(trial, tmp_path)["K-15b"][0] == realised


def test_who_analyses_a_kpi_that_is_counted_sees_the_count(trial: Tijdig) -> None:
    play(trial, does("sweep", "--at", "2026-01-01"), opens("lid-001", "2025-12-01", "2026-01-02"),
         judges("lid-001", "2026-02-20"), quarter_ends)  # fmt: skip
    store = Store.at(os.environ["TIJDIG_DATABASE_URL"])

    with store.read() as session:
        way = OwnWay(find(session, "kpi-count/K-15b").id, "analyse", 1, "adviser2")
        _, sheet = open_or_finished(session, way, parse_moment("2026-04-02"))
    store.close()

    assert isinstance(sheet, Sheet)
    page = page_words(sheet, Seal(b"proef"), "visit", "/", now=parse_moment("2026-04-02"))
    assert ("Realisatie, zoals Tijdig nu telt", "1 van 1 (100 %)", "") in page["known"]
    assert trial("case", "kpi-count/K-15b", "--json").json["counted"] == "1 van 1 (100 %)"


def test_the_cases_of_a_procedure_are_read_once_for_all_its_kpis(trial: Tijdig) -> None:
    play(trial, does("sweep", "--at", "2026-01-01"), opens("lid-001", "2025-12-01", "2026-01-02"),
         judges("lid-001", "2026-02-20"))  # fmt: skip
    store, asked = Store.at(os.environ["TIJDIG_DATABASE_URL"]), list[str]()

    with store.read() as session:
        counting = Counting(session, date(2026, 1, 1), date(2026, 3, 31))
        norm = counting.count("orange-status:norm")
        event.listen(Engine, "before_cursor_execute", note := lambda *said: asked.append(said[2]))
        again, green = counting.count("orange-status:max"), counting.count("orange-status=green")
        event.remove(Engine, "before_cursor_execute", note)
    store.close()

    assert (norm.words, again.words, green.words) == ("1 van 1 (100 %)",) * 3
    assert [statement for statement in asked if "log" in statement] == []


def test_what_the_owner_filled_in_is_analysed_and_stands_in_the_report(trial: Tijdig, tmp_path: Path) -> None:
    play(trial, does("sweep", "--at", "2026-01-01"), quarter_ends, fills("K-01"), analyses("K-01"))

    seen = lines(trial, tmp_path)

    assert seen["K-01"] == ["182 leden, ledenadministratie", "Op koers", "Geen", "RC"]
    assert seen["K-02"] == ["niet opgegeven", "", "", "RC"]


def test_nobody_fills_in_and_everybody_hears(trial: Tijdig) -> None:
    play(trial, does("sweep", "--at", "2026-01-01"), quarter_ends)

    trial("sweep", "--at", "2026-05-01")

    heard = {(e["step"], e["rule"]) for e in trial("effects", "--json").json if e["kind"] in ("remind", "escalate")}
    assert heard >= {("fill", "one_week"), ("fill", "overdue"), ("analyse", "late"), ("collect", "late")}


def test_a_report_that_was_fixed_does_not_change_when_a_case_does(trial: Tijdig, tmp_path: Path) -> None:
    play(trial, does("sweep", "--at", "2026-01-01"), opens("lid-001", "2025-12-01", "2026-01-02"),
         judges("lid-001", "2026-02-20"), quarter_ends, fills("K-01"), analyses("K-01"),
         analyses("K-15b", procedure="kpi-count"), fixes)  # fmt: skip
    before = lines(trial, tmp_path)
    first = (tmp_path / "report.docx").read_bytes()

    play(trial, does("correct", "kpi-return/K-01", "realised=Anders", "--by", "adviser1", "--reason",
                     "het getal klopte niet", "--at", "2026-04-20"),
         does("correct", "orange-status/lid-001", "orange_on=2025-11-01", "--by", "adviser1", "--reason",
              "de datum klopte niet"))  # fmt: skip

    assert before["K-15b"][0] == "1 van 1 (100 %)"
    assert before["K-01"][0] == "182 leden, ledenadministratie"
    assert lines(trial, tmp_path) == before
    assert (tmp_path / "report.docx").read_bytes() == first


def test_the_log_holds_the_hash_of_the_lines_and_each_line_the_log_heads_it_came_from(
    trial: Tijdig, tmp_path: Path
) -> None:
    play(trial, does("sweep", "--at", "2026-01-01"), opens("lid-001", "2025-12-01", "2026-01-02"),
         judges("lid-001", "2026-02-20"), quarter_ends, analyses("K-15b", procedure="kpi-count"), fixes)  # fmt: skip

    kept = trial("case", REPORT, "--json").json["facts"]["lines"]
    content = (tmp_path / "files" / kept["sha256"][:2] / kept["sha256"]).read_text(encoding="utf-8")
    rows = {row["kpi"]: row for row in csv.DictReader(StringIO(content))}
    heads = []
    for case in ("kpi-count/K-15b", "orange-status/lid-001"):
        found = trial("case", case, "--json").json
        heads.append(f"{found['case']} {found['log'][-1]['seq']} {found['log'][-1]['hash']}")
    assert rows["K-15b"]["sources"] == "; ".join(heads)
    assert len(rows) == 22


def test_nobody_hands_in_the_lines_and_only_the_director_fixes(trial: Tijdig, tmp_path: Path) -> None:
    play(trial, does("sweep", "--at", "2026-01-01"), quarter_ends, analyses("K-15b", procedure="kpi-count"))
    trial("decide", REPORT, "collect", "accept_missing", "--reason", "de rest volgt later", "--by", "adviser1")
    (tmp_path / "own.csv").write_text("kpi", encoding="utf-8")

    own = trial("decide", REPORT, "fix", "fixed", "--set", f"lines=@{tmp_path}/own.csv", "--by", "director1")
    other = trial("decide", REPORT, "fix", "fixed", "--by", "adviser1")

    assert (own.status, "wordt door Tijdig opgemaakt" in own.err) == (1, True)
    assert (other.status, "directeur" in other.err) == (1, True)


PLAN = "kpi_id,doel,owner_code,computed\n"
REFUSED = [
    pytest.param("kpi_id,doel\nK-01,Leden\n", "owner_code", "ontbreekt", id="a column that is missing"),
    pytest.param(PLAN + "K-01,Leden,RC,\nK-01,Leden,RC,\n", "kpi_id", "staat ook in rij 2", id="a KPI twice"),
    pytest.param(PLAN + "K-01,,RC,\n", "doel", "is leeg", id="without a goal"),
    pytest.param(PLAN + "K-01,Leden,RC,tellen\n", "computed", "is geen telling", id="no rule"),
    pytest.param(PLAN + "K-01,Leden,RC,orange-status:snel\n", "computed", "geen doel 'snel'. Kies uit: norm, max",
                 id="a goal that is not there"),
    pytest.param(PLAN + "K-01,Leden,RC,orange-status=blauw\n", "computed", "eindigt nooit met 'blauw'",
                 id="a result that is not there"),
    pytest.param(PLAN + "K-01,Leden,RC,geel:norm\n", "computed", "no procedure 'geel'", id="no such procedure"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "said"), REFUSED)
def test_a_plan_with_a_fault_is_refused_whole(trial: Tijdig, tmp_path: Path, text: str, column: str, said: str) -> None:
    file = tmp_path / "kpis.csv"
    file.write_text(text, encoding="utf-8")
    before = trial("export", "kpis").out

    ran = trial("import", "kpis", file, "--json")

    assert ran.status == 1
    assert any(p["column"] == column and said in p["problem"] for p in ran.json["problems"])
    assert trial("export", "kpis").out == before


def test_the_plan_of_the_source_goes_in_and_comes_out_the_same(trial: Tijdig, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text(trial("export", "kpis").out, encoding="utf-8")

    assert trial("import", "kpis", DATA / "kpis-2021.csv", "--json").json["problems"] == []  # it has no `computed`
    assert trial("import", "kpis", out, "--json").json["problems"] == []
    assert trial("export", "kpis").out == out.read_text(encoding="utf-8")
