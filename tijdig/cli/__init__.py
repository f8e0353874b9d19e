"""The command `tijdig`: thin, it parses, calls a use case and renders what that gives.

Exit status: 0 done, 1 refused or failed, 2 wrong usage. Nothing heavy is imported before a command runs, so that
`--help` is there at once.
"""

import os
import sys
from collections.abc import Sequence

from tijdig.cli import (
    account,
    acts,
    ahead,
    arrangements,
    backup,
    bench,
    cases,
    comparing,
    completion,
    due,
    evidence,
    grid,
    handin,
    house,
    mail,
    moving,
    procedures,
    producing,
    serving,
    setup,
    sweeping,
)
from tijdig.cli.command import Command
from tijdig.cli.screen import complain, line, say
from tijdig.cli.words import _

COMMANDS: tuple[Command, ...] = (
    setup.init, serving.serve, serving.demo, setup.doctor,
    procedures.procedures, procedures.show, procedures.check, procedures.publish,
    house.take_in, house.give_out, house.choose, account.account,
    handin.new, handin.add, handin.take_in, handin.open_it, handin.show, handin.check, handin.record,
    cases.start, cases.cases, cases.case, cases.tasks, grid.grid,
    acts.decide, acts.record, acts.correct, acts.act, moving.move,
    comparing.reconcile, comparing.figures,
    arrangements.register, arrangements.approved, arrangements.declared,
    sweeping.sweep, sweeping.effects, mail.deliver, mail.outbox, mail.settle, sweeping.incidents, sweeping.retry,
    sweeping.audit, sweeping.verify, evidence.evidence, backup.backup, backup.restore, backup.release, due.due,
    ahead.simulate, ahead.plan_ics, producing.document, producing.documents, bench.bench, completion.completion,
)  # fmt: skip


def run(arguments: Sequence[str]) -> int:
    """Run one command; gives its exit status. What is refused goes to stderr, with its mend."""
    if list(arguments) in (["--help"], ["-h"]):
        return _overview()
    if list(arguments) == ["--version"]:
        return _version()
    found = next((c for c in COMMANDS if c.name.split() == list(arguments)[: len(c.name.split())]), None)
    if found is None:
        return _unknown(arguments)
    try:
        given = vars(found.parser().parse_intermixed_args(arguments[len(found.name.split()) :]))
        return found.run(**given) or 0
    except BrokenPipeError:  # for `main`: the reader of a pipe stopped reading
        raise
    except Exception as error:
        return _failed(error)


def _overview() -> int:
    line(_("Gebruik: tijdig OPDRACHT …; met --help achter een opdracht ziet u wat zij kan."))
    line()
    for each in COMMANDS:
        line(f"  {each.name:<12} {each.help}")
    return 0


def _version() -> int:
    from importlib.metadata import version

    line(version("tijdig"))
    return 0


def _unknown(arguments: Sequence[str]) -> int:
    from difflib import get_close_matches

    asked = arguments[0] if arguments else ""
    near = get_close_matches(asked, [c.name for c in COMMANDS], n=1)
    meant = _(" Bedoelt u '{near}'?").format(near=near[0]) if near else ""
    say(_("Er is geen opdracht '{asked}'.{meant} Bekijk ze met: tijdig --help").format(asked=asked, meant=meant))
    return 2


def _failed(error: Exception) -> int:
    """The reason of a refusal; of anything else one line, and the traceback only for who asks for it."""
    from tijdig.engine.errors import TijdigError

    if isinstance(error, TijdigError):
        complain(error)
    elif os.environ.get("TIJDIG_DEBUG"):
        raise error
    else:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        say(_("Onverwachte fout, er is niets half gedaan: {what}").format(what=what))
        say(_("Meld dit. Met TIJDIG_DEBUG=1 ziet u waar het misging."))
    return 1


def main() -> None:
    """The entry point of the installed command."""
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
        sys.exit(status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
