"""Setting up: a new installation with its first versions, published procedures, and in a trial the user for all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from sqlmodel import Session, select

from models import schema
from models.operation import Installation
from models.organisation import Person
from models.pins import Definition
from models.session import Store
from tijdig.engine.checks import check
from tijdig.engine.errors import Problem, Refused
from tijdig.engine.language import Procedure, Programme
from tijdig.engine.snapshot import fingerprint
from tijdig.service.people import TRIAL_USER
from tijdig.service.pins import first_versions, publish, renew_calendar
from tijdig.service.programmes import install
from tijdig.service.sample import load_sample
from tijdig.service.weaving import weave_anew

Mode = Literal["trial", "live"]
SETUP = "setup"
"""Who did what setting up did."""


def problems_of(picked: Iterable[Procedure], known: tuple[Procedure, ...]) -> list[tuple[str, Problem]]:
    """What is wrong in these definitions by reading alone; `known` are all that one may start."""
    return [(procedure.id, problem) for procedure in picked for problem in check(procedure, known)]


def init(
    address: str, procedures: tuple[Procedure, ...], programmes: tuple[Programme, ...],
    *, trial: bool, sample: bool, wall: datetime,
) -> Installation:  # fmt: skip
    """Make the database, or bring one up to date, and publish the procedures: all of it or nothing.

    Raises Refused for definitions that cannot work, and for a live installation that is to become a trial.
    """
    _refuse_problems(problems_of(procedures, procedures))
    store = Store.at(address)
    fresh = store.path is not None and not store.path.exists()
    try:
        schema.upgrade(store)
        with store.write() as session:
            home = _home(session, trial=trial, wall=wall)
            renew_calendar(session, now=home.trial_now or wall, by=SETUP)
            publish_all(session, procedures, programmes, now=home.trial_now or wall)
            if sample:
                load_sample(session, by=SETUP, now=home.trial_now or wall)
    except BaseException:
        if fresh and store.path:
            store.close()
            for left in ("", "-wal", "-shm", "-journal"):  # and not, by a pattern, somebody's copy beside it
                Path(f"{store.path}{left}").unlink(missing_ok=True)
        raise
    finally:
        store.close()
    return home


def unpublished(session: Session, procedures: Iterable[Procedure]) -> tuple[Procedure, ...]:
    """Those that are not stored as they are here."""
    stored = set(session.exec(select(Definition.sha256)))
    return tuple(procedure for procedure in procedures if fingerprint(procedure) not in stored)


def publish_all(
    session: Session, procedures: tuple[Procedure, ...], programmes: tuple[Programme, ...], *, now: datetime
) -> list[str]:
    """Store new revisions and programmes; gives the ids of the procedures that were new."""
    _refuse_problems(problems_of(procedures, procedures))
    new = publish(session, procedures, now=now, by=SETUP)
    weave_anew(session, [procedure for procedure in procedures if procedure.id in new], at=now)
    install(session, programmes, now=now)
    return new


def _home(session: Session, *, trial: bool, wall: datetime) -> Installation:
    home = session.get(Installation, 1)
    if home and trial and home.mode == "live":
        raise Refused("This database is live and stays so. Make a trial in another place: set TIJDIG_DATA.")
    if home:
        return home
    home = Installation(uuid=str(uuid4()), mode="trial" if trial else "live", created_at=wall)
    session.add(home)
    first_versions(session, now=wall, by=SETUP)
    if trial:
        session.add(Person(id=TRIAL_USER, name="Beheer (proef)"))
    session.flush()
    return home


def _refuse_problems(found: list[tuple[str, Problem]]) -> None:
    if found:
        procedure, problem = found[0]
        raise Refused(
            f"{procedure}, {problem.place}: {problem.problem}. {problem.mend} See all {len(found)}: tijdig check.",
            code=problem.code,
        )
