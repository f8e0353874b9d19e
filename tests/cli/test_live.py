"""A live installation: the account of the operating system says who acts, and both are logged."""

from pathlib import Path

import pytest

from tests.cli.conftest import Tijdig, sql
from tijdig.cli import edge

START = ("start", "orange-status", "--set", "orange_on=2026-01-05")
TABLES = {
    "people": "id,name,email,channel,account\nadviser1,Adviseur Een,a1@huis.example,mail,an\n"
    "adviser2,Adviseur Twee,a2@huis.example,mail,bo\ndirector1,Directeur,d1@huis.example,mail,\n",
    "members": "reference,name,email\nlid-001,Lid 1,l1@leden.example\nlid-002,Lid 2,l2@leden.example\n",
    "assignments": "person,role,scope,from,until\nadviser1,kwaliteitsadviseur,all,,\ndirector1,directeur,all,,\n",
    "absences": "person,from,until,deputy\nadviser1,2020-01-01,2199-12-31,adviser2\n",
}


@pytest.fixture
def live(tijdig: Tijdig, tmp_path: Path) -> Tijdig:
    assert tijdig("init", "--json").json["mode"] == "live"
    for kind, rows in TABLES.items():
        (tmp_path / f"{kind}.csv").write_text(rows, encoding="utf-8")
        done = tijdig("import", kind, tmp_path / f"{kind}.csv")
        assert (done.status, done.err) == (0, "")
    return tijdig


def log_in(monkeypatch: pytest.MonkeyPatch, account: str) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: account)


@pytest.mark.parametrize(
    ("account", "by", "says"),
    [
        ("eve", "adviser1", "Account 'eve' of this machine belongs to no person."),
        ("an", "director1", "Account 'an' is adviser1, who may not act as director1. Say --by adviser1."),
        ("bo", "director1", "Account 'bo' is adviser2, who may not act as director1."),
    ],
)
def test_an_account_acts_as_nobody_else(
    live: Tijdig, monkeypatch: pytest.MonkeyPatch, account: str, by: str, says: str
) -> None:
    log_in(monkeypatch, account)

    done = live(*START, "--subject", "lid-001", "--by", by)
    setting = live("set", "orange_term", "10 weken", "--by", by, "--reason", "zo besloten")

    assert (done.status, setting.status) == (1, 1)
    assert says in done.err
    assert says in setting.err
    assert live("cases", "--json").json == []
    denied = sql("select actor, detail from event where kind = 'denied' order by id")
    assert [actor for actor, _ in denied] == [by, by]
    assert f'"account":"{account}"' in denied[0][1]


def test_person_and_account_are_both_logged_also_for_a_deputy(live: Tijdig, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(monkeypatch, "an")
    assert live("set", "red_decider", "directeur", "--by", "adviser1", "--reason", "zo besloten").status == 0
    log_in(monkeypatch, "bo")

    case = live(*START, "--subject", "lid-001", "--by", "adviser1", "--json").json["case"]

    [opened, *_rest] = live("case", case, "--json").json["log"]
    assert (opened["actor"], opened["said"]["behalf"]) == ("adviser2", "adviser1")
    acts = [detail for (detail,) in sql("select detail from event where kind = 'act' order by id")]
    assert acts == [
        '{"account":"an","behalf":"","command":"set"}', '{"account":"bo","behalf":"adviser1","command":"start"}',
    ]  # fmt: skip


def test_a_file_may_not_name_others(live: Tijdig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log_in(monkeypatch, "an")
    (tmp_path / "start.csv").write_text(
        "procedure,subject,by,at,orange_on\norange-status,lid-001,director1,,2026-01-05\n", encoding="utf-8"
    )

    done = live("start", "--batch", tmp_path / "start.csv")

    assert done.status == 1
    assert "may not act as director1" in done.err
    assert live("cases", "--json").json == []


def test_who_looks_into_a_dossier_is_logged(live: Tijdig, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(monkeypatch, "an")
    live("set", "red_decider", "directeur", "--by", "adviser1", "--reason", "zo besloten")
    case = live(*START, "--subject", "lid-001", "--by", "adviser1", "--json").json["case"]

    assert live("case", "orange-status/lid-001").status == 0

    [(actor, detail)] = sql("select actor, detail from event where kind = 'read'")
    assert (actor, detail) == ("adviser1", f'{{"account":"an","case":"{case}"}}')


def test_the_account_is_that_of_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(monkeypatch, "an")

    assert edge.account() == "an"


def test_once_there_is_an_administrator_nobody_else_changes_the_house(
    live: Tijdig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = tmp_path / "beheer.csv"
    table.write_text("person,role,scope,from,until\nadviser2,beheerder,all,,\n", encoding="utf-8")
    assert live("import", "assignments", table).status == 0

    for account in ("an", "eve"):
        log_in(monkeypatch, account)
        chosen = live("set", "red_decider", "directeur", "--by", "adviser1", "--reason", "zo besloten")
        taken_in = live("import", "people", tmp_path / "people.csv")
        assert (chosen.status, taken_in.status) == (1, 1)
        assert "het is werk van de rol beheerder (adviser2)" in taken_in.err
    log_in(monkeypatch, "bo")

    assert live("set", "red_decider", "directeur", "--by", "adviser2", "--reason", "zo besloten").status == 0
    assert live("import", "people", tmp_path / "people.csv").status == 0


def test_the_reason_of_a_setting_may_hold_no_bsn(live: Tijdig, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(monkeypatch, "an")

    done = live("set", "red_decider", "directeur", "--by", "adviser1", "--reason", "besproken met 111222333")

    assert done.status == 1
    assert "BSN" in done.err
