"""Beheer: people, their way in, roles with a scope and a period, and who is away."""

from datetime import date

import pytest
from sqlmodel import select

from models.access import Password
from models.organisation import Absence, Address, Assignment, Person
from tests.web.test_office import details
from tests.web.town import ADVISER, Town, words
from tijdig.service import access


@pytest.fixture
def office(town: Town) -> Town:
    town.join("root", "beheerder")
    town.enter("root")
    return town


def roles(town: Town, person: str) -> list[tuple[str, str, str, date, date]]:
    with town.store.read() as session:
        held = session.exec(select(Assignment).where(Assignment.person_id == person))
        return [(a.role, a.scope, a.scope_value, a.since, a.until) for a in held]


def role_of(town: Town, person: str) -> int:
    with town.store.read() as session:
        return session.exec(select(Assignment.id).where(Assignment.person_id == person)).one() or 0


def absences(town: Town) -> list[tuple[str, date, date, str | None]]:
    with town.store.read() as session:
        return [(a.person_id, a.since, a.until, a.deputy_id) for a in session.exec(select(Absence))]


# --- people


def test_people_are_listed_with_their_roles_and_how_they_are_reached(office: Town) -> None:
    page = words(office.get("/beheer/personen").text)

    assert "Ann ann kwaliteitsadviseur e-mail ann@zorg.example nog geen wachtwoord" in page
    assert "Lid-014" not in page
    assert "Lid-014" in words(office.get("/beheer/personen?soort=leden").text)


@pytest.mark.parametrize(("search", "found"), [("ann", True), ("bob", False), ("%", False), ("'; drop", False)])
def test_people_are_found_by_name(office: Town, search: str, found: bool) -> None:
    page = office.client.get("/beheer/personen", params={"zoek": search}).text

    assert ('href="/beheer/personen/ann"' in page) == found


def test_a_new_colleague_is_taken_in(office: Town) -> None:
    answer = office.post("/beheer/personen/nieuw", {"id": "eve", "name": "Eva", "email": "eve@zorg.example"})

    assert answer.headers["location"] == "/beheer/personen/eve?gedaan=persoon"
    assert "De persoon is vastgelegd." in words(office.get(answer.headers["location"]).text)
    with office.store.read() as session:
        assert session.get_one(Person, "eve").channel == "mail"
    assert details(office, "import") == [{"added": 1, "changed": 0, "id": "eve", "kind": "people"}]


def test_a_new_member_is_taken_in(office: Town) -> None:
    page = office.get("/beheer/personen/nieuw?soort=leden").text

    answer = office.post(
        "/beheer/personen/nieuw", {"reference": "lid-030", "name": "Hoeve", "region": "oost"}, page=page
    )

    assert answer.status_code == 303
    assert "lid-030 · lid" in words(office.get("/beheer/personen/lid-030").text)


WRONG = [
    pytest.param({"id": "e v e", "name": "Eva"}, "Gebruik alleen letters, cijfers, punten en streepjes", id="blanks"),
    pytest.param({"id": "eve", "name": ""}, "'Naam' is leeg. Vul het in.", id="no name"),
    pytest.param({"id": "eve", "name": "Eva", "email": "eva"}, "is geen e-mailadres", id="no address"),
    pytest.param({"id": "ann", "name": "Anna"}, "'ann' is er al.", id="taken"),
    pytest.param({"id": "", "name": ""}, "Hier is nog niets ingevuld.", id="nothing"),
]


@pytest.mark.parametrize(("given", "says"), WRONG)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    office: Town, given: dict[str, str], says: str
) -> None:
    answer = office.post("/beheer/personen/nieuw", given)

    assert answer.status_code == 422
    assert says in words(answer.text)
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{given["name"]}"' in answer.text


def test_a_new_address_counts_from_today_and_the_old_one_stays_on_record(office: Town) -> None:
    office.post("/beheer/personen/ann", {"name": "Ann", "channel": "mail", "email": "ann@nieuw.example"})

    with office.store.read() as session:
        known = session.exec(select(Address).where(Address.person_id == "ann").order_by(Address.since)).all()  # type: ignore[arg-type]
    assert [(a.since, a.email) for a in known] == [
        (date(2021, 1, 1), "ann@zorg.example"), (date(2021, 10, 4), "ann@nieuw.example"),
    ]  # fmt: skip


