"""Bad days: the disk is full, the database is locked, restarted or damaged, the clock is wrong.

Who is to blame says so, with what to do; no case that is well is kept from going on, and nothing comes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlmodel import col, select

from models.case import Case, Log, Payload
from models.message import Mail
from models.operation import Incident, Installation
from models.pins import Definition
from models.session import Store
from tests.real.moody_server import moody_server
from tests.real.test_crash import asked, enrol, restart_at_once
from tests.service.office import MEMBERS, Office
from tijdig.engine.calendar import instant
from tijdig.engine.errors import Refused, Unavailable
from tijdig.service.guard import GUARD, Round, watch
from tijdig.service.held import find
from tijdig.service.rounds import deliver_round, sweep_round
from tijdig.service.sweep import sweep
from tijdig.settings import Settings

pytestmark = pytest.mark.real

ALL = {f"ORA-2026-{n:03d}" for n in (1, 2, 3)}
FIRST, OTHERS = "ORA-2026-001", ALL - {"ORA-2026-001"}


@pytest.fixture
def office(office: Office) -> Office:
    """Three orange files, each opened on a day of its own; on Monday 9 February a reminder is due in all of them."""
    office.choose("red_decider", "directeur")
    with office.store.write() as session:
        session.get_one(Installation, 1).mode = "trial"
    for member, day in zip(MEMBERS, ("2026-01-05", "2026-01-06", "2026-01-07"), strict=True):
        office.on(day).open("orange-status", member, orange_on=day)
    office.on("2026-01-20").sweep()
    return office.on("2026-02-09")


def address(office: Office) -> str:
    return office.store.url.render_as_string(hide_password=False)


def reminded(office: Office, store: Store | None = None) -> set[str]:
    """Sweep; the files in which the member was reminded."""
    swept = sweep(store or office.store, now=office.now, wall=office.now)
    return {done.case for done in swept.effects if done.effect.kind == "remind"}


def apart(office: Office) -> dict[str, str]:
    """What stands apart, and its cause."""
    with office.reading() as session:
        return dict(session.exec(select(Incident.key, Incident.cause).where(col(Incident.key).is_not(None))).all())


def entries(office: Office) -> list[tuple[int, str]]:
    with office.reading() as session:
        return list(session.exec(select(Log.case_id, Log.key).order_by(col(Log.id))).all())


def deliver(office: Office, folder: Path, **env: str) -> dict[str, int]:
    settings = Settings.read({"TIJDIG_DATA": str(folder), **env})
    return deliver_round(office.store, now=office.now, wall=office.now, settings=settings)


# --- the disk


@contextmanager
def full_disk(store: Store) -> Iterator[None]:
    """The database may not grow by a single page: SQLite then says what it says on a full disk."""
    for durable in (True, False):
        _allow_pages(store, 1, durable)  # SQLite takes what there is for the least
    yield
    for durable in (True, False):
        _allow_pages(store, 1_000_000, durable)


def _allow_pages(store: Store, pages: int, durable: bool) -> None:
    with store.write(durable=durable) as session:
        session.execute(text(f"pragma max_page_count = {pages}"))


@pytest.mark.only_on("sqlite", reason="a server's disk is not ours to fill")
def test_on_a_full_disk_everything_waits_and_no_case_is_blamed(office: Office, tmp_path: Path) -> None:
    enrol(office.store, 40)
    for number in range(3, 40):
        office.on("2026-01-20").open("orange-status", f"lid-{number + 1:03d}", orange_on="2026-01-12")
    office.on("2026-02-09")
    before = entries(office)

    with full_disk(office.store):
        with pytest.raises(Unavailable, match=r"no room to write to .*tijdig.db. Make room"):
            reminded(office)
        with pytest.raises(Unavailable, match="no room"):
            deliver(office, tmp_path)
    assert (entries(office), apart(office)) == (before, {})

    assert len(reminded(office)) == 40
    assert deliver(office, tmp_path)["sent"] > 40
    assert not any(key.startswith("case/") for key in apart(office))


# --- the lock


def test_while_somebody_holds_the_lock_who_waits_too_long_is_told_and_all_is_done_later(office: Office) -> None:
    hasty, done = Store.at(address(office), wait_seconds=0.05), set[str]()
    with office.store.write() as holding:
        holding.exec(select(Case).where(Case.code == FIRST).with_for_update()).one()
        with suppress(Refused):
            done |= reminded(office, hasty)
        with pytest.raises(Refused, match="Try again") as refused:
            Office(hasty, office.day).decide(FIRST, "send_actions", "sent", "adviser1", actions="Zorgplan bijwerken")
    hasty.close()

    assert refused.value.code == "BUSY"
    assert done in (set(), OTHERS)  # SQLite has one lock, PostgreSQL one for each case
    assert done | reminded(office) == ALL
    assert apart(office) == {}


# --- the server


def end_all_connections(address: str) -> None:
    """End everybody's, as an administrator does."""
    others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    asked(address, f"select count(pg_terminate_backend(pid)) {others}")


