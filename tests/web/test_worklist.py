"""Mijn werk: in which order one's tasks stand, what of them one sees, and what one waits for."""

import re
from html import unescape

import pytest

from tests.web.test_counts import fill
from tests.web.town import Town, words

TODAY = "ma 4 okt 2021"


@pytest.fixture
def busy(town: Town) -> Town:
    town.open(orange_on="2021-07-23")  # judge by vr 15 okt
    town.open("kinds", "lid-015")
    town.enter("ann")
    return town


def section(page: str, heading: str) -> str:
    said = words(page)
    rest = said[said.index(heading) :]
    ends = [rest.index(other) for other in ("Verlopen (", "Vandaag (", "Deze week (", "Later (", "Wacht op anderen (")
            if other in rest[1:]]  # fmt: skip
    return rest[: min(end for end in ends if end) if any(ends) else None]


def test_tasks_stand_by_when_they_must_be_done(busy: Town) -> None:
    page = busy.get("/").text

    assert "Verlopen (1)" in words(page)
    assert "Stuur het lid de verbeterpunten, Lid 014" in section(page, "Verlopen (")
    assert "Geef een oordeel: groen of rood, Lid 014" in section(page, "Later (")
    assert "oppakken vanaf" not in section(page, "Verlopen (")


def test_what_others_must_do_in_ones_own_dossiers_stands_apart(busy: Town) -> None:
    waits = section(busy.get("/").text, "Wacht op anderen (")

    assert "Lever bewijs van de verbeteringen aan" in waits
    assert "rol lid" in waits


def test_every_date_has_its_basis_and_leads_to_why(busy: Town) -> None:
    assert 'href="/dossier/ORA-2021-001#waarom-judge"' in busy.get("/").text


FILTERS = [
    pytest.param("/?procedure=kinds", "Weeg af", "Geef een oordeel", id="by procedure"),
    pytest.param("/?rol=lid", "Lever bewijs", "Geef een oordeel", id="by role"),
    pytest.param("/?nu=1", "Stuur het lid", "zal-er-niet-staan", id="to take up now"),
]


@pytest.mark.parametrize(("path", "shown", "hidden"), FILTERS)
def test_a_filter_lives_in_the_address(busy: Town, path: str, shown: str, hidden: str) -> None:
    page = words(busy.get(path).text)

    assert shown in page
    assert hidden not in page


def test_who_has_nothing_to_do_reads_so(town: Town) -> None:
    town.enter("dir")

    assert "U hebt nu geen taken." in words(town.get("/").text)


def test_nothing_that_somebody_called_a_member_runs_as_a_script(town: Town) -> None:
    from models.organisation import Subject

    with town.store.write() as session:
        session.add(Subject(ref="<script>alert(1)</script>"))
    town.open("kinds", "<script>alert(1)</script>")
    town.enter("ann")

    for path in ("/", "/dossiers"):
        assert "<script>" not in town.get(path).text
        assert "&lt;script&gt;" in town.get(path).text


# --- many tasks


def test_of_many_tasks_the_first_are_shown_and_the_way_to_all(town: Town) -> None:
    with town.store.write() as session:
        fill(session, 120, town)
    town.enter("ann")

    page = town.get("/").text
    whole = re.search(r'href="([^"]*groep=later[^"]*)"', page)
    assert whole
    alone = town.get(unescape(whole[1])).text

    assert "Later (120)" in words(page)
    assert "Alle 120 bekijken" in words(page)
    assert page.count('class="what"') < 120
    assert alone.count('class="what"') == 100
    assert "Verlopen (" not in words(alone)
    rest = town.get(unescape(whole[1]) + "&blad=2").text
    assert rest.count('class="what"') == 20
    assert "Alle groepen" in words(rest)


def test_the_filter_goes_along_to_a_group_alone(town: Town) -> None:
    with town.store.write() as session:
        fill(session, 120, town)
    town.enter("ann")

    assert "/?procedure=orange-status&amp;groep=" in town.get("/?procedure=orange-status").text
