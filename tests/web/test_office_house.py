"""Beheer: coverage, settings and calendars, whether mail goes out, and whether all goes by itself."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from models.organisation import Absence
from models.pins import SettingsVersion
from models.restore import Restore
from tests.web.test_office import WHY, details, mail, states
from tests.web.town import Town, hidden, words
from tijdig.service.hold import HELD_BY_RESTORE


@pytest.fixture
def office(town: Town) -> Town:
    town.join("root", "beheerder")
    town.enter("root")
    return town


# --- coverage


def test_a_role_that_has_nobody_is_told_with_what_falls_due(office: Town) -> None:
    office.open(orange_on="2021-07-23")  # the adviser judges by vr 15 okt
    with office.store.write() as session:
        session.add_all(
            Absence(person_id=id, since=date(2021, 10, 11), until=date(2021, 10, 15)) for id in ("ann", "bob")
        )

    page = words(office.get("/beheer/dekking").text)

    assert "kwaliteitsadviseur ma 11 okt 2021 zo 17 okt 2021 ■ niemand 1 termijn" in page


def test_each_week_says_in_words_how_a_role_stands(office: Town) -> None:
    office.absent("dir", deputy="ann")

    page = office.get("/beheer/dekking").text

    assert '<span class="hidden">bezet</span>' in page
    assert '<span class="hidden">alleen vervanger</span>' in page
    assert "okt 2021" in page


# --- settings


def test_settings_stand_with_their_value_source_and_who_chose_them(office: Town) -> None:
    page = words(office.get("/beheer/instellingen").text)

    assert "red_decider directeur" in page
    assert "Ann ma 4 okt 2021: zo besloten" in page
    assert "orange_term 12 weken standaard JP KPI 15" in page


def choose(town: Town, setting: str, value: str, reason: str = WHY) -> tuple[int, str]:
    answer = town.post(f"/beheer/instellingen/{setting}", {"waarde": value, "reden": reason})
    said = town.get(answer.headers["location"]) if answer.status_code == 303 else answer
    return answer.status_code, words(said.text)


CHOSEN = [
    pytest.param("orange_term", "10 weken", "10 weken", id="a term"),
    pytest.param("red_decider", "kwaliteitsadviseur", "kwaliteitsadviseur", id="a role"),
    pytest.param("good_friday", "closed", "dicht", id="of the calendar"),
    pytest.param("extra_closed", "2021-12-24, 2021-12-31", "2021-12-24,2021-12-31", id="days"),
]


@pytest.mark.parametrize(("setting", "value", "shown"), CHOSEN)
def test_a_setting_is_chosen_with_a_reason(office: Town, setting: str, value: str, shown: str) -> None:
    status, said = choose(office, setting, value)

    assert status == 303
    assert "De instelling is vastgelegd." in said
    assert f"Waarde {shown}" in said
    assert f"Gekozen door Root, ma 4 okt 2021, 09:00 : {WHY}" in said
    assert details(office, "set")[-1]["setting"] == setting


REFUSED = [
    pytest.param("orange_term", "10 weken", "", "Schrijf een reden van minimaal 10 tekens.", id="no reason"),
    pytest.param("orange_term", "morgen", WHY, "morgen", id="no term"),
    pytest.param("good_friday", "misschien", WHY, "does not fit", id="no choice"),
    pytest.param("extra_closed", "kerst", WHY, "is geen datum", id="no day"),
]


@pytest.mark.parametrize(("setting", "value", "reason", "says"), REFUSED)
def test_a_value_that_cannot_be_says_why(office: Town, setting: str, value: str, reason: str, says: str) -> None:
    before = len(details(office, "set"))

    status, said = choose(office, setting, value, reason)

    assert status == 422
    assert "Er is een probleem: 1 veld." in said
    assert says in said
    assert len(details(office, "set")) == before


def test_the_same_form_twice_chooses_once(office: Town) -> None:
    path = "/beheer/instellingen/orange_term"
    page = office.get(path).text

    for _ in range(2):
        office.post(path, {"waarde": "10 weken", "reden": WHY}, page=page)

    with office.store.read() as session:
        assert len([v for v in session.exec(select(SettingsVersion)) if v.reason == WHY]) == 1


def test_a_setting_that_is_not_there_is_not_found(office: Town) -> None:
    assert office.get("/beheer/instellingen/onbekend").status_code == 404


# --- running cases go along


def test_running_cases_keep_what_they_had_until_they_are_moved(office: Town) -> None:
    case = office.open(orange_on="2021-07-23")
    _, said = choose(office, "orange_term", "13 weken")

    look = office.post("/beheer/verzetten", {"naar": "settings"})
    version = office.version(case)
    done = office.post("/beheer/verzetten/doen", {"reden": WHY}, page=look.text)

    assert "1 lopende dossier houdt wat het had." in said
    assert "Gevolgen: 1 dossier, " in words(look.text)
    assert "vr 15 okt 2021 vr 22 okt 2021" in words(look.text)
    assert version == office.version(case) - 1
    assert "De lopende dossiers zijn verzet." in words(office.get(done.headers["location"]).text)
    assert office.records(case)[-1].reason == WHY
    assert details(office, "move") == [{"cases": [], "reason": WHY, "to": "settings"}]


def test_moving_asks_for_a_reason(office: Town) -> None:
    case = office.open(orange_on="2021-07-23")
    choose(office, "orange_term", "13 weken")
    look = office.post("/beheer/verzetten", {"naar": "settings"})

    answer = office.post("/beheer/verzetten/doen", {"reden": "kort"}, page=look.text)

    assert answer.status_code == 422
    assert "Schrijf een reden van minimaal 10 tekens." in words(answer.text)
    assert [record.act for record in office.records(case)] == ["open"]


def test_where_all_stand_on_the_newest_there_is_nothing_to_move(office: Town) -> None:
    look = office.post("/beheer/verzetten", {"naar": "calendar"})

    assert "Alle lopende dossiers staan al op de nieuwste kalender." in words(look.text)
    assert "Doorvoeren" not in look.text


def test_nothing_else_can_be_moved_to(office: Town) -> None:
    assert office.post("/beheer/verzetten", {"naar": "elders"}).status_code == 404


# --- calendars


def test_each_version_of_the_calendar_says_who_made_it_and_how_many_cases_are_on_it(office: Town) -> None:
    office.open(orange_on="2021-07-23")
    choose(office, "extra_closed", "2021-12-24")

    page = words(office.get("/beheer/kalenders").text)

    assert f"ma 4 okt 2021, 09:00 Root {WHY} vr 24 dec 2021 0" in page
    assert "Tijdig begin geen 1" in page


# --- whether mail goes out


def test_before_mail_is_turned_on_one_sees_what_would_go(office: Town) -> None:
    mail(office, "klaar")
    office.later(days=6)
    mail(office, "klaar")
    office.enter("root")

    page = words(office.get("/beheer/mailstand").text)

    assert "▲ UIT" in page
    assert "2 berichten staan klaar, het oudste sinds ma 4 okt 2021, 09:00" in page
    assert "1 daarvan is ouder dan 5 dagen." in page
    assert "TIJDIG_MAIL=omleiden" in page


def test_what_is_missing_to_mail_is_said(office: Town) -> None:
    house = office.app.state.house
    office.app.state.house = replace(house, settings=replace(house.settings, mail="aan"))

    page = words(office.get("/beheer/mailstand").text)

    assert "TIJDIG_SMTP_URL is not set" in page


def test_a_trial_says_that_nothing_leaves_the_machine(trial: Town) -> None:
    trial.join("root", "beheerder")
    trial.enter("root")

    assert "niets verlaat deze machine" in words(trial.get("/beheer/mailstand").text)


def restored(town: Town) -> None:
    with town.store.write() as session:
        session.add(Restore(epoch=2, at=town.now, backup_at=town.now - timedelta(days=1)))


def test_after_a_restore_mail_waits_until_somebody_lets_it_go(office: Town) -> None:
    restored(office)
    mail(office, "aangehouden", why=HELD_BY_RESTORE)

    without = office.post("/beheer/mailstand", {"reden": "kort"})
    answer = office.post("/beheer/mailstand", {"reden": WHY})

    assert "Schrijf een reden van minimaal 10 tekens." in words(without.text)
    assert "De mail is vrijgegeven." in words(office.get(answer.headers["location"]).text)
    assert states(office) == ["klaar"]
    assert office.events("release") == ["root"]


def test_without_a_restore_there_is_nothing_to_let_go(office: Town) -> None:
    form = hidden(office.get("/beheer/mailstand").text)

    assert "Mail vrijgeven" not in office.get("/beheer/mailstand").text
    assert office.client.post("/beheer/mailstand", data=form | {"reden": WHY}).status_code == 403


# --- watching


def test_the_watch_shows_the_last_rounds_and_what_is_late(office: Town) -> None:
    office.swept()

    page = words(office.get("/beheer/bewaking").text)

    assert "Termijnen controleren ma 4 okt 2021, 09:00" in page
    assert "Berichten versturen nog nooit" in page
    assert "■ kijk hiernaar" in page
    assert "Logboek bewaakt ● in orde" in page


def test_the_complete_watch_looks_at_the_machine_too(office: Town) -> None:
    page = words(office.get("/beheer/bewaking?volledig=1").text)

    assert "Schijf" in page
    assert "Opslag" in page


PAGES = ("dekking", "instellingen", "instellingen/orange_term", "kalenders", "mailstand", "bewaking", "verzetten")


@pytest.mark.parametrize("page", PAGES)
def test_looking_changes_nothing(office: Town, page: str) -> None:
    before = [details(office, kind) for kind in ("set", "move", "import", "form")]

    assert office.get(f"/beheer/{page}").status_code == 200
    assert [details(office, kind) for kind in ("set", "move", "import", "form")] == before


def test_a_reason_does_not_run_as_a_script(office: Town) -> None:
    choose(office, "orange_term", "10 weken", "<script>alert(1)</script>")
    choose(office, "extra_closed", "2021-12-24", "<script>alert(1)</script>")

    for page in PAGES[1:4]:
        assert "<script>" not in office.get(f"/beheer/{page}").text
        assert "&lt;script&gt;" in office.get(f"/beheer/{page}").text
