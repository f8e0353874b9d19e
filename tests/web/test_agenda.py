"""Calendars by secret addresses: to make, to show once, to revoke, and what stands in them."""

import logging
import re

import pytest
from icalendar import Calendar
from sqlmodel import select, update

from models.access import Feed
from models.organisation import Person
from tests.web.town import ADVISER, DIRECTOR, Town, hidden, words
from tijdig.engine import DueRule, Procedure, Step, days
from tijdig.service import cases, pins
from tijdig.service.cases import Doing
from tijdig.service.people import Directory
from tijdig.service.work import Work
from tijdig.web.shield import mask_tokens

CLIENTS = Procedure(
    "clients", "CLI", "Wzd-plan", 1, "cliënt", owner=ADVISER, late_to=DIRECTOR, facts=(),
    steps=(Step("plan", "Stel het plan vast", ADVISER, due=DueRule(after="opened:plan", within=days(7))),),
)  # fmt: skip


@pytest.fixture
def ann(town: Town) -> Town:
    town.open(orange_on="2021-07-23")
    town.enter("ann")
    return town


def made(town: Town, **given: str) -> str:
    """The path of a new calendar."""
    answer = town.post("/agenda", {"wat": "werk", **given})
    found = re.search(r'value="http://testserver(/agenda/[^"]+\.ics)"', answer.text)
    assert found, words(answer.text)
    return found[1]


def entries(town: Town, path: str) -> dict[str, dict[str, str]]:
    """What a calendar programme without any cookie reads there: by UID, in the order of the file."""
    town.client.cookies.clear()
    answer = town.client.get(path)
    assert answer.status_code == 200
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(e["UID"]): {name: e[name].to_ical().decode() for name in e} for e in events}


def summaries(town: Town, path: str) -> list[tuple[str, str]]:
    return sorted((e["DTSTART"], e["SUMMARY"].replace("\\,", ",")) for e in entries(town, path).values())


def test_ones_own_calendar_holds_what_one_must_do(ann: Town) -> None:
    assert summaries(ann, made(ann)) == [
        ("20210730", "Stuur het lid de verbeterpunten, lid 014, ORA-2021-001"),
        ("20211015", "Geef een oordeel: groen of rood, lid 014, ORA-2021-001"),
    ]


def test_a_dossiers_calendar_holds_all_its_dates(ann: Town) -> None:
    assert summaries(ann, made(ann, wat="dossier", dossier="ORA-2021-001")) == [
        ("20210730", "Stuur het lid de verbeterpunten, lid 014, ORA-2021-001"),
        ("20211001", "Lever bewijs van de verbeteringen aan, lid 014, ORA-2021-001"),
        ("20211015", "Geef een oordeel: groen of rood, lid 014, ORA-2021-001"),
        ("20211023", "Einde van oranje, lid 014, ORA-2021-001"),
    ]


def test_it_is_a_file_that_may_be_looked_at_again_each_hour_and_says_that_it_may_lag(ann: Town) -> None:
    path = made(ann)
    answer = ann.client.get(path)

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in answer.text
    assert "X-PUBLISHED-TTL:PT1H\r\n" in answer.text
    [first, *_] = entries(ann, path).values()
    assert "Deze agenda kan een dag achterlopen" in first["DESCRIPTION"]
    assert "http://testserver/dossier/ORA-2021-001#waarom-" in first["DESCRIPTION"]
    assert ann.client.head(path).status_code == 200


def test_when_a_date_moves_its_entry_stays_the_same_one_with_a_higher_sequence(ann: Town) -> None:
    path = made(ann)
    before = entries(ann, path)
    with ann.store.write() as session:
        work, doing = Work(session), Doing("ann", ann.now, reason="verkeerd overgenomen")
        cases.correct(work, Directory.load(session), "ORA-2021-001", {"orange_on": "2021-07-26"}, doing)
        work.flush()

    after = entries(ann, path)

    assert after.keys() == before.keys()
    for uid in before:
        assert after[uid]["DTSTART"] > before[uid]["DTSTART"]
        assert int(after[uid]["SEQUENCE"]) > int(before[uid]["SEQUENCE"])


def test_what_is_done_is_there_no_more(ann: Town) -> None:
    path = made(ann)
    ann.decide("ORA-2021-001", "judge", "green", "ann")

    assert entries(ann, path) == {}


def test_no_client_is_named_in_it(ann: Town) -> None:
    with ann.store.write() as session:
        pins.publish(session, [CLIENTS], now=ann.now, by="test")
    ann.open("clients", "c-4711")

    found = ann.client.get(made(ann)).text

    assert "Stel het plan vast\\, CLI-2021-001" in found
    assert "4711" not in found


def test_a_deputy_sees_the_work_of_whom_they_stand_in_for(ann: Town) -> None:
    ann.join("eve")
    ann.absent("ann", deputy="eve")
    ann.enter("eve")

    assert len(summaries(ann, made(ann))) == 2


# --- the address


def test_the_address_is_shown_once_and_only_its_hash_is_stored(ann: Town) -> None:
    token = made(ann).removeprefix("/agenda/").removesuffix(".ics")

    assert len(token) >= 43
    with ann.store.read() as session:
        assert token not in str(session.exec(select(Feed)).one().model_dump())
    assert token not in ann.get("/agenda").text
    assert "Mijn werk, gemaakt op ma 4 okt 2021, 09:00" in words(ann.get("/agenda").text)