@pytest.mark.only_on("postgresql", reason="SQLite has no server")
@pytest.mark.parametrize("breaks", [end_all_connections, restart_at_once])
@pytest.mark.parametrize("times", [1, 2], ids=["once", "and-again-when-it-goes-case-by-case"])
def test_a_server_that_goes_down_in_the_midst_of_a_sweep_leaves_it_whole_and_is_found_again(
    office: Office, breaks: Callable[[str], None], times: int, tmp_path: Path
) -> None:
    done: set[str] = set()
    with at_the_next_commits(times, partial(breaks, address(office))), suppress(Unavailable):
        done |= reminded(office)

    assert done | reminded(office) == ALL
    assert apart(office) == {}
    assert deliver(office, tmp_path)["sent"] > 0


@contextmanager
def at_the_next_commits(times: int, what: Callable[[], None]) -> Iterator[None]:
    left = list(range(times))

    def happens(_: Connection) -> None:
        if left:
            left.pop()
            what()

    event.listen(Engine, "commit", happens)
    yield
    event.remove(Engine, "commit", happens)


# --- the clock

SOON, MUCH_LATER = "2026-02-10", "2026-07-01"


def test_after_a_clock_that_ran_months_ahead_and_is_set_right_people_go_on(office: Office, tmp_path: Path) -> None:
    office.on(MUCH_LATER).sweep()
    deliver(office, tmp_path)
    before = entries(office)

    office.on(SOON)
    assert office.sweep() == []
    office.decide(FIRST, "send_actions", "sent", "adviser1", actions="Zorgplan bijwerken")
    office.act("ORA-2026-002", "cancel")
    office.decide("ORA-2026-003", "judge", "green", "adviser1")
    assert [office.state(case) for case in sorted(ALL)] == ["open", "cancelled", "green"]
    deliver(office, tmp_path)

    after = entries(office)
    assert after[: len(before)] == before
    assert len(after) == len(set(after))
    assert apart(office) == {}


def test_an_act_at_a_clock_that_was_set_back_never_lies_before_the_one_before_it(office: Office) -> None:
    office.decide(FIRST, "send_actions", "sent", "adviser1", actions="Zorgplan bijwerken")
    office.on("2026-02-05").decide(FIRST, "judge", "green", "adviser1")

    with office.reading() as session:
        acts = session.exec(select(Log.at).where(Log.case_id == find(session, FIRST).id, col(Log.key).like("act/%")))
        moments = list(acts)
    assert moments == sorted(moments)


@pytest.mark.parametrize(("state", "becomes"), [("wacht", "verzonden"), ("bezig", "onzeker")])
def test_no_mail_waits_for_a_moment_of_a_clock_that_ran_ahead(
    office: Office, tmp_path: Path, state: str, becomes: str
) -> None:
    reminded(office)
    with moody_server() as server:
        deliver(office, tmp_path, TIJDIG_SMTP_URL=server.url)
        with office.store.write() as session:
            mail = session.exec(select(Mail).where(Mail.state == "verzonden", Mail.kind != "B").limit(1)).one()
            mail.state, mail.next_try_at = state, instant(date.fromisoformat(MUCH_LATER), office.hour)
            mail.leased_until = mail.next_try_at
            number = mail.id

        office.on(SOON)
        deliver(office, tmp_path, TIJDIG_SMTP_URL=server.url)

    with office.reading() as session:
        assert session.get_one(Mail, number).state == becomes


