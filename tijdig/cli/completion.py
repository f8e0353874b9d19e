"""Completion with Tab: a script for the shell, made from the same declarations as `--help`."""

import argparse
from collections.abc import Iterable

from tijdig.cli.command import Command, command, option
from tijdig.cli.screen import line
from tijdig.cli.words import _

SHELLS = ("bash", "zsh", "tcsh")


@command(
    "completion",
    _('Geef het script waarmee Tab aanvult: eval "$(tijdig completion bash)".'),
    option("shell", choices=SHELLS, help=", ".join(SHELLS)),
)
def completion(shell: str) -> None:
    """A script on stdout."""
    import shtab

    from tijdig.cli import COMMANDS

    line(shtab.complete(tree(COMMANDS), shell=shell))


def tree(commands: Iterable[Command]) -> argparse.ArgumentParser:
    """One parser with all commands below it; a command of two words stands below its first."""
    made = argparse.ArgumentParser("tijdig")
    below = {"": made.add_subparsers()}
    for each in commands:
        *above, last = each.name.split()
        first = above[0] if above else ""
        if first not in below:
            below[first] = below[""].add_parser(first, help=each.help).add_subparsers()
        each.declare(below[first].add_parser(last, help=each.help, description=each.help))
    return made
