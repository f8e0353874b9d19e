"""Logboek: what happened in all dossiers that one may read, and whether the log still says what was written."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event, text

from tests.web.town import Town, hidden, words
from tijdig.service import logbook

REASON = "gebeld en afgesproken"


@pytest.fixture
def case(town: Town) -> str:
    code = town.open(orange_on="2021-07-23")
    town.act(code, "remind", by="bob", reason=REASON, step="improve")
    return code


def rows(page: str) -> list[str]:
    return [words(row) for row in page.split("<tr>")[2:]]


def test_each_row_says_who_in_which_role_what_why_which_version_and_hash(town: Town, case: str) -> None:
    town.enter("ann")

    [reminded] = [row for row in rows(town.get("/logboek").text) if "reden:" in row]

    said = ("ma 4 okt 2021, 09:00", "Bob", "rol kwaliteitsadviseur", f"reden: {REASON}", case, "v2", "…")
    assert all(part in reminded for part in said), reminded


def test_who_acts_for_another_stands_beside_whom(town: Town, case: str) -> None:
    town.absent("ann", "dir")
    town.decide_for("ann", case, "judge", "green", by="dir")
    town.enter("ann")

    [decided] = [row for row in rows(town.get("/logboek?soort=decide").text) if "groen of rood: Groen" in row]

    assert "Dir" in decided
    assert "namens Ann" in decided
    assert "rol kwaliteitsadviseur" in decided


FILTERS = [
    pytest.param("persoon=bob", "Bob", "Ann", id="by person"),
    pytest.param("persoon=systeem", "systeem", "Bob", id="what nobody did"),
    pytest.param("rol=kwaliteitsadviseur", "rol kwaliteitsadviseur", "systeem", id="by role"),
    pytest.param("soort=task", "taak", "Bob", id="by kind"),
    pytest.param("dossier=KIN-2021-001", "KIN-2021-001", "ORA-2021-001", id="by dossier"),
    pytest.param("dossier=kinds/lid-015", "KIN-2021-001", "ORA-2021-001", id="by procedure and subject"),
    pytest.param("van=5-10-2021", "KIN-2021-001", "ORA-2021-001", id="from a day on"),
    pytest.param("tot=4 okt 2021", "ORA-2021-001", "KIN-2021-001", id="until a day"),
]


@pytest.mark.parametrize(("asked", "shown", "not_shown"), FILTERS)
def test_a_filter_lives_in_the_address(town: Town, case: str, asked: str, shown: str, not_shown: str) -> None:
    town.later(days=1)
    town.open("kinds", "lid-015")
    town.enter("ann")

    found = rows(town.get(f"/logboek?{asked}").text)

    assert found
    assert all(shown in row for row in found)
    assert not any(not_shown in row for row in found)


def test_what_is_not_of_ones_roles_does_not_show(town: Town, case: str) -> None:
    town.join("eve", "inkoper")
    town.enter("eve")

    page = words(town.get("/logboek").text)

    assert "Er zijn geen regels die passen." in page
    assert case not in page


def test_a_dossier_of_others_is_refused_and_that_they_tried_is_written_down(town: Town, case: str) -> None:
    town.join("eve", "inkoper")
    town.enter("eve")
    form = hidden(town.get("/logboek").text)

    answers = town.get(f"/logboek?dossier={case}"), town.client.post("/logboek/keten", data=form | {"dossier": case})

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "niet van een van uw rollen" in words(answers[0].text)
    assert town.events("denied") == ["eve", "eve"]


WRONG = [
    pytest.param("van=gisteren", "Vul een datum in, bijvoorbeeld 15-10-2021.", "gisteren", id="no day"),
    pytest.param(
        "tot=31-12-9999", "Vul een datum in, bijvoorbeeld 15-10-2021.", "31-12-9999", id="beyond all calendars"
    ),
    pytest.param("dossier=ORA-1999-001", "Er is geen dossier met dit nummer.", "ORA-1999-001", id="no dossier"),
]


@pytest.mark.parametrize(("asked", "said", "kept"), WRONG)
def test_what_is_wrong_stands_at_the_field_and_what_was_typed_stays(
    town: Town, case: str, asked: str, said: str, kept: str
) -> None:
    town.enter("ann")

    answer = town.get(f"/logboek?{asked}")

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert f'value="{kept}" aria-invalid="true"' in answer.text


@pytest.mark.parametrize("asked", ["voor=0", "voor=x", f"voor={2**70}"])
def test_a_page_that_cannot_be_is_not_found(town: Town, asked: str) -> None:
    town.enter("ann")

    assert town.get(f"/logboek?{asked}").status_code == 404


def test_text_that_is_html_stays_text(town: Town, case: str) -> None:
    town.decide(case, "judge", "red", "ann", reason="<script>alert(1)</script>")
    town.enter("ann")

    page = town.get("/logboek?persoon=<script>alert(2)</script>").text + town.get("/logboek").text

    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


# --- pages


@contextmanager
def asked() -> Iterator[list[str]]:
    statements: list[str] = []

    def told(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", told)
    yield statements
    event.remove(Engine, "before_cursor_execute", told)


def test_pages_follow_each_other_without_a_gap(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "ON_A_PAGE", 3)
    for subject in ("lid-014", "lid-015"):
        town.open("kinds", subject)
    town.enter("ann")

    path, seen = "/logboek", list[str]()
    while path:
        page = town.get(path).text
        seen += rows(page)
        path = next((hidden_path(line) for line in page.split("\n") if ">Ouder</a>" in line), "")

    with town.store.read() as session:
        assert len(seen) == session.execute(text("select count(*) from log")).scalar()
    assert len(set(seen)) == len(seen)


def hidden_path(line: str) -> str:
    return line.split('href="')[-1].split('"')[0].replace("&amp;", "&")


def test_it_asks_no_more_of_the_database_for_many_dossiers_than_for_one(town: Town) -> None:
    town.enter("ann")
    counts = []
    for procedure, subject in (("kinds", "lid-014"), ("kinds", "lid-015"), ("orange-status", "lid-015")):
        town.open(procedure, subject)
        town.get("/logboek")
        with asked() as statements:
            town.get("/logboek")
        counts.append(len(statements))

    assert counts[0] == counts[1] == counts[2]


def test_the_log_as_a_file_has_what_the_filter_shows(town: Town, case: str) -> None:
    town.enter("ann")

    answer = town.get("/logboek/regels.csv?persoon=bob")

    head, *lines = answer.content.decode("utf-8-sig").splitlines()
    assert head == "Wanneer;Dossier;Regel;Versie;Soort;Wat;Wie;Rol;Namens;Reden;Hash;Gelezen op"
    assert len(lines) == 1
    assert f"04-10-2021 09:00:00;{case};" in lines[0]
    assert f";Bob;kwaliteitsadviseur;;{REASON};" in lines[0]


def test_a_file_of_what_is_not_ones_own_is_refused_and_that_is_written_down(town: Town, case: str) -> None:
    town.join("eve", "inkoper")
    town.enter("eve")

    assert town.get(f"/logboek/regels.csv?dossier={case}").status_code == 403
    assert town.events("denied") == ["eve"]
    assert len(town.get("/logboek/regels.csv").content.splitlines()) == 1


# --- does it hold?


def check(town: Town, dossier: str = "") -> str:
    return town.post("/logboek/keten", {"dossier": dossier}, page=town.get("/logboek?dossier=" + dossier).text).text


def test_a_chain_that_holds_is_said_to(town: Town, case: str) -> None:
    town.enter("ann")

    said = words(check(town, case))

    assert f"● {len(rows(town.get(f'/logboek?dossier={case}').text))} regels kloppen" in said


def test_a_changed_entry_is_named_with_its_place(town: Town, case: str) -> None:
    with town.store.write() as session:
        session.execute(text(f"drop trigger {'log_update' if town.store.path else 'log_append_only on log'}"))
        session.execute(text("update log set actor = 'eve' where actor = 'bob'"))
        place = session.execute(text("select seq from log where actor = 'eve'")).scalar()
    town.enter("ann")

    said = words(check(town, case))

    assert "■ 1 plek klopt niet." in said
    assert f"{case}, regel {place}: is niet wat er vastgelegd werd." in said


def test_all_chains_are_for_who_looks_after_the_installation(town: Town, case: str) -> None:
    town.join("root", "beheerder")
    town.enter("root")
    assert "regels kloppen" in words(check(town))
    town.enter("ann")
    assert "Kies een dossier om zijn keten te controleren." in words(town.get("/logboek").text)

    answer = town.post("/logboek/keten", {}, page=town.get("/logboek?dossier=" + case).text.replace(case, ""))

    assert answer.status_code == 403
    assert "Alleen de beheerder controleert alle ketens tegelijk." in words(answer.text)
    assert town.events("denied") == ["ann"]


def test_a_form_of_another_visit_checks_nothing(town: Town, case: str) -> None:
    town.enter("ann")
    form = hidden(town.get("/logboek").text)
    town.enter("bob")

    assert town.client.post("/logboek/keten", data=form | {"dossier": case}).status_code == 403


def test_a_log_that_is_too_long_is_for_the_command(town: Town, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "MOST_ENTRIES", 3)
    town.join("root", "beheerder")
    town.enter("root")

    assert "te lang om hier na te rekenen" in words(check(town))
    assert "regels kloppen" in words(check(town, case))


def test_who_read_it_is_written_down(town: Town, case: str) -> None:
    town.enter("dir")

    town.get("/logboek")

    assert town.events("read") == ["dir"]
