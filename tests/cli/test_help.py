"""`--help` is there at once: nothing heavy is imported before a command runs."""

import json
import os
import subprocess
import sys
from time import perf_counter

import pytest

from tijdig.cli import COMMANDS
from tijdig.cli.acts import ACTS
from tijdig.cli.mail import SETTLE

HEAVY = ("sqlmodel", "sqlalchemy", "pydantic", "prefect", "rich", "flows", "models", "tijdig.service", "tijdig.engine")
PROBE = """
import contextlib, io, json, sys
from tijdig.cli import COMMANDS, run
helps = {}
for words in [["--help"], *([*command.name.split(), "--help"] for command in COMMANDS)]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        run(words)
    helps[" ".join(words)] = said.getvalue()
heavy = [name for name in %r if any(m == name or m.startswith(name + ".") for m in sys.modules)]
print(json.dumps([heavy, helps]))
"""


def test_no_help_imports_anything_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE % (HEAVY,)], capture_output=True, text=True, check=True)

    heavy, helps = json.loads(done.stdout)
    assert heavy == []
    assert len(helps) == len(COMMANDS) + 1
    assert all(command.name in helps["--help"] and command.help in helps["--help"] for command in COMMANDS)
    assert all(f"tijdig {command.name}" in helps[f"{command.name} --help"] for command in COMMANDS)


@pytest.mark.long
@pytest.mark.parametrize("words", [["--help"], ["decide", "--help"], ["serve", "--help"]], ids=" ".join)
def test_help_takes_less_than_half_a_second(words: list[str]) -> None:
    def seconds() -> float:
        began = perf_counter()
        subprocess.run([sys.executable, "-c", "from tijdig.cli import main; main()", *words], check=True, stdout=-3)
        return perf_counter() - began

    assert min(seconds() for _ in range(3)) < 0.5


def test_choices_that_help_shows_without_importing_them_are_those_of_the_services() -> None:
    from typing import get_args

    from tijdig.cli.ahead import SCENARIOS
    from tijdig.cli.due import due
    from tijdig.engine.calendar import CalendarName
    from tijdig.engine.due import Basis, Boundary, Roll
    from tijdig.service.cases import OTHER_ACTS
    from tijdig.service.mailbox import Settle
    from tijdig.service.world import Scenario

    choices = {option.names[0]: option.how.get("choices") for option in due.options}
    assert ACTS == OTHER_ACTS
    assert set(get_args(Settle)) == set(SETTLE)
    assert get_args(Scenario) == SCENARIOS
    named = {"--calendar": CalendarName, "--basis": Basis, "--boundary": Boundary, "--roll": Roll}
    assert {name: choices[name] for name in named} == {name: get_args(kind) for name, kind in named.items()}


def test_the_installed_command_answers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tijdig.cli import main; main()", "due", "--anchor", "2026-01-05", "--add", "P12W"],
        capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "en_GB.UTF-8"},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "Due ma 30 mrt 2026 (intern)"
