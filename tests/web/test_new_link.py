"""A new link on request: by mail, if the task is open; the page never tells (ux.md, section 5)."""

from collections.abc import Callable
from datetime import date

import pytest

from tests.web.town import Town, words

OVER = {"expires_on": date(2021, 10, 3)}
ASKED: list[object] = [
    pytest.param(lambda t, c: t.link(c, **OVER), 1, id="over, the task is open"),
    pytest.param(lambda t, c: t.link(c, revoked_at=t.now), 1, id="revoked, the task is open"),
    pytest.param(lambda t, c: "nergens", 0, id="unknown"),
    pytest.param(lambda t, c: (t.link(c, **OVER), t.decide(c, "judge", "green", "ann"))[0], 0, id="the task is over"),
    pytest.param(lambda t, c: t.link(c, "judge", "lid-014", **OVER), 0, id="the person may not do the task"),
    pytest.param(lambda t, c: (t.link(c, **OVER), t.absent("lid-014"))[0], 0, id="the person is away"),
]


@pytest.mark.parametrize(("link", "mails"), ASKED)
def test_a_new_link_goes_by_mail_and_the_page_says_the_same(
    town: Town, link: Callable[[Town, str], str], mails: int
) -> None:
    token = link(town, town.open())

    answer = town.client.post(f"/t/{token}/nieuw")

    assert answer.status_code == 200
    assert words(answer.text).startswith("Kijk in uw mail Staat uw taak nog open? Dan sturen wij een nieuwe link")
    assert len(town.mails()) == mails


def test_the_mail_is_for_this_person_and_task_and_comes_once_an_hour(town: Town) -> None:
    token = town.link(town.open(orange_on="2021-07-30"), **OVER)

    for _ in range(2):
        town.client.post(f"/t/{token}/nieuw")
    once = town.mails()
    town.later(hours=1)
    town.client.post(f"/t/{token}/nieuw")

    assert once == [("A", "lid-014", "Te doen uiterlijk vr 8 okt 2021: lever bewijs van de verbeteringen aan, lid 014")]
    assert len(town.mails()) == 2


def test_the_new_link_works(trial: Town) -> None:
    token = trial.link(trial.open(orange_on="2021-07-30"), **OVER)
    trial.deliver()
    before = set(trial.captured_links())
    trial.client.post(f"/t/{token}/nieuw")

    trial.deliver()

    (new,) = set(trial.captured_links()) - before
    assert "<form" in trial.get(new).text
