"""Programmes and cohorts: C-22's half-years, opened by the calendar, and the returns of all members."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from flows.kpi_report import EACH_QUARTER, KPI_COUNT, KPI_REPORT, KPI_RETURN
from flows.wzd_half_year import EACH_HALF_YEAR, WZD_HALF_YEAR, WZD_RETURN
from models.operation import Cohort, Incident, Installation, Kpi
from models.organisation import Subject
from models.session import Store
from tijdig.engine.calendar import midnight
from tijdig.engine.case import Record
from tijdig.engine.fold import fold
from tijdig.service.clock import set_clock
from tijdig.service.held import Held, held
from tijdig.service.openings import settle_openings
from tijdig.service.pins import first_versions, publish
from tijdig.service.programmes import install, open_periods
from tijdig.service.sweep import sweep
from tijdig.service.work import Work

INSTALLED = midnight(date(2026, 3, 2)) + timedelta(hours=9)


@pytest.fixture
def store(databases, migrated):
    store = Store.at(databases.copy(migrated))
    with store.write() as session:
        session.add(Installation(uuid="u", mode="trial", created_at=INSTALLED))
        first_versions(session, now=INSTALLED, by="beheer")
        session.flush()
        publish(session, [WZD_HALF_YEAR, WZD_RETURN], now=INSTALLED, by="beheer")
        session.add_all([Subject(ref="lid-001"), Subject(ref="lid-002")])
        session.flush()
        session.add_all([Cohort(name="wzd-members", subject="lid-001"), Cohort(name="wzd-members", subject="lid-002")])
        install(session, [EACH_HALF_YEAR], now=INSTALLED)
    yield store
    store.close()


def cases(session: Session, procedure: str) -> list[Held]:
    return held(session, "procedure = ? order by code", procedure)


def day(text: str) -> datetime:
    return midnight(date.fromisoformat(text))


def test_a_half_year_opens_on_the_day_after_it_and_only_once(store):
    assert open_periods(store, now=day("2026-06-30")) == []

    assert open_periods(store, now=day("2026-07-01")) == ["WZH-2026-001"]
    assert open_periods(store, now=day("2026-07-01")) == []


def test_a_house_without_kpis_is_asked_for_no_report_until_it_has_one(store):
    with store.write() as session:
        publish(session, [KPI_REPORT, KPI_RETURN, KPI_COUNT], now=INSTALLED, by="beheer")
        install(session, [EACH_QUARTER], now=INSTALLED)

    without = open_periods(store, now=day("2026-04-01"))
    with store.write() as session:
        session.add(Kpi(id="K-01", body='{"computed":"","kind":"kpi"}'))

    assert (without, sorted(open_periods(store, now=day("2026-07-01")))) == ([], ["KPR-2026-001", "WZH-2026-001"])


def test_an_outage_over_two_half_years_opens_both_each_on_its_own_day(store):
    open_periods(store, now=day("2027-02-03"))

    with store.read() as session:
        assert [(c.subject, c.opened_on) for c in cases(session, "wzd-half-year")] == [
            ("2026-01..2026-06", date(2026, 7, 1)),
            ("2026-07..2026-12", date(2027, 1, 1)),
        ]


def test_in_a_trial_periods_count_from_the_first_trial_time_also_before_it_was_set_up(store):
    with store.write() as session:
        set_clock(session, "2025-06-02", wall=INSTALLED)
        set_clock(session, "2025-06-03", wall=INSTALLED)

    assert open_periods(store, now=day("2025-06-30")) == []
    assert open_periods(store, now=day("2025-07-01")) == ["WZH-2025-001"]


def test_periods_from_before_the_installation_are_not_opened(store):
    with store.read() as session:
        assert cases(session, "wzd-half-year") == []


def test_the_collection_opens_a_return_for_each_member_and_goes_on_when_the_last_is_in(store):
    open_periods(store, now=day("2026-07-01"))

    with store.write() as session:
        returns = cases(session, "wzd-return")
        assert [c.subject for c in returns] == ["lid-001", "lid-002"]
        work = Work(session)
        for each in returns:
            close(work, each)
        work.flush()

    with store.read() as session:
        [parent] = cases(session, "wzd-half-year")
        collect = fold(parent.case).steps["collect"]

    assert (collect.status, collect.outcome) == ("done", "complete")
    assert not any("decide" in key for key in parent.case.ledger)  # nobody decided: the engine makes no decisions


def close(work: Work, held) -> None:
    at = day("2026-07-10") + timedelta(hours=10)
    work.apply(held, Record(at, "cancel", "beheer", reason="geen onvrijwillige zorg gegeven"))


def test_a_sweep_long_after_gives_a_half_year_the_same_effects_as_daily_sweeps(store, tmp_path):
    open_periods(store, now=day("2026-07-01"))
    now = day("2026-09-01")

    swept = sweep(store, now=now, wall=now)

    assert {done.effect.kind for done in swept.effects} >= {"remind", "escalate"}
    assert sweep(store, now=now, wall=now).effects == []


def test_a_member_that_cannot_get_a_case_stands_apart_and_the_others_get_theirs(store):
    one_each = replace(WZD_RETURN, procedure="one-return", code="ONE", one_open=True)
    with store.write() as session:
        publish(session, [one_each], now=INSTALLED, by="beheer")
        each = replace(EACH_HALF_YEAR, programme="returns", opens="one-return", over="members")
        install(session, [each], now=INSTALLED)
        opening = Record(INSTALLED, "open", "beheer", dict.fromkeys(WZD_RETURN.opens_with, "2026-03-02"))
        work = Work(session)
        blocking = work.open("one-return", "lid-001", opening).code
        work.flush()

    opened = open_periods(store, now=day("2026-07-01"))
    again = open_periods(store, now=day("2026-07-01") + timedelta(hours=2))

    with store.read() as session:
        assert [c.subject for c in cases(session, "one-return") if c.code in opened] == ["lid-002"]
        incident = session.exec(select(Incident)).one()
    assert (incident.kind, incident.count, again) == ("programme", 2, [])
    assert blocking in incident.cause

    with store.write() as session:
        work = Work(session)
        close(work, work.find(blocking))
        work.flush()
    open_periods(store, now=day("2026-07-12"))

    with store.read() as session:
        assert [c.subject for c in cases(session, "one-return")] == ["lid-001", "lid-002", "lid-001"]
        assert session.exec(select(Incident)).one().settled_at == day("2026-07-12")


def test_who_of_a_cohort_is_kept_from_its_case_stands_apart_until_it_has_one(store):
    one_each = replace(WZD_RETURN, one_open=True, revision=2)
    with store.write() as session:
        publish(session, [one_each], now=INSTALLED, by="beheer")
        work = Work(session)
        opening = Record(INSTALLED, "open", "beheer", dict.fromkeys(WZD_RETURN.opens_with, "2026-03-02"))
        blocking = work.open("wzd-return", "lid-001", opening).code
        work.flush()

    open_periods(store, now=day("2026-07-01"))
    with store.read() as session:
        [apart] = session.exec(select(Incident.key).where(Incident.kind == "opening")).all()
        assert [c.subject for c in cases(session, "wzd-return")] == ["lid-001", "lid-002"]
    with store.write() as session:
        work = Work(session)
        close(work, work.find(blocking))
        work.flush()
        work.open("wzd-return", "lid-001", replace(opening, at=day("2026-07-12")))
        work.flush()
        settle_openings(session, by="audit", now=day("2026-07-13"))

    assert apart == f"opening/{blocking}"
    with store.read() as session:
        assert session.exec(select(Incident).where(Incident.kind == "opening")).one().settled_at == day("2026-07-13")


def test_a_programme_that_cannot_run_leaves_the_others_alone(store):
    with store.write() as session:
        install(session, [replace(EACH_HALF_YEAR, programme="a", over="nobody-imported-it")], now=INSTALLED)

    assert open_periods(store, now=day("2026-07-01")) == ["WZH-2026-001"]
    with store.read() as session:
        assert "There is no cohort" in session.exec(select(Incident)).one().cause