def test_a_password_is_shown_once_and_lets_somebody_in(office: Town) -> None:
    page = office.get("/beheer/personen/ann").text.partition("Aanmelden</h2>")[2].partition("</form>")[0]

    answer = office.post("/beheer/personen/ann/wachtwoord", {}, page=page)
    made = words(answer.text).partition("ook niet in het logboek. ")[2].partition(" ")[0]

    assert len(made) >= access.SHORTEST
    assert access.sign_in(office.store, "ann", made, wall=office.now)
    assert made not in office.get("/beheer/personen/ann").text
    assert office.events("password") == ["root"]
    again = office.post("/beheer/personen/ann/wachtwoord", {}, page=page)
    assert again.headers["location"].endswith("gedaan=al")


def test_a_member_gets_no_password(office: Town) -> None:
    page = office.get("/beheer/personen/lid-014").text

    assert "Maak een wachtwoord" not in page
    with office.store.read() as session:
        assert session.exec(select(Password)).all() == []


def test_somebody_who_is_not_there_is_not_found(office: Town) -> None:
    assert office.get("/beheer/personen/niemand").status_code == 404


# --- roles


def test_roles_are_listed_with_scope_and_period(office: Town) -> None:
    page = words(office.get(f"/beheer/rollen?rol={ADVISER}").text)

    assert "kwaliteitsadviseur Ann ann alles altijd al zonder einde ● nu" in page
    assert "directeur Dir" not in page


GIVEN = [
    pytest.param({"scope": "all"}, ("all", ""), id="over all"),
    pytest.param({"scope": "subject", "value": "lid-014"}, ("subject", "lid-014"), id="over one member"),
]


@pytest.mark.parametrize(("given", "scope"), GIVEN)
def test_somebody_is_given_a_role(office: Town, given: dict[str, str], scope: tuple[str, str]) -> None:
    answer = office.post("/beheer/rollen/nieuw", {"person": "dir", "role": ADVISER, "from": "1-11-2021", **given})

    assert answer.headers["location"] == "/beheer/rollen?gedaan=rol"
    assert (ADVISER, *scope, date(2021, 11, 1), date.max) in roles(office, "dir")
    assert details(office, "import")[0]["role"] == ADVISER


WRONG_ROLES = [
    pytest.param({"person": "", "role": ADVISER, "scope": "all"}, "'Persoon' is leeg.", id="nobody"),
    pytest.param({"person": "ann", "role": "baas", "scope": "all"}, "Geen procedure kent de rol 'baas'.", id="no role"),
    pytest.param({"person": "ann", "role": ADVISER}, "Maak een keuze.", id="no scope"),
    pytest.param({"person": "ann", "role": ADVISER, "scope": "subject"}, "Vul in waarvoor de rol geldt.", id="which"),
    pytest.param({"person": "ann", "role": ADVISER, "scope": "region", "value": "mars"}, "geen lid in regio 'mars'",
                 id="no region"),
    pytest.param({"person": "ann", "role": ADVISER, "scope": "all", "from": "31-31"}, "is geen datum", id="no day"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "says"), WRONG_ROLES)
def test_a_role_that_cannot_be_says_why(office: Town, given: dict[str, str], says: str) -> None:
    answer = office.post("/beheer/rollen/nieuw", given)

    assert answer.status_code == 422
    assert says in words(answer.text)
    assert len(roles(office, "ann")) == 1


def test_a_role_ends_on_a_day(office: Town) -> None:
    office.post(f"/beheer/rollen/{role_of(office, 'bob')}", {"laatste-dag": "31 okt 2021"})

    assert [span[3:] for span in roles(office, "bob")] == [(date.min, date(2021, 10, 31))]


