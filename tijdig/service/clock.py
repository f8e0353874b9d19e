"""What time it is: the wall clock in a live installation, a clock of its own in a trial.

Only here a clock is read into the database's time; everything else takes `now` as an argument.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple, cast

from sqlalchemy import update
from sqlmodel import Session

from models.bulk import ask, instant_of
from models.operation import Installation, Programme
from tijdig.engine.calendar import ZONE, instant, local_day, midnight
from tijdig.engine.errors import Misconfigured, Refused


class Home(NamedTuple):
    """What every act asks of the installation, as its transaction has it now."""

    mode: str
    uuid: str
    epoch: int
    trial_now: datetime | None
    people_version: int | None


def home(session: Session) -> Home:
    """The installation as it stands. Raises Misconfigured when there is none."""
    found = ask(session, "select mode, uuid, epoch, trial_now, people_version from installation")
    if not found:
        raise Misconfigured("This database holds no installation. Make one with `tijdig init`.")
    mode, uuid, epoch, trial_now, version = found[0]
    return Home(mode, uuid, epoch, instant_of(trial_now) if trial_now else None, version)


def installation(session: Session) -> Installation:
    """The installation's one row, to be changed."""
    found = session.info.get("installation") or session.get(Installation, 1)
    if found is None:
        raise Misconfigured("This database holds no installation. Make one with `tijdig init`.")
    session.info["installation"] = found  # a session forgets what nobody holds
    return cast(Installation, found)


def parse_moment(text: str) -> datetime:
    """An instant (UTC) from an ISO date (00:00) or date-time, in Amsterdam time unless it has an offset.

    Raises Refused for anything else, and for a local time that does not exist.
    """
    try:
        if len(text) == 10:
            return midnight(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"'{text}' is not a moment. Write 2026-03-30 or 2026-03-30T17:00.") from None
    if moment.tzinfo is None:
        return instant(moment.date(), moment.time())
    return moment.astimezone(UTC)


def set_clock(session: Session, at: str | None, *, wall: datetime) -> datetime:
    """Now, for a command that began at `wall`; a trial's `--at` moves its clock, forwards only.

    Raises Refused for `--at` in a live installation, or back in time.
    """
    known = home(session)
    if known.mode == "live":
        if at:
            raise Refused("This is a live installation: its clock is the real one. Leave --at out.")
        return wall
    if not at:
        return known.trial_now or wall
    moment = parse_moment(at)
    if known.trial_now and moment < known.trial_now:
        shown = known.trial_now.astimezone(ZONE).isoformat(timespec="minutes")
        raise Refused(f"The trial clock stands at {shown} and only goes forwards. Give that moment or a later one.")
    if known.trial_now is None:  # programmes count from here, not from the wall clock of when it was set up
        session.execute(update(Programme).values(done_until=local_day(moment), next_check_at=moment))
    row = installation(session)
    row.trial_now = moment
    session.add(row)
    return moment
