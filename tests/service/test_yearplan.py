"""The year plan as a calendar file: read back by the library, and held against the rules of RFC 5545."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar, Event

from flows.wzd_half_year import EACH_HALF_YEAR, WZD_HALF_YEAR, WZD_RETURN
from models.operation import Cohort
from tests.service.office import Office
from tests.service.test_forecast import TWO_STEPS
from tijdig.engine.errors import Refused
from tijdig.service import pins
from tijdig.service.forecast import forecast
from tijdig.service.foretell import period, world_of
from tijdig.service.programmes import install, open_periods
from tijdig.service.yearplan import year_plan


@pytest.fixture
def house(office: Office) -> Office:
    """An orange file, a tender that closes on 10 March at 17:00, and half-years to come."""
    office.choose("red_decider", "directeur")
    with office.store.write() as session:
        pins.publish(session, [TWO_STEPS, WZD_HALF_YEAR, WZD_RETURN], now=office.now, by="test")
        session.add_all(Cohort(name="wzd-members", subject=member) for member in ("lid-001", "lid-002"))
        install(session, [EACH_HALF_YEAR], now=office.now)
    office.open("orange-status", "lid-001", orange_on="2026-01-05")
    office.open("bid", "cz;2027, é", asks_on="2026-02-02", closes_on="2026-03-10")
    return office


def plan(office: Office, *, role: str = "", person: str = "") -> bytes:
    with office.reading() as session:
        within = period("", "", year=True, now=office.now)
        world = world_of(session, within, now=office.now, scenario="on-time")
        return year_plan(session, forecast(session, world, within), now=office.now, role=role, person=person)


def events(made: bytes) -> list[Event]:
    return list(Calendar.from_ical(made).events)


def named(made: bytes) -> dict[str, Event]:
    """By what is asked and of which case."""
    return {str(event["summary"]): event for event in events(made)}


def test_a_role_gets_an_all_day_event_on_each_due_day_with_its_why(house: Office) -> None:
    found = named(plan(house, role="kwaliteitsadviseur"))
    sent = found["Stuur het lid de verbeterpunten, lid 001, ORA-2026-001"]

    assert (sent.decoded("dtstart"), sent.decoded("dtend")) == (date(2026, 1, 12), date(2026, 1, 13))
    assert sent.decoded("dtstamp") == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert str(sent["description"]).splitlines() == [
        "Stuur het lid de verbeterpunten.",
        "Oranje dossier: ORA-2026-001.",
        "Uiterlijk: ma 12 jan 2026 (intern). Oppakken vanaf: ma 5 jan 2026.",
        "Voor: adviser1 en adviser2.",
        "Waarom deze datum?",
        "1. Oranje vastgesteld op ma 5 jan 2026; die dag telt niet mee.",
        "2. 5 werkdagen later is ma 12 jan 2026 (geteld in kantoordagen).",
        "3. Niet verschoven: ma 12 jan 2026 is een kantoordag.",
        "4. Te laat vanaf di 13 jan 2026, 00:00. Veilig: ma 12 jan 2026.",
        "Stand van ma 5 jan 2026, 09:00. Deze agenda kan een dag achterlopen; wat nu geldt, staat in Tijdig.",
    ]
    assert "Verzamel de opgaven van de leden, 2026-01..2026-06, Wzd-halfjaaroverzicht" in found


def test_what_is_not_open_yet_says_that_its_day_is_reckoned(house: Office) -> None:
    found = named(plan(house, role="kwaliteitsadviseur"))

    expected = "Dit staat nog niet open: de dag is gerekend alsof ieder op tijd is, en kan nog schuiven."
    assert expected in str(found["Controleer de dossiers opnieuw, lid 001, ORA-2026-001"]["description"])
    assert expected not in str(found["Geef een oordeel: groen of rood, lid 001, ORA-2026-001"]["description"])


def test_a_fatal_date_with_an_hour_stands_out(house: Office) -> None:
    filed = named(plan(house, role="zorgadministratie"))["! Ingeschreven (vóór 17:00), cz;2027, é, INS-2026-001"]

    assert filed.decoded("dtstart") == date(2026, 3, 10)
    assert (filed["priority"], filed.decoded("categories")) == (1, ["contract"])
    assert "Uiterlijk: di 10 mrt 2026, 17:00 (contract, fataal)." in str(filed["description"])


def test_a_person_gets_what_falls_to_them_also_as_a_deputy(house: Office) -> None:
    house.absent("adviser1", "2026-03-30", "2026-03-30", "director1")

    mine = {str(e["summary"]): str(e["description"]) for e in events(plan(house, person="director1"))}

    assert set(mine) == {
        "Geef een oordeel: groen of rood, lid 001, ORA-2026-001",
        "Controleer de dossiers opnieuw, lid 001, ORA-2026-001",
    }
    judged = mine["Geef een oordeel: groen of rood, lid 001, ORA-2026-001"]
    assert "U vervangt adviser1, die dan afwezig is." in judged
    assert "Ook voor: adviser2." in judged


def test_who_is_missing_on_the_day_is_said(house: Office) -> None:
    house.absent("lid-001", "2026-03-16", "2026-03-16")

    [proof] = [e for e in events(plan(house, role="lid")) if "ORA" in str(e["summary"])]

    assert "Let op: op deze dag heeft niemand deze rol." in str(proof["description"])


# --- stable


def uids(made: bytes, about: str) -> dict[str, str]:
    return {str(e["uid"]): str(e.decoded("dtstart")) for e in events(made) if about in str(e["summary"])}


def test_a_date_that_moves_keeps_its_uid_and_raises_its_sequence(house: Office) -> None:
    before = named(plan(house, role="lid"))
    house.correct("orange-status/lid-001", orange_on="2026-01-02")
    after = named(plan(house, role="lid"))

    [name] = [name for name in before if "ORA" in name]
    assert before[name]["uid"] == after[name]["uid"]
    assert before[name].decoded("dtstart") > after[name].decoded("dtstart")
    assert before[name]["sequence"] < after[name]["sequence"]


def test_a_case_that_comes_to_be_opened_keeps_the_uids_that_were_foretold(house: Office) -> None:
    foretold = uids(plan(house, role="lid"), "onvrijwillige") | uids(plan(house, role="kwaliteitsadviseur"), "Verzamel")
    open_periods(house.store, now=house.on("2026-07-01").now)

    asked = uids(plan(house, role="kwaliteitsadviseur"), "Verzamel de opgaven van de leden, 2026-01..2026-06, WZH")
    real = uids(plan(house, role="lid"), "WZO") | asked

    assert (len(real), len(asked)) == (3, 1)
    assert real.items() <= foretold.items()


def test_the_same_day_gives_the_same_bytes(house: Office) -> None:
    assert plan(house, role="lid") == plan(house, role="lid")


# --- by the rules of RFC 5545


def test_the_file_keeps_the_rules_of_the_standard(house: Office) -> None:
    made = plan(house, role="zorgadministratie")
    lines = made.split(b"\r\n")

    assert b"\n" not in made.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in lines)  # 3.1, in octets
    assert all(line.decode() is not None for line in lines)  # no character is cut in two
    assert (lines[0], lines[-2], lines[-1]) == (b"BEGIN:VCALENDAR", b"END:VCALENDAR", b"")
    assert "cz\\;2027\\, é".encode() in made.replace(b"\r\n ", b"")  # 3.3.11

    read = Calendar.from_ical(made)
    assert {"prodid", "version"} <= {name.lower() for name in read}  # 3.6
    assert re.fullmatch(rb"[A-Za-z0-9 .,;:=/+@!-]*", lines[1])
    found = events(made)
    assert found
    assert all({"UID", "DTSTAMP", "DTSTART"} <= event.keys() for event in found)  # 3.6.1
    assert all(event["dtstart"].params.get("VALUE") == "DATE" for event in found)
    assert len({str(event["uid"]) for event in found}) == len(found)  # 3.8.4.7
    assert not any(event.errors for event in found)
    assert b"BEGIN:VALARM" not in made


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ({"role": "kok"}, "'kok' is hier geen rol. De rollen zijn: directeur,"),
        ({"person": "niemand"}, "'niemand' is hier"),
    ],
    ids=["no such role", "no such person"],
)
def test_a_plan_for_nobody_is_refused(house: Office, who: dict[str, str], says: str) -> None:
    with pytest.raises(Refused, match=says):
        plan(house, **who)
