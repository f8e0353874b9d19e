"""Which effects of one advance are told, and which stay silent (*ingehaald*), as design.md says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.checker.days import Office, day_of
from tests.checker.effects import Effect
from tests.checker.rows import Entry

QUIET_DAYS = 5
"""What moved is silent when its slot was mailed less than this many office days ago."""


@dataclass(frozen=True)
class Advance:
    """What was caught up, then what came of a record; what was planned before that record and after it.

    `done` is what had happened before, by key.
    """

    at: datetime
    caught: Sequence[Effect]
    own: Sequence[Effect]
    plan: Sequence[Effect]
    after: Sequence[Effect]
    done: Mapping[str, Entry]


def silence(advance: Advance, office: Office) -> dict[str, tuple[str | None, bool]]:
    """By key: why an effect is silent (None: it is told), and whether its notice waits for the next office day.

    Silent is what the record took the ground from, all but the latest reminder of a step, and what moved and was
    mailed a few days ago. Of a ladder that was caught up at once the first rung is told now.
    """
    effects = (*advance.caught, *advance.own)
    pointless = {e.key for e in advance.plan} - {e.key for e in advance.after}
    caught = {e.key for e in advance.caught}
    silent = {e.key: e.silent or ("overtaken" if e.key in pointless & caught else None) for e in effects}
    latest = {(e.step, e.round): e.key for e in effects if e.kind == "remind" and not silent[e.key]}
    rungs: set[tuple[str, int]] = set()
    waits: dict[str, bool] = {}
    for effect in effects:
        spot, told = (effect.step, effect.round), silent[effect.key] is None
        waits[effect.key] = told and effect.kind == "escalate" and spot in rungs
        if told and effect.kind in ("remind", "escalate"):
            passed_over = effect.kind == "remind" and latest[spot] != effect.key
            silent[effect.key] = "overtaken" if passed_over or _too_soon(effect, advance, office) else None
        if told and effect.kind == "escalate":
            rungs.add(spot)
    return {key: (why, waits[key]) for key, why in silent.items()}


def _too_soon(effect: Effect, advance: Advance, office: Office) -> bool:
    """Its date moved, and the same slot was mailed a few days ago for a day that is no longer planned."""
    planned = {e.nominal for e in advance.after if e.slot == effect.slot}
    mailed = [e for key, e in advance.done.items() if key.rpartition("/")[0] == effect.slot and e.overtaken is None]
    return effect.nominal in planned and any(
        e.nominal not in planned and office.count(day_of(e.at), day_of(advance.at)) < QUIET_DAYS for e in mailed
    )