def test_a_role_that_never_began_is_taken_back(office: Town) -> None:
    office.post("/beheer/rollen/nieuw", {"person": "root", "role": ADVISER, "scope": "all", "from": "1-12-2021"})
    with office.store.read() as session:
        number = session.exec(select(Assignment.id).where(Assignment.since == date(2021, 12, 1))).one()

    office.post(f"/beheer/rollen/{number}", {"laatste-dag": "30-11-2021"})

    assert [role for role, *_ in roles(office, "root")] == ["beheerder"]
    assert details(office, "withdraw") == [{"person": "root", "role": ADVISER, "scope": "all", "what": "role"}]


ENDS = [
    ("", 422, "Vul een datum in"),
    ("morgen", 422, "Vul een datum in"),
    ("31-12-9999", 409, "Het jaar 9999 kan niet"),
]


@pytest.mark.parametrize(("last", "status", "says"), ENDS)
def test_a_last_day_that_cannot_be_says_why(office: Town, last: str, status: int, says: str) -> None:
    answer = office.post(f"/beheer/rollen/{role_of(office, 'bob')}", {"laatste-dag": last})

    assert answer.status_code == status
    assert says in words(answer.text)


def test_the_last_administrator_stays(office: Town) -> None:
    answer = office.post(f"/beheer/rollen/{role_of(office, 'root')}", {"laatste-dag": "4-10-2021"})

    assert answer.status_code == 409
    assert "Dan is er geen beheerder meer." in words(answer.text)
    assert office.get("/beheer").status_code == 200


# --- absences


def test_somebody_is_away_and_another_stands_in(office: Town) -> None:
    given = {"person": "ann", "from": "11-10-2021", "until": "22-10-2021", "deputy": "bob"}

    answer = office.post("/beheer/afwezigheid/nieuw", given)

    assert absences(office) == [("ann", date(2021, 10, 11), date(2021, 10, 22), "bob")]
    page = words(office.get(answer.headers["location"]).text)
    assert "Ann ma 11 okt 2021 vr 22 okt 2021 Bob ○ straks" in page


AWAY = [
    pytest.param({"person": "ann", "from": "11-10-2021"}, "'Laatste dag' is leeg.", id="no end"),
    pytest.param({"person": "ann", "from": "11-10-2021", "until": "1-10-2021"}, "ligt voor", id="turned round"),
    pytest.param({"person": "ann", "from": "11-10-2021", "until": "12-10-2021", "deputy": "ann"},
                 "kan niet zichzelf vervangen", id="herself"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "says"), AWAY)
def test_an_absence_that_cannot_be_says_why(office: Town, given: dict[str, str], says: str) -> None:
    answer = office.post("/beheer/afwezigheid/nieuw", given)

    assert answer.status_code == 422
    assert says in words(answer.text)
    assert absences(office) == []


@pytest.mark.parametrize(("last", "left"), [("15-10-2021", [date(2021, 10, 15)]), ("1-10-2021", [])])
def test_who_is_back_earlier_or_stays_is_no_longer_away(office: Town, last: str, left: list[date]) -> None:
    office.post("/beheer/afwezigheid/nieuw", {"person": "ann", "from": "11-10-2021", "until": "22-10-2021"})
    with office.store.read() as session:
        number = session.exec(select(Absence.id)).one()

    office.post(f"/beheer/afwezigheid/{number}", {"laatste-dag": last})

    assert [until for _, _, until, _ in absences(office)] == left


def test_nothing_that_somebody_is_called_runs_as_a_script(office: Town) -> None:
    office.post("/beheer/personen/nieuw", {"id": "eve", "name": "<script>alert(1)</script>"})
    office.post("/beheer/rollen/nieuw", {"person": "eve", "role": ADVISER, "scope": "all"})
    office.post("/beheer/afwezigheid/nieuw", {"person": "eve", "from": "4-10-2021", "until": "22-10-2021"})

    for path in ("personen", "personen/eve", "rollen", "rollen/nieuw", "afwezigheid", "afwezigheid/nieuw",
                 f"rollen/{role_of(office, 'eve')}"):  # fmt: skip
        page = office.get(f"/beheer/{path}").text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page
