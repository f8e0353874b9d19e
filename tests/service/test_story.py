"""The story of the demo ends in the middle of a year, with work for everybody, on whatever day it is told."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from flows import PROCEDURES, PROGRAMMES
from models.organisation import Absence
from models.session import Store
from tests.databases import Databases
from tijdig.engine.calendar import local_day
from tijdig.service.deeds import ORANGE, TENDERS
from tijdig.service.setup import init
from tijdig.service.story import play
from tijdig.service.views import cases, tasks
from tijdig.settings import Settings

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.mark.parametrize("told_on", ["2026-11-24", "2027-01-02", "2027-05-07"])
def test_there_is_work_for_everybody(databases: Databases, tmp_path: Path, told_on: str) -> None:
    address, wall = databases.new(), datetime(2027, 6, 1, tzinfo=UTC)
    init(address, PROCEDURES, PROGRAMMES, trial=True, sample=True, wall=wall)
    store = Store.at(address)
    settings = Settings.read({"TIJDIG_DATA": str(tmp_path), "TIJDIG_DATABASE_URL": address})

    story = play(store, settings, today=date.fromisoformat(told_on), wall=wall)

    today = local_day(story.ends)
    with store.read() as session:
        adviser = {task["group"] for task in tasks(session, story.ends, user="adviser1")}
        buyer = {task["step"]: task["due"] for task in tasks(session, story.ends, user="buyer1")}
        away = [absence for absence in session.exec(select(Absence)) if absence.since <= today <= absence.until]
        open_ones = {case["procedure"] for case in cases(session, story.ends) if case["state"] == "open"}
    store.close()
    assert {"overdue", "today", "waiting"} <= adviser
    assert [absence.deputy_id for absence in away] == ["adviser3"]
    closes = date.fromisoformat(buyer["register"][:10])
    assert today + timedelta(days=5) < closes <= today + timedelta(days=9)
    assert {ORANGE, TENDERS, "zap-approval"} <= open_ones
