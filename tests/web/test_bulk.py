"""One act on many tasks of Mijn werk: chosen, previewed, done with a reason to all or to none."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlmodel import col, select

from models.message import Notice
from tests.web.town import Town, hidden, words

WHY = "ann is een maand met verlof"
ORA, KIN = "taak.ORA-2021-001.judge", "taak.KIN-2021-001.weigh"


@pytest.fixture
def busy(town: Town) -> Town:
    town.open(orange_on="2021-07-23")
    town.open("kinds", "lid-015")
    town.enter("ann")
    return town


def choose(town: Town, what: str, *tasks: str, **more: str) -> Any:
    """Choose tasks on Mijn werk, as a browser without scripts does."""
    page = town.get("/").text
    versions = dict(re.findall(r'type="checkbox" name="([^"]+)" value="([^"]+)"', page))
    form = {"formulier": bulk_form(page), "doe": what} | {task: versions[task] for task in tasks}
    return town.client.post("/taken/samen", data=form | more, follow_redirects=False)


def bulk_form(page: str) -> str:
    form = re.search(r'action="/taken/samen">\s*<input type="hidden" name="formulier" value="([^"]*)"', page)
    assert form
    return form[1]


def confirm(town: Town, page: Any, reason: str = WHY) -> Any:
    inner = page.text[page.text.index("<main") :]
    return town.client.post("/taken/samen", data=hidden(inner) | {"reden": reason}, follow_redirects=False)


def told(town: Town) -> list[tuple[str, bool]]:
    with town.store.read() as session:
        rows = session.exec(select(Notice).where(Notice.kind == "E").order_by(col(Notice.id)))
        return [(row.role, bool(json.loads(row.variables).get("released"))) for row in rows]


def test_every_task_can_be_chosen(busy: Town) -> None:
    page = busy.get("/").text

    assert {ORA, KIN} <= set(re.findall(r'type="checkbox" name="(taak[^"]+)"', page))
    assert 'aria-label="Kies Geef een oordeel: groen of rood, Lid 014, ORA-2021-001"' in page


def test_tasks_are_handed_over_together_after_a_preview(busy: Town) -> None:
    whom = choose(busy, "overdragen", ORA, KIN)
    assert "U koos 2 taken." in words(whom.text)
    assert re.findall(r'<option value="(\w+)"', whom.text) == ["ann", "bob"]

    preview = busy.client.post("/taken/samen", data=hidden(whom.text) | {"aan": "bob"})

    said = words(preview.text)
    assert preview.status_code == 200
    assert "Geef een oordeel: groen of rood, Lid 014 ORA-2021-001 ● komt op naam van Bob" in said
    assert "Weeg af, Lid 015 KIN-2021-001 ● komt op naam van Bob" in said
    assert [len(busy.records(case)) for case in ("ORA-2021-001", "KIN-2021-001")] == [1, 1]
    done = confirm(busy, preview)
    assert (done.status_code, done.headers["location"]) == (303, "/?gedaan=overdragen&aantal=2")
    for case in ("ORA-2021-001", "KIN-2021-001"):
        record = busy.records(case)[-1]
        assert (record.act, record.person, record.by, record.reason) == ("hand-over", "bob", "ann", WHY)
        assert len(busy.records(case)) == 2
    assert "2 taken overgedragen." in words(busy.get(done.headers["location"]).text)


def test_reminders_in_bulk_bring_their_own_release_and_others_do_not(busy: Town) -> None:
    busy.act("ORA-2021-001", "remind", step="judge")
    busy.act("KIN-2021-001", "remind", step="fill")

    preview = choose(busy, "herinneren", "taak.ORA-2021-001.improve", KIN)
    assert "● wie de taak heeft, krijgt een herinnering" in words(preview.text)
    assert confirm(busy, preview).status_code == 303

    assert sorted(told(busy)) == [
        ("kwaliteitsadviseur", False), ("kwaliteitsadviseur", True), ("lid", False), ("lid", True)
    ]  # fmt: skip


def test_what_cannot_be_done_is_said_and_left_out(busy: Town) -> None:
    busy.act("KIN-2021-001", "remind", step="weigh")

    preview = choose(busy, "herinneren", "taak.ORA-2021-001.improve", KIN)

    assert "■ kan niet: Voor deze taak is vandaag al met de hand herinnerd." in words(preview.text)
    assert confirm(busy, preview).headers["location"] == "/?gedaan=herinneren&aantal=1"
    assert len(busy.records("KIN-2021-001")) == 2


def test_when_one_can_no_longer_be_done_none_is(busy: Town) -> None:
    preview = choose(busy, "herinneren", "taak.ORA-2021-001.improve", KIN)
    busy.act("KIN-2021-001", "take", by="bob", step="weigh")

    answer = confirm(busy, preview)

    assert answer.status_code == 409
    said = words(answer.text)
    assert "Niet alles kan meer. Er is niets gewijzigd" in said
    assert "Het dossier is intussen gewijzigd (versie 1, nu 2). Kies de taak opnieuw." in said
    assert WHY in answer.text
    assert [record.act for record in busy.records("ORA-2021-001")] == ["open"]
    assert confirm(busy, answer).headers["location"] == "/?gedaan=herinneren&aantal=1"


@pytest.mark.parametrize(
    ("reason", "said"),
    [("kort", "Schrijf een reden van minimaal 10 tekens."), ("het gaat om 111222333", "Dit lijkt op een BSN.")],
    ids=["too short", "a BSN"],
)
def test_without_a_good_reason_nothing_is_done(busy: Town, reason: str, said: str) -> None:
    answer = confirm(busy, choose(busy, "herinneren", KIN), reason)

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert reason in answer.text
    assert len(busy.records("KIN-2021-001")) == 1


def test_a_double_click_is_one_bulk(busy: Town) -> None:
    preview = choose(busy, "herinneren", KIN)

    answers = [confirm(busy, preview) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert [record.act for record in busy.records("KIN-2021-001")] == ["open", "remind"]


def test_who_chose_nothing_is_told_how(busy: Town) -> None:
    answer = choose(busy, "herinneren")

    assert answer.status_code == 422
    assert "U koos nog geen taak." in words(answer.text)


def test_a_receiver_has_to_be_chosen_and_must_be_able_to_do_it(busy: Town) -> None:
    whom = choose(busy, "overdragen", ORA)

    none = busy.client.post("/taken/samen", data=hidden(whom.text))
    cannot = busy.client.post("/taken/samen", data=hidden(whom.text) | {"aan": "dir"})

    assert none.status_code == 422
    assert "Aan wie?: Maak een keuze." in words(none.text)
    assert "■ kan niet: dir heeft de rol kwaliteitsadviseur niet" in words(cannot.text)
    assert "Geen van deze taken kan." in words(cannot.text)


def test_of_a_dossier_of_others_one_learns_nothing_and_that_one_tried_is_written_down(busy: Town) -> None:
    busy.join("eve", "inkoper")
    busy.enter("eve")
    busy.open("kinds", "lid-014")
    form = bulk_form_of_nobody(busy)

    tried = {"taak.ORA-2021-001.judge": "1", "taak.KIN-2021-001.weigh": "7", "taak.ORA-1999-001.judge": "1"}
    answer = busy.client.post("/taken/samen", data=form | {"doe": "herinneren"} | tried)

    said = words(answer.text)
    assert answer.status_code == 403
    assert said.count("kan niet: Dit is geen taak waarbij u dit mag.") == 3
    assert "Lid 0" not in said
    assert "oordeel" not in said
    assert busy.events("denied") == ["eve"] * 3


def bulk_form_of_nobody(town: Town) -> dict[str, str]:
    """A form of somebody who has no tasks: made as the page makes it."""
    from tijdig.web.bulk import HERE

    return {"formulier": town.app.state.house.seal.form(f"eve{HERE}", 0)}


def test_a_form_of_somebody_else_does_nothing(busy: Town) -> None:
    preview = choose(busy, "herinneren", KIN)
    busy.enter("bob")

    assert confirm(busy, preview).status_code == 403
    assert len(busy.records("KIN-2021-001")) == 1


ODD = {"taak.ORA-2021-001.judge": "1e3", "taak.x": "1", "taak.ORA-2021-001": "²", "taak..": "1"}


def test_odd_fields_choose_nothing(busy: Town) -> None:
    form = {"formulier": bulk_form(busy.get("/").text), "doe": "herinneren"}

    answer = busy.client.post("/taken/samen", data=form | ODD)

    assert answer.status_code == 403
    assert "Geen van deze taken kan." in words(answer.text)
