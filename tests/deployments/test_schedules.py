"""What Prefect runs and when: nothing in the hour that may pass twice, nothing over itself, one list everywhere."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment

import deployments
from deployments.pace import DELIVER, SWEEP, Pace
from deployments.schedules import all_deployments
from flows.orange_status import start_orange_status

MADE = {each.flow.name: each.made() for each in all_deployments()}
WRITTEN = yaml.safe_load((Path(deployments.__file__).parent / "prefect.yaml").read_text(encoding="utf-8"))


def cron_of(made: RunnerDeployment) -> CronSchedule | None:
    schedules = [each.schedule for each in made.schedules or []]
    assert all(isinstance(each, CronSchedule) for each in schedules)
    return schedules[0] if schedules else None  # type: ignore[return-value]


def test_rounds_come_by_amsterdam_time_and_never_only_between_two_and_three() -> None:
    crons = {name: cron for name, made in MADE.items() if (cron := cron_of(made))}

    assert sorted(crons) == ["audit", "check_ahead", "deliver", "sweep"]
    assert {cron.timezone for cron in crons.values()} == {"Europe/Amsterdam"}
    assert not [cron.cron for cron in crons.values() if cron.cron.split()[1] == "2"]


def test_what_is_scheduled_never_runs_twice_at_once() -> None:
    for name, made in MADE.items():
        if made.schedules:
            assert (name, made.concurrency_limit, made.concurrency_options.collision_strategy) == (
                name,
                1,
                "CANCEL_NEW",
            )


def test_the_guard_counts_in_the_intervals_of_the_schedules() -> None:
    minutes = [int(cron.split()[0].removeprefix("*/")) * 60 for cron in (SWEEP, DELIVER)]

    assert [Pace().sweep.total_seconds(), Pace().deliver.total_seconds()] == minutes


def test_a_pace_reaches_the_processes_that_serve_starts() -> None:
    assert Pace.from_environment({"TIJDIG_SERVE_PACE": Pace().to_environment()}) == Pace()
    assert Pace.from_environment({}) is None


def in_words(made: RunnerDeployment) -> dict[str, Any]:
    cron = cron_of(made)
    return {
        "name": made.name, "entrypoint": made.entrypoint, "tags": made.tags, "work_pool": {"name": "tijdig"},
        "concurrency_limit": {"limit": made.concurrency_limit,
                              "collision_strategy": str(made.concurrency_options.collision_strategy.value)},
        "schedules": [{"cron": cron.cron, "timezone": cron.timezone}] if cron else [],
    }  # fmt: skip


def test_prefect_yaml_says_the_same_as_the_list() -> None:
    assert WRITTEN["deployments"] == [in_words(made) for made in MADE.values()]


FORM = [
    ("member", "Lid", "string", True),
    ("orange_on", "Oranje vastgesteld op", "string", True),
    ("by", "Wie start", "string", True),
    ("audit", "Dossiercontrole", "string", False),
    ("dry_run", "Alleen tonen", "boolean", False),
]


@pytest.mark.parametrize(("name", "title", "kind", "required"), FORM, ids=[row[0] for row in FORM])
def test_the_form_of_an_orange_case_asks_in_dutch(name: str, title: str, kind: str, required: bool) -> None:
    schema = start_orange_status.parameters
    shown = schema.properties[name]

    assert (shown["title"], shown["type"], name in schema.required) == (title, kind, required)
    assert shown["description"].endswith(".")


def test_the_form_has_no_other_fields_and_shows_the_day_as_a_date() -> None:
    assert list(start_orange_status.parameters.properties) == [row[0] for row in FORM]
    assert start_orange_status.parameters.properties["orange_on"]["format"] == "date"
