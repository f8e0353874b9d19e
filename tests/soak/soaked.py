"""One seed's year, played and judged: as it was invented, and once more with the same deeds at a rarer rhythm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path
from random import Random

from sqlalchemy import text

from tests.checker.judge import judge
from tests.soak.house import found_house
from tests.soak.year import DAYS, NOW_AND_THEN, Rhythm, Year
from tijdig.engine.calendar import midnight
from tijdig.service.verify import verify

CHECKS = DAYS[130], DAYS[250]

SAME = {
    "case": "select code, subject, state, version, seq, opened_on, closed_on, next_check_at from case_ order by code",
    "effect": "select code, l.seq, kind, l.key, nominal, actor from log l join case_ c on c.id = case_id "
    "order by code, l.seq",
    "obligation": "select code, step, round, role, assignee, o.opened_on, start_on, due, late_from, safe, basis "
    "from open_obligation o join case_ c on c.id = case_id order by code, step, round",
}
"""What no rhythm of rounds may change."""

Tell = Callable[[str], None]


def soak(
    seed: int, members: int, rhythm: Rhythm, addresses: tuple[str, str], folder: Path, tell: Tell = lambda _: None
) -> list[str]:
    """Play the year of a seed in two databases; gives all that is wrong. `tell` hears how far it is."""
    year, rarer = (
        _begin(seed, members, address, folder / name, how)
        for address, name, how in zip(addresses, ("year", "rarer"), (rhythm, NOW_AND_THEN), strict=True)
    )
    problems: list[str] = []
    for day in year.invent(seed, members):
        if day in CHECKS and not year.fate.stops_rounds(day):
            year.round(midnight(day + timedelta(days=1)))
            problems += _judged(year)
        if day.day == 1:
            tell(f"{day:%d %b}: {year}")
    problems += _ended(year)
    tell(f"mended: {year}")
    rarer.repeat(year.script)
    problems += [*_ended(rarer), *_differences(year, rarer)]
    tell(f"once more, swept now and then: {rarer}; {len(problems)} problems")
    return problems


def _begin(seed: int, members: int, address: str, folder: Path, rhythm: Rhythm) -> Year:
    folder.mkdir(parents=True)
    found_house(address, members, Random(f"{seed} house"))
    return Year.of(seed, address, folder, rhythm)


def _judged(year: Year) -> list[str]:
    address = year.store.url.render_as_string(hide_password=False)
    return [str(found) for found in judge(address, year.server.caught, year.rounds[-1], rounds=year.rounds)]


def _ended(year: Year) -> Iterator[str]:
    """What is wrong when all was mended on the last day."""
    year.mend()
    yield from _judged(year)
    yield from (f"incident: {cause}" for cause in year.unmended())
    with year.store.read() as session:
        _, entries, broken = verify(session)
    yield from (f"verify: {each.place}: {each.problem}" for each in broken)
    if not entries:
        yield "nothing happened"


def _differences(year: Year, rarer: Year) -> Iterator[str]:
    """What the rhythm changed."""
    for done, was, became in zip(year.done(), year.answers, rarer.answers, strict=True):
        if was != became:
            yield f"rhythm: {done} was answered '{was}', then '{became}'"
    for what, query in SAME.items():
        with year.store.read() as here, rarer.store.read() as there:
            rows = zip_longest(here.connection().execute(text(query)), there.connection().execute(text(query)))
            yield from (f"rhythm: {what} {was} became {became}" for was, became in rows if was != became)