def test_a_round_of_a_clock_that_ran_ahead_does_not_stop_the_rounds(office: Office) -> None:
    up_since = office.now

    def looks(day: str, hour: str) -> bool:
        wall = office.on(day, hour).now
        sweeping = partial(sweep_round, office.store, now=wall, wall=wall, by=GUARD)
        sweeps = Round("sweep", "controle", timedelta(minutes=15), sweeping)
        return watch(office.store, sweeps, up_since=up_since, wall=wall, now=wall, say=print)

    assert looks(MUCH_LATER, "09:00")
    assert looks(SOON, "09:00")
    assert not looks(SOON, "09:15")
    back = "De klok staat op di 10 feb 2026, 09:00, maar er werd al gewerkt op wo 1 jul 2026, 09:00."
    assert apart(office)["clock"] == back

    assert looks("2026-07-02", "09:00")
    assert "clock" not in apart(office)


# --- what is damaged


def rewrite(store: Store, entry: int, body: str) -> None:
    """Change a payload past what guards it."""
    with store.write() as session:
        session.execute(text(f"drop trigger {'payload_update' if store.path else 'payload_append_only on payload'}"))
        session.get_one(Payload, entry).body = body


def fresh(office: Office) -> Office:
    """The same office in another process, that has read nothing yet."""
    return Office(Store.at(address(office)), office.day, office.hour)


def test_a_case_whose_definition_was_changed_stands_apart_and_the_others_go_on(office: Office, tmp_path: Path) -> None:
    with office.store.write() as session:
        whole = session.exec(select(Definition).where(Definition.procedure == "orange-status")).one()
        other = Definition(**whole.model_dump(exclude={"id"}) | {"revision": 2, "sha256": "0" * 64})
        session.add(other)
        session.flush()
        session.exec(select(Case).where(Case.code == FIRST)).one().definition_id = other.id or 0

    later = fresh(office)
    assert reminded(later) == OTHERS
    assert "orange-status revision 2 is not what was published: its bytes changed." in apart(later)[f"case/{FIRST}"]
    assert deliver(later, tmp_path)["sent"] > 0
    later.store.close()


SPOILT = [
    pytest.param("{", id="no-json"),
    pytest.param('{"values":{"orange_on":"2026-13-45"}}', id="no-date"),
    pytest.param('{"values":{"orange_on":{"n":1}}}', id="another-kind"),
    pytest.param('{"values":{}}', id="gone"),
    pytest.param("[]", id="no-record"),
]


@pytest.mark.parametrize("body", SPOILT)
def test_a_case_whose_facts_no_longer_fit_stands_apart_and_the_others_go_on(
    office: Office, body: str, tmp_path: Path
) -> None:
    with office.reading() as session:
        first = session.exec(select(Log.id).where(Log.case_id == find(session, FIRST).id, Log.key == "act/1")).one()
        written = session.get_one(Payload, first).body
    rewrite(office.store, first, body)

    later = fresh(office)
    assert reminded(later) == OTHERS
    assert apart(later)[f"case/{FIRST}"].startswith(f"{FIRST}: ")
    assert deliver(later, tmp_path)["sent"] > 0
    with pytest.raises(Exception):  # noqa: B017, PT011
        later.decide(FIRST, "judge", "green", "adviser1")

    with later.store.write() as session:
        session.get_one(Payload, first).body = written
        session.exec(select(Case).where(Case.code == FIRST)).one().next_check_at = later.now
    assert reminded(later) == {FIRST}
    assert apart(later) == {}
    later.store.close()