def test_a_revoked_address_is_found_no_more(ann: Town) -> None:
    path = made(ann)

    answer = ann.post("/agenda/intrekken", {"agenda": "1"}, page=ann.get("/agenda").text)

    assert answer.headers["location"] == "/agenda?gedaan=ingetrokken"
    assert "Het adres is ingetrokken." in words(ann.get("/agenda?gedaan=ingetrokken").text)
    assert "U hebt nog geen adres." in words(ann.get("/agenda").text)
    assert ann.client.get(path).status_code == 404


@pytest.mark.parametrize("number", ["1", "2", "", "x", "-1", "9" * 30, "²"])
def test_nobody_revokes_anothers_address(ann: Town, number: str) -> None:
    path = made(ann)
    ann.enter("bob")

    answer = ann.post("/agenda/intrekken", {"agenda": number}, page=ann.get("/agenda").text)

    assert answer.headers["location"] == "/agenda?gedaan="
    assert ann.client.get(path).status_code == 200


@pytest.mark.parametrize("token", ["x", "a" * 43, "token-1", "%00", "..%2f"])
def test_an_unknown_address_is_not_found(ann: Town, token: str) -> None:
    assert ann.client.get(f"/agenda/{token}.ics").status_code == 404


def test_who_is_no_colleague_any_more_has_no_calendar(ann: Town) -> None:
    path = made(ann)
    with ann.store.write() as session:
        session.execute(update(Person).where(Person.id == "ann").values(digest=False))  # type: ignore[arg-type]

    assert ann.client.get(path).status_code == 404


def test_who_may_read_a_dossier_no_more_has_no_calendar_of_it(ann: Town) -> None:
    path = made(ann, wat="dossier", dossier="ORA-2021-001")
    own = made(ann)
    ann.leave("ann")

    assert ann.client.get(path).status_code == 404
    assert entries(ann, own) == {}


def test_an_address_that_is_asked_for_too_often_has_to_wait(ann: Town) -> None:
    path = made(ann)

    answers = [ann.client.get(path).status_code for _ in range(61)]

    assert answers == [200] * 60 + [429]


def test_an_address_does_not_stand_in_the_access_log() -> None:
    record = logging.LogRecord("x", 20, "", 0, "%s", ("/agenda/geheim.ics",), None)

    mask_tokens(record)

    assert record.args == ("/agenda/…",)


# --- the form

MISTAKES = [
    ({}, "Kies waarvan u een agenda wilt.", "wat"),
    ({"wat": "alles"}, "Kies waarvan u een agenda wilt.", "wat"),
    ({"wat": "dossier"}, "Er is geen dossier met dit nummer.", "dossier"),
    ({"wat": "dossier", "dossier": "<script>"}, "Er is geen dossier met dit nummer.", "dossier"),
]


@pytest.mark.parametrize(("given", "said", "field"), MISTAKES)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    ann: Town, given: dict[str, str], said: str, field: str
) -> None:
    answer = ann.post("/agenda", given)

    assert answer.status_code == 422
    assert "Er is een probleem: 1 veld." in words(answer.text)
    assert said in words(answer.text)
    assert f'id="{field}-fout"' in answer.text
    assert "<script>" not in answer.text
    if "dossier" in given:
        assert 'value="&lt;script&gt;"' in answer.text
    with ann.store.read() as session:
        assert session.exec(select(Feed)).all() == []


def test_a_dossier_of_others_gets_no_calendar_and_that_one_tried_is_written_down(ann: Town) -> None:
    ann.join("eve", "inkoper")
    ann.enter("eve")

    answer = ann.post("/agenda", {"wat": "dossier", "dossier": "ORA-2021-001"})

    assert answer.status_code == 403
    assert ann.events("denied") == ["eve"]


def test_the_same_form_twice_makes_one_address(ann: Town) -> None:
    page = ann.get("/agenda").text
    answers = [ann.post("/agenda", {"wat": "werk"}, page=page) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 303]
    assert "Er is niets dubbel gedaan." in words(ann.get(answers[1].headers["location"]).text)
    with ann.store.read() as session:
        assert len(session.exec(select(Feed)).all()) == 1


def test_a_form_is_good_for_one_visitor(ann: Town) -> None:
    form = hidden(ann.get("/agenda").text)
    ann.enter("bob")

    assert ann.client.post("/agenda", data=form | {"wat": "werk"}).status_code == 403


def test_nobody_has_more_than_twenty(ann: Town) -> None:
    for _ in range(20):
        made(ann)

    answer = ann.post("/agenda", {"wat": "werk"})

    assert answer.status_code == 422
    assert "Trek eerst een adres in dat u niet meer gebruikt." in words(answer.text)


def test_a_dossier_leads_to_its_own_calendar(ann: Town) -> None:
    assert 'href="/agenda?dossier=ORA-2021-001"' in ann.get("/dossier/ORA-2021-001").text
    assert 'value="ORA-2021-001"' in ann.get("/agenda?dossier=ORA-2021-001").text
    assert 'href="/agenda"' in ann.get("/").text
