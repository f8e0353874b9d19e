"""The flows as Prefect runs them: one harness for all, since it takes half a minute to come up."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect import runtime
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness
from sqlmodel import col, select

from flows.audit import audit
from flows.check_ahead import check_ahead
from flows.deliver import deliver
from flows.orange_status import follow_up_orange_status, start_orange_status
from flows.sweep import sweep
from models.case import Case, Log, Payload
from models.message import Mail
from models.operation import Installation, Run
from tests.service.office import Office
from tijdig.engine.calendar import instant

pytestmark = [pytest.mark.real, pytest.mark.long]


@pytest.fixture(scope="module", autouse=True)
def prefect() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def trial(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Office:
    """The office as a trial whose environment names it; its clock stands at nine on 5 January 2026."""
    office.choose("red_decider", "directeur")
    monkeypatch.setenv("TIJDIG_DATA", str(tmp_path))
    monkeypatch.setenv("TIJDIG_DATABASE_URL", office.store.url.render_as_string(hide_password=False))
    with office.store.write() as session:
        session.get_one(Installation, 1).mode = "trial"
    return at(office, "2026-01-05")


def at(office: Office, day: str) -> Office:
    office.on(day)
    with office.store.write() as session:
        session.get_one(Installation, 1).trial_now = instant(office.day, office.hour)
    return office


def ended(flow: Any, **parameters: Any) -> tuple[str, str | None]:
    state = flow(**parameters, return_state=True)
    return state.name, state.message


def artifacts(key: str) -> list[Any]:
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/filter", json={"artifacts": {"key": {"any_": [key]}}}).json()
    return [each["data"] for each in found]


ORANGE = {"member": "lid-001", "orange_on": "5 jan 2026", "by": "adviser1"}


def test_a_form_opens_a_case_by_a_person_via_prefect_and_shows_what_follows(trial: Office) -> None:
    name, message = ended(start_orange_status, **ORANGE)

    assert (name, message) == ("Completed", "Oranje dossier: geopend als ORA-2026-001")
    with trial.reading() as session:
        opened = session.exec(
            select(Payload.body).join(Log, col(Log.id) == col(Payload.log_id)).where(Log.kind == "open")
        )
        assert json.loads(opened.first() or "")["via"] == "Prefect"
    shown = artifacts("start-orange-status")[-1]
    assert "| Geef een oordeel: groen of rood | kwaliteitsadviseur | ma 30 mrt 2026 | norm |" in shown
    assert "- di 31 mrt 2026: escalatie ‘Groen of rood’ aan directeur" in shown


def test_a_form_that_is_only_shown_opens_nothing(trial: Office) -> None:
    name, message = ended(start_orange_status, **ORANGE, dry_run=True)

    assert (name, message) == ("Completed", "Oranje dossier: alleen getoond, niet geopend")
    assert trial.codes("orange-status") == []


WRONG = [
    pytest.param({"orange_on": "31-02-2026"}, "'31-02-2026' is geen datum.", id="a day that does not exist"),
    pytest.param({"member": "lid-099"}, "There is no member 'lid-099'.", id="a member that is not there"),
    pytest.param({"by": "nobody1"}, "'nobody1' is hier niet bekend.", id="a person who is not there"),
    pytest.param({"by": "director1"}, "U mag dit niet afronden.", id="a person who may not"),
]


@pytest.mark.parametrize(("wrong", "said"), WRONG)
def test_a_wrong_form_fails_in_one_readable_sentence(trial: Office, wrong: dict[str, str], said: str) -> None:
    name, message = ended(start_orange_status, **ORANGE | wrong)

    assert name == "Failed"
    assert said in (message or "")
    assert trial.codes("orange-status") == []


def test_a_sweep_does_what_is_due_shows_it_and_is_noted_as_a_whole_one(trial: Office) -> None:
    ended(start_orange_status, **ORANGE)
    at(trial, "2026-02-02")

    assert ended(sweep) == ("Completed", "1 dossiers bekeken, 2 gebeurtenissen, 0 incidenten.")
    assert ended(sweep) == ("Completed", "0 dossiers bekeken, 0 gebeurtenissen, 0 incidenten.")
    [table] = [json.loads(each) for each in artifacts("sweep")]
    assert {(row["Dossier"], row["Wat"], row["Stap"]) for row in table} == {
        ("ORA-2026-001", "escalatie", "send_actions"), ("ORA-2026-001", "herinnering", "improve"),
    }  # fmt: skip
    with trial.reading() as session:
        kinds = [(run.kind, run.by) for run in session.exec(select(Run))]
    assert kinds == [("sweep/orange-status", "prefect"), ("sweep", "prefect"), ("sweep", "prefect")]


def test_a_sweep_that_a_later_one_overtook_does_nothing(trial: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(start_orange_status, **ORANGE)
    at(trial, "2026-02-02")
    planned, later = (datetime.now(UTC) - timedelta(minutes=minutes) for minutes in (30, 5))
    monkeypatch.setitem(runtime.flow_run.FIELDS, "scheduled_start_time", lambda: planned)
    with trial.store.write() as session:
        session.add(Run(kind="sweep", by="prefect", started_at=later, finished_at=later))

    assert ended(sweep) == ("Skipped", "Een latere ronde deed dit al.")


def test_follow_up_catches_up_the_cases_of_its_own_procedures(trial: Office) -> None:
    ended(start_orange_status, **ORANGE)
    at(trial, "2026-02-02")

    assert ended(follow_up_orange_status)[1] == "1 dossiers bekeken, 2 gebeurtenissen, 0 incidenten."


def test_delivery_composes_and_sends(trial: Office) -> None:
    ended(start_orange_status, **ORANGE)

    name, message = ended(deliver)

    assert name == "Completed"
    with trial.reading() as session:
        mails = session.exec(select(Mail)).all()
    assert {mail.state for mail in mails} == {"verzonden"}
    assert (message or "").startswith(f"{len(mails)} berichten gemaakt. Verstuurd {len(mails)},")


def test_the_audit_puts_right_what_differs_from_the_log_and_shows_it(trial: Office) -> None:
    ended(start_orange_status, **ORANGE)
    with trial.store.write() as session:
        session.exec(select(Case)).one().version = 7

    assert ended(audit) == ("Completed", "1 dossiers nagegaan, 1 weken af van hun logboek.")
    assert ended(audit) == ("Completed", "1 dossiers nagegaan, 0 weken af van hun logboek.")
    [table] = [json.loads(each) for each in artifacts("audit")]
    assert table == [{"Dossier": "ORA-2026-001", "Wat": "version was 7, moet 1", "Hersteld": "ja"}]
    with trial.reading() as session:
        kinds = [(run.kind, run.by) for run in session.exec(select(Run))]
    assert kinds == [("audit", "prefect")] * 2


def test_looking_ahead_tells_which_role_nobody_will_hold(trial: Office) -> None:
    ended(start_orange_status, **ORANGE)
    for adviser in ("adviser1", "adviser2"):
        trial.absent(adviser, "2026-01-12", "2026-01-12")

    assert ended(check_ahead) == ("Completed", "1 termijnen bekeken, 1 problemen, 0 opgelost.")
    [table] = [json.loads(each) for each in artifacts("check-ahead")]
    assert table[0]["Probleem"].startswith("Rol kwaliteitsadviseur: er is niemand op de dag dat iets moet")
