"""Search over all, from the header of every page: by number, subject, task and role, of what one may read."""

import re

import pytest

from models.organisation import Subject
from tests.web.town import Town, words
from tijdig.service import search


@pytest.fixture
def ann(town: Town) -> Town:
    town.open(orange_on="2021-07-23")
    town.open("kinds", "lid-015")
    town.enter("ann")
    return town


def found(town: Town, text: str) -> dict[str, list[str]]:
    """What is found, by heading: the addresses."""
    page = town.client.get("/zoeken", params={"q": text}).text
    parts = re.split(r'<h2 id="gevonden-(\w+)">', page.partition("</main>")[0])[1:]
    links = (re.findall(r'<a href="(/(?:dossier|lid)/[^"#]+)">', part) for part in parts[1::2])
    return dict(zip(parts[::2], links, strict=True))


ORANGE, KINDS = "/dossier/ORA-2021-001", "/dossier/KIN-2021-001"
SEARCHES = {
    "number": ("ora-2021-001", {"dossiers": [ORANGE], "taken": [f"{ORANGE}/taak/{s}" for s in
                                                              ("improve", "judge", "send_actions")]}),
    "subject": ("lid 015", {"dossiers": [KINDS], "taken": [f"{KINDS}/taak/fill", f"{KINDS}/taak/weigh"],
                            "leden": ["/lid/lid-015"]}),
    "title of a procedure": ("oranje dossier 014", {"dossiers": [ORANGE], "taken": [
        f"{ORANGE}/taak/{s}" for s in ("improve", "judge", "send_actions")]}),
    "task": ("oordeel groen", {"taken": [f"{ORANGE}/taak/judge"]}),
    "role": ("kwaliteitsadviseur weeg", {"taken": [f"{KINDS}/taak/weigh"]}),
    "nothing": ("bestaat niet", {}),
    "a wildcard is a sign like any": ("%", {}),
    "a quote": ("'; drop table case_; --", {}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), SEARCHES.values(), ids=SEARCHES)
def test_everything_is_found_in_which_each_word_stands(ann: Town, text: str, wanted: dict[str, list[str]]) -> None:
    assert found(ann, text) == wanted


def test_who_finds_nothing_reads_what_can_be_sought(ann: Town) -> None:
    page = words(ann.get("/zoeken?q=xyz").text)

    assert 'Niets gevonden voor "xyz". Zoek op lidnummer, dossier of taak.' in page


def test_without_words_nothing_is_sought(ann: Town) -> None:
    page = words(ann.get("/zoeken?q=++").text)

    assert page == "Zoeken Zoek op lidnummer, dossier of taak."


def test_what_is_sought_stays_in_the_box_and_runs_as_no_script(ann: Town) -> None:
    page = ann.client.get("/zoeken", params={"q": '"><script>alert(1)</script>'}).text

    assert "<script>alert" not in page
    assert 'value="&#34;&gt;&lt;script&gt;' in page


def test_one_finds_only_what_one_may_read(ann: Town) -> None:
    ann.join("eve", "inkoper")
    ann.enter("eve")

    assert found(ann, "lid") == {}
    assert found(ann, "ORA-2021-001") == {}


def test_what_one_may_read_is_found_behind_much_that_one_may_not(ann: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the first few hundred are looked at alone."""
    from models.organisation import Assignment

    monkeypatch.setattr(search, "_AT_ONCE", 1)
    ann.join("zoe")
    with ann.store.write() as session:
        session.add(Assignment(person_id="zoe", role="kwaliteitsadviseur", scope="subject", scope_value="lid-014"))
    ann.enter("zoe")

    assert found(ann, "2021")["dossiers"] == [ORANGE]
    assert len(found(ann, "2021")["taken"]) == 3


def test_of_many_the_first_are_shown_and_it_says_that_there_are_more(ann: Town) -> None:
    with ann.store.write() as session:
        session.add_all(Subject(ref=f"lid-{number}") for number in range(100, 160))

    page = ann.get("/zoeken?q=lid").text

    assert len(found(ann, "lid")["leden"]) == 50
    assert "Er zijn er meer dan 50. Maak uw zoekvraag preciezer." in words(page)


@pytest.mark.parametrize("path", ["/", "/dossiers", "/leden", "/dossier/ORA-2021-001", "/zoeken"])
def test_the_box_stands_in_the_header_of_every_page(ann: Town, path: str) -> None:
    page = ann.get(path).text

    assert '<form class="find" method="get" action="/zoeken" role="search"' in page
    assert '<label class="hidden" for="zoek-alles">Zoek lid, dossier of taak</label>' in page
    assert '<script src="/static/tijdig.js" defer></script>' in page
    assert ann.get("/static/tijdig.js").status_code == 200


def test_a_stranger_has_no_box(town: Town) -> None:
    assert "zoek-alles" not in town.get("/aanmelden").text
    answer = town.client.get("/zoeken?q=lid", follow_redirects=False)
    assert answer.headers["location"].startswith("/aanmelden?naar=")
