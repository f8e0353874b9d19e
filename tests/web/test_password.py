"""A password of one's own, in place of the one that an administrator handed over."""

import pytest

from tests.web.town import Town, words
from tijdig.engine.errors import Refused
from tijdig.service import access

HANDED, OWN = "een haas in het hoge gras", "drie kraaien op een natte tak"


@pytest.fixture
def known(town: Town) -> Town:
    with town.store.write() as session:
        access.choose_password(session, "ann", HANDED, by="root", wall=town.now)
    town.post("/aanmelden", {"naam": "ann", "wachtwoord": HANDED}, page=town.get("/aanmelden").text)
    return town


def choose(town: Town, old: str = HANDED, new: str = OWN, again: str = OWN) -> tuple[int, str]:
    answer = town.post("/wachtwoord", {"huidig": old, "nieuw": new, "nogmaals": again})
    return answer.status_code, words(answer.text)


def test_who_was_handed_a_password_chooses_another(known: Town) -> None:
    elsewhere = access.sign_in(known.store, "ann", HANDED, wall=known.now)

    status, _ = choose(known)

    assert status == 303
    assert "Uw nieuwe wachtwoord geldt." in words(known.get("/wachtwoord/gekozen").text)
    assert access.visitor(known.store, elsewhere, wall=known.now) in ("", None)
    assert access.sign_in(known.store, "ann", OWN, wall=known.now)
    with pytest.raises(Refused):
        access.sign_in(known.store, "ann", HANDED, wall=known.now)
    assert known.events("password") == ["root", "ann"]


WRONG = [
    pytest.param({"old": "iets anders dan dat"}, "horen niet bij elkaar", id="not the one of now"),
    pytest.param({"new": "kort", "again": "kort"}, "te kort", id="too short"),
    pytest.param({"again": "iets anders dan dat"}, "niet gelijk", id="mistyped"),
]


@pytest.mark.parametrize(("given", "says"), WRONG)
def test_what_cannot_be_says_so_at_its_field_and_changes_nothing(known: Town, given: dict[str, str], says: str) -> None:
    status, said = choose(known, **given)

    assert status == 422
    assert says in said
    assert access.sign_in(known.store, "ann", HANDED, wall=known.now)


def test_who_has_none_has_nothing_to_choose(town: Town) -> None:
    town.enter("ann")

    assert "U hebt hier geen wachtwoord." in words(town.get("/wachtwoord").text)
    assert "Wachtwoord kiezen" not in town.get("/wachtwoord").text
