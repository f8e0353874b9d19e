"""Rapportages: what is in and what lacks, where registers differ, who is reminded, what was fixed, what came after."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import Session

from flows.kpi_report import KPI_COUNT, KPI_REPORT, KPI_RETURN
from flows.wzd_half_year import WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR
from models.operation import Cohort, Kpi
from models.organisation import Person, Subject
from tests.web.test_logbook import asked
from tests.web.town import Town, words
from tijdig.engine.snapshot import canonical
from tijdig.service import cases, pins
from tijdig.service.cases import Doing
from tijdig.service.exports import COLUMNS
from tijdig.service.people import Directory
from tijdig.service.work import Work

MEMBERS = ("lid-009", "lid-010", "lid-022")
PERIOD = {"period_from": "2021-01-01", "period_until": "2021-06-30"}
HEAD = "member;client;kind;begin;end;emergency"
ONS = f"{HEAD}\nlid-009;c-1;c;2021-02-03 14:30;2021-02-03 15:00;nee\n"
LOG = f"{HEAD}\nlid-009;c-1;c;2021-02-03 14:30;2021-02-03 15:30;nee\n"
REASON = "nagevraagd bij het lid"


def people(session: Session) -> None:
    for member in MEMBERS:
        session.add_all((Subject(ref=member), Person(id=member, name=member.title(), digest=False)))
    session.flush()
    session.add_all(Cohort(name="wzd-members", subject=member, since=date(2021, 1, 1)) for member in MEMBERS)


@pytest.fixture
def office(town: Town) -> Town:
    with town.store.write() as session:
        pins.publish(session, [WZD_HALF_YEAR, WZD_RETURN, WZD_YEAR, KPI_REPORT, KPI_RETURN, KPI_COUNT], now=town.now,
                     by="test")  # fmt: skip
        people(session)
    town.join("wes", "wzd-functionaris")
    town.join("adm", "zorgadministratie")
    return town


def begin(town: Town) -> str:
    with town.store.write() as session:
        work = Work(session)
        facts = {**PERIOD, "igj_on": "2021-08-12"}
        held = cases.open_case(
            work, Directory.load(session), "wzd-half-year", "2021-01..2021-06", facts, Doing("ann", town.now)
        )
        work.flush()
        return held.code


@pytest.fixture
def report(office: Town) -> str:
    return begin(office)


def answer(town: Town, member: str, measures: str = "1") -> None:
    code = f"WZO-2021-{MEMBERS.index(member) + 1:03}"
    assert town.fill(town.link(code, "hand_in", member), measures=measures).status_code == 200


@pytest.fixture
def compared(office: Town, report: str) -> str:
    """All answered, and both registers are in: they differ in one line."""
    for member in MEMBERS:
        answer(office, member)
    office.decide_with(report, "extract", "handed_in", "adm", care_file=ONS)
    office.decide_with(report, "log", "handed_in", "wes", officer_log=LOG)
    return report


def page(town: Town, case: str, more: str = "") -> str:
    return town.get(f"/rapportages/{case}{more}").text


# --- what is in, and what lacks


def test_the_list_says_how_many_are_in_and_whether_it_was_fixed(office: Town, report: str) -> None:
    answer(office, "lid-009")
    office.enter("ann")

    assert f"Wzd-halfjaaroverzicht 2021-1 1 van 3 ○ concept {report}" in words(office.get("/rapportages").text)


def test_a_report_names_who_lacks(office: Town, report: str) -> None:
    answer(office, "lid-009")
    office.enter("ann")

    said = words(page(office, report))

    assert "Wzd-halfjaaroverzicht 2021-1 ○ concept · cijfers van ma 4 okt 2021, 09:00" in said
    assert "1 van 3 · ontbreekt: Lid 010 , Lid 022 ." in said


def test_who_has_no_role_in_it_does_not_see_it(office: Town, report: str) -> None:
    office.join("eve", "inkoper")
    office.enter("eve")

    assert "nog geen rapportages van uw rollen" in words(office.get("/rapportages").text)
    for more in ("", "/herinner", "/verschil/x", "/tabel/returns.csv"):
        assert office.get(f"/rapportages/{report}{more}").status_code == 403


def test_a_dossier_that_is_no_report_is_not_found(office: Town) -> None:
    case = office.open()
    office.enter("ann")

    assert office.get(f"/rapportages/{case}").status_code == 404


def test_the_list_asks_no_more_for_many_reports_than_for_one(office: Town) -> None:
    office.enter("ann")
    counts = []
    for year in (2018, 2019, 2020):
        with office.store.write() as session:
            work = Work(session)
            facts = {"period_from": f"{year}-01-01", "period_until": f"{year}-06-30", "igj_on": f"{year}-08-12"}
            cases.open_case(
                work, Directory.load(session), "wzd-half-year", f"{year}-01..{year}-06", facts, Doing("ann", office.now)
            )
            work.flush()
        office.get("/rapportages")
        with asked() as statements:
            office.get("/rapportages")
        counts.append(len(statements))

    assert counts[0] == counts[1] == counts[2]


# --- reminding


def test_reminding_shows_first_what_each_gets_and_then_asks_why(office: Town, report: str) -> None:
    answer(office, "lid-009")
    office.enter("ann")

    before = page(office, report, "/herinner")
    short = office.post(f"/rapportages/{report}/herinner", {"reden": "kort"}, page=before)
    done = office.post(f"/rapportages/{report}/herinner", {"reden": "de termijn nadert"}, page=before)

    assert "● Lid 010 : krijgt een herinnering: Geef op hoe vaak" in words(before)
    assert "Lid 009" not in words(before)
    assert (short.status_code, done.status_code) == (422, 303)
    assert "Schrijf een reden van minimaal 10 tekens." in words(short.text)
    assert "2 herinneringen staan klaar." in words(office.get(done.headers["location"]).text)
    reminded = [(r.act, r.by, r.reason, r.via) for code in ("WZO-2021-002", "WZO-2021-003")
                for r in office.records(code) if r.act == "remind"]  # fmt: skip
    assert reminded == [("remind", "ann", "de termijn nadert", "web")] * 2
    assert not [r for r in office.records("WZO-2021-001") if r.act == "remind"]


def test_the_same_form_twice_reminds_once(office: Town, report: str) -> None:
    office.enter("ann")
    before = page(office, report, "/herinner")

    first, second = (
        office.post(f"/rapportages/{report}/herinner", {"reden": "de termijn nadert"}, page=before) for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (303, 409)
    assert "kan niet: is vandaag al herinnerd" in words(second.text)
    assert len([r for r in office.records("WZO-2021-001") if r.act == "remind"]) == 1


def test_when_somebody_answered_meanwhile_nobody_is_reminded_yet(office: Town, report: str) -> None:
    office.enter("ann")
    before = page(office, report, "/herinner")
    answer(office, "lid-009")

    changed = office.post(f"/rapportages/{report}/herinner", {"reden": "de termijn nadert"}, page=before)

    assert changed.status_code == 409
    assert "Dit is intussen gewijzigd." in words(changed.text)
    assert not [r for r in office.records("WZO-2021-002") if r.act == "remind"]


def test_who_may_not_remind_reads_why(office: Town, report: str) -> None:
    office.enter("wes")

    said = words(page(office, report, "/herinner"))

    assert "■ Lid 009 : kan niet: U mag dit niet. De rol" in said
    assert "Er is nu niemand te herinneren." in said


# --- differences


def difference(town: Town, case: str) -> str:
    return page(town, case).partition(f"/rapportages/{case}/verschil/")[2].partition('"')[0]


def test_a_difference_is_settled_with_a_reason(office: Town, compared: str) -> None:
    office.enter("wes")
    said = words(page(office, compared))
    path = f"/rapportages/{compared}/verschil/{difference(office, compared)}"

    empty = office.post(path, {})
    done = office.post(path, {"geldt": "officer_log", "reden": REASON})

    assert "Verschillen die nog open staan (1)" in said
    assert "lid-009 · c-1 · insluiten · 03-02-2021 14:30" in said
    assert empty.status_code == 422
    assert "Maak een keuze. Schrijf een reden van minimaal 10 tekens." in words(empty.text)
    assert done.headers["location"] == f"/rapportages/{compared}#verschillen"
    after = words(page(office, compared))
    assert "nog open staan" not in after
    assert "03-02-2021 15:00" in after
    assert f"Logboek van de Wzd-functionaris {REASON} Wes" in after


def test_who_has_not_that_task_cannot_settle(office: Town, compared: str) -> None:
    office.enter("wes")
    path = f"/rapportages/{compared}/verschil/{difference(office, compared)}"
    office.enter("ann")

    denied = office.post(path, {"geldt": "officer_log", "reden": REASON})

    assert difference(office, compared) == ""
    assert denied.status_code == 403
    assert office.events("denied") == ["ann"]
    assert not [r for r in office.records(compared) if r.act == "record"]


def test_a_difference_that_another_settled_meanwhile_is_shown_anew(office: Town, compared: str) -> None:
    office.enter("wes")
    path = f"/rapportages/{compared}/verschil/{difference(office, compared)}"
    before = office.get(path).text
    office.post(path, {"geldt": "care_file", "reden": REASON})

    late = office.post(path, {"geldt": "officer_log", "reden": REASON}, page=before)

    assert late.status_code == 409
    assert "Dit is intussen gewijzigd." in words(late.text)
    assert len([r for r in office.records(compared) if r.act == "record"]) == 1


def test_a_difference_that_is_not_there_is_not_found(office: Town, compared: str) -> None:
    office.enter("wes")

    assert office.get(f"/rapportages/{compared}/verschil/onzin").status_code == 404


# --- fixed


@pytest.fixture
def fixed(office: Town, compared: str) -> str:
    office.enter("wes")
    path = f"/rapportages/{compared}/verschil/{difference(office, compared)}"
    office.post(path, {"geldt": "officer_log", "reden": REASON})
    office.later(hours=1)
    assert office.post(f"/dossier/{compared}/taak/reconcile", {"uitkomst": "settled"}).status_code == 200
    return compared


def test_fixing_is_the_decision_of_the_procedure(office: Town, compared: str) -> None:
    office.enter("wes")

    said = page(office, compared)

    assert f'href="/dossier/{compared}/taak/reconcile">Vaststellen…' in said
    assert "Dat doet de rol wzd-functionaris." in words(said)


def test_before_its_time_it_says_what_is_waited_for(office: Town, report: str) -> None:
    office.enter("wes")

    said = page(office, report)

    assert "Vaststellen kan nog niet" in words(said)
    assert "Vaststellen…" not in said


def test_what_was_fixed_stands_with_hash_role_and_time(office: Town, fixed: str) -> None:
    said = page(office, fixed)

    assert "● vastgesteld op ma 4 okt 2021, 10:00 , versie 1" in words(said)
    assert "Versie 1 , ma 4 okt 2021, 10:00 , rol wzd-functionaris (Wes)" in words(said)
    hashes = [value["sha256"] for record in office.records(fixed) for value in record.values.values()
              if isinstance(value, dict) and "sha256" in value]  # fmt: skip
    assert hashes[-1] in said
    assert "Lid-009" not in words(said)
    assert "lid-009 insluiten 1" in words(said)
    assert "Gewijzigd na vaststelling" not in said


def test_what_changed_after_it_is_counted(office: Town, fixed: str) -> None:
    office.later(hours=1)
    office.act("WZO-2021-002", "reopen", step="hand_in")

    said = words(page(office, fixed))

    assert "Gewijzigd na vaststelling (1) ma 4 okt 2021, 11:00 , WZO-2021-002" in said


def test_a_report_that_was_opened_again_is_a_concept_again(office: Town, fixed: str) -> None:
    office.later(hours=1)
    office.act(fixed, "take-back", step="reconcile")

    said = words(page(office, fixed))

    assert "○ concept" in said
    assert "Versie 1 , ma 4 okt 2021, 10:00 , rol wzd-functionaris (Wes) (vervallen" in said


# --- downloads


def test_a_table_as_csv_opens_in_a_dutch_spreadsheet_and_runs_nothing(office: Town, report: str) -> None:
    office.fill(office.link("WZO-2021-001", "hand_in", "lid-009"), measures="1", remark="=1+1")
    office.enter("ann")

    answered = office.get(f"/rapportages/{report}/tabel/returns.csv")

    assert answered.content.startswith(b"\xef\xbb\xbfLid;Stand;Opgegeven;Opmerking;Gelezen op\n")
    assert b"lid-009;Opgegeven;1;'=1+1;04-10-2021 09:00\n" in answered.content
    assert f'filename="{report}-returns-2021-10-04-0900.csv"' in answered.headers["content-disposition"]
    assert office.get(f"/rapportages/{report}/tabel/returns.xlsx").content.startswith(b"PK")
    assert office.get(f"/rapportages/{report}/tabel/onzin.csv").status_code == 404
    assert office.get(f"/rapportages/{report}/tabel/returns.exe").status_code == 404


@pytest.mark.parametrize(("path", "begins"), [("wzd-report/docx", b"PK"), ("wzd-figures/xlsx", b"PK")])
def test_the_documents_of_a_report_are_made_of_it(office: Town, fixed: str, path: str, begins: bytes) -> None:
    made = office.post(f"/dossier/{fixed}/maak/{path}", {}, page=page(office, fixed))

    assert made.content.startswith(begins)


def test_text_that_is_html_stays_text(office: Town, report: str) -> None:
    office.fill(office.link("WZO-2021-001", "hand_in", "lid-009"), measures="1", remark="<script>alert(1)</script>")
    office.enter("ann")

    said = page(office, report)

    assert "<script>" not in said
    assert "&lt;script&gt;alert(1)" in said


# --- KPIs


def test_a_kpi_report_shows_its_lines_and_is_fixed_by_the_director(office: Town) -> None:
    cells = dict.fromkeys(COLUMNS["kpis"], "") | {"doel": "Minder wachten", "owner_code": "AO", "kind": "kpi"}
    with office.store.write() as session:
        session.add_all((Kpi(id="K1", body=canonical(cells)), Subject(ref="K1")))
        session.add(Kpi(id="K2", body=canonical(cells | {"computed": "orange-status:norm"})))
        session.add(Subject(ref="K2"))
    office.join("own", "kpi-eigenaar")
    case = office.open("kpi-report", "2021-07..2021-09", period_from="2021-07-01", period_until="2021-09-30")
    office.enter("dir")

    said = words(page(office, case))

    assert "KPI-rapport 2021 kwartaal 3" in said
    assert "0 van 2" in said
    assert "K1 Minder wachten" in said
    assert "niet opgegeven" in said

    for step in ("collect", "review"):
        office.decide(case, step, "accept_missing", "ann", "het kwartaal is voorbij")
    office.later(hours=1)
    assert f'href="/dossier/{case}/taak/fix">Vaststellen…' in page(office, case)
    assert office.post(f"/dossier/{case}/taak/fix", {}).status_code == 200

    office.later(hours=1)
    office.decide("KPI-2021-001", "fill", "filled", "own", realised="12 dagen")
    said = words(page(office, case))
    assert "● vastgesteld op ma 4 okt 2021, 10:00 , versie 1" in said
    assert "rol directeur (Dir)" in said
    assert "niet opgegeven" in said, "what was fixed stays as it was"
    assert "Gewijzigd na vaststelling (1) ma 4 okt 2021, 11:00 , KPI-2021-001" in said
