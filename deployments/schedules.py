"""What Prefect runs and when: one list, for one machine (serve) and for many (deploy).

Times are Amsterdam time, and none lies between 02:00 and 03:00, which may pass twice or never. Missed runs start all
at once when a service returns; of each at most one works at a time, and what a later one did is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron, Interval, Schedule
from prefect.types.entrypoint import EntrypointType

from deployments.pace import AUDIT, CHECK_AHEAD, DELIVER, SWEEP, Pace
from flows.audit import audit
from flows.check_ahead import check_ahead
from flows.deliver import deliver
from flows.kpi_report import KPI_REPORT, follow_up_kpi_report, start_kpi_report
from flows.orange_status import ORANGE_STATUS, follow_up_orange_status, start_orange_status
from flows.sweep import sweep
from flows.tender_bidder import TENDER_BIDDER, follow_up_tender_bidder, start_tender_bidder
from flows.tender_care_office import (
    TENDER_CARE_OFFICE,
    follow_up_tender_care_office,
    start_tender_care_office,
    start_tender_round,
)
from flows.wzd_half_year import WZD_HALF_YEAR, follow_up_wzd_half_year, start_wzd_half_year
from flows.zap_approval import ZAP_APPROVAL, follow_up_zap_approval, start_zap_approval
from tijdig.engine.language import Procedure

TAG = "tijdig"
NO_OVERLAP = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
IN_TURN = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A flow as it is offered on the Prefect page; its name there is that of the flow."""

    flow: Flow[Any, Any]
    limit: ConcurrencyLimitConfig
    schedule: Schedule | None = None
    tags: tuple[str, ...] = (TAG,)

    def made(self, **more: Any) -> RunnerDeployment:
        """As Prefect registers it. The flow is found by its module: the working folder does not matter."""
        made = self.flow.to_deployment(
            self.flow.name, schedule=self.schedule, concurrency_limit=self.limit, tags=list(self.tags),
            entrypoint_type=EntrypointType.MODULE_PATH, **more,
        )  # fmt: skip
        assert isinstance(made, RunnerDeployment)  # it is awaitable only in a running event loop
        return made


def all_deployments(pace: Pace | None = None) -> Iterator[Deployment]:
    """Everything that is deployed. A `pace` replaces the times of the rounds."""
    yield Deployment(sweep, NO_OVERLAP, Interval(pace.sweep) if pace else _cron(SWEEP))
    yield Deployment(deliver, NO_OVERLAP, Interval(pace.deliver) if pace else _cron(DELIVER))
    yield Deployment(audit, NO_OVERLAP, _cron(AUDIT))
    yield Deployment(check_ahead, NO_OVERLAP, _cron(CHECK_AHEAD))
    yield from _of(ORANGE_STATUS, follow_up_orange_status, start_orange_status)
    yield from _of(ZAP_APPROVAL, follow_up_zap_approval, start_zap_approval)
    yield from _of(TENDER_BIDDER, follow_up_tender_bidder, start_tender_bidder)
    yield from _of(TENDER_CARE_OFFICE, follow_up_tender_care_office, start_tender_round, start_tender_care_office)
    yield from _of(WZD_HALF_YEAR, follow_up_wzd_half_year, start_wzd_half_year)
    yield from _of(KPI_REPORT, follow_up_kpi_report, start_kpi_report)


def _of(procedure: Procedure, follow_up: Flow[Any, Any], *starts: Flow[Any, Any]) -> Iterator[Deployment]:
    """The flows of one procedure, found by its id or by the role that owns it. People who start one wait in turn."""
    tags = (TAG, procedure.id, str(procedure.owner))
    for start in starts:
        yield Deployment(start, IN_TURN, tags=tags)
    yield Deployment(follow_up, NO_OVERLAP, tags=tags)


def _cron(at: str) -> Schedule:
    return Cron(at, timezone="Europe/Amsterdam")
