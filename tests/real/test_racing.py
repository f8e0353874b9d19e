"""Several processes do all the work of an installation at once: it ends as when one does it alone.

Everybody does everything: sweeps, acts (who finds by the version that another one did it, leaves it), composes and
delivers. The story, and what must be equal at its end, are those of the crash tests.
"""

from __future__ import annotations

import pytest

from tests.checker.judge import judge
from tests.real.crash_worker import Story
from tests.real.race_worker import race
from tests.real.test_crash import Play, Theatre, as_undisturbed, theatre

__all__ = ["theatre"]
pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore:.*imghdr.*:DeprecationWarning")]

SHORT, LONG = Story(members=6, every=10, days=80), Story(members=18, every=1, days=80)
RARELY = Story(members=18, every=20, days=80)
"""Of whom much falls on one instant: a round, and a correction that moves what that round told."""

CREWS = [
    pytest.param(SHORT, 2, id="two"),
    pytest.param(LONG, 4, id="four", marks=[pytest.mark.long, pytest.mark.timeout(1200)]),
]


def incidents(play: Play) -> list[str]:
    with play.reading() as rows:
        return [cause for (cause,) in rows("select cause from incident")]


@pytest.mark.parametrize(("story", "crew"), CREWS)
def test_all_that_sweep_then_act_then_deliver_do_what_one_does_alone(theatre: Theatre, story: Story, crew: int) -> None:
    alone, together = theatre.open(story), theatre.open(story)
    alone.stage.play()

    race(together.stage, crew, by_turns=True)

    as_undisturbed(together, alone)
    assert incidents(together) == incidents(alone) == []


@pytest.mark.parametrize(("story", "crew"), [*CREWS, pytest.param(RARELY, 2, id="rarely", marks=pytest.mark.long)])
def test_all_that_do_everything_at_once_miss_nothing_and_do_nothing_twice(
    theatre: Theatre, story: Story, crew: int
) -> None:
    """An act that comes before the sweep silences what it makes pointless: who is first decides what is told."""
    alone, together = theatre.open(story), theatre.open(story)
    alone.stage.play()

    race(together.stage, crew, by_turns=False)

    assert effects(together) == effects(alone)
    sent = {key for key, (state, _) in together.mails().items() if state == "verzonden"}
    assert {key: n for key, n in together.arrived().items() if n} == dict.fromkeys(sent, 1)
    assert {state for state, _ in together.mails().values()} <= {"verzonden", "vervallen"}
    *earlier, last = map(story.moment, range(story.pages))
    assert judge(together.stage.address, together.catcher.caught, last, rounds=earlier) == []
    assert incidents(together) == []


def effects(play: Play) -> list[tuple[object, ...]]:
    """How each case stands, and what happened in it, in order and when."""
    with play.reading() as rows:
        stand = rows("select code, state, version, closed_on, next_check_at from case_ order by code")
        log = rows(
            "select code, log.seq, log.key, at, nominal from log join case_ c on c.id = case_id order by code, 2"
        )
        return [tuple(row) for row in (*stand, *log)]
