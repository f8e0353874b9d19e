"""The command `tijdig`: thin, it parses, calls a use case and renders what that gives.

Exit status: 0 done, 1 refused or failed, 2 wrong usage. A command is imported when it is called, so that `--help` is
quick.
"""

import sys

from cyclopts import App

app = App(name="tijdig", help="Termijnen, dossiers en herinneringen: op tijd, en elke datum uitgelegd.")
app.command("tijdig.cli.due:due", name="due", help="Leg een uiterste datum uit, of een bestand vol.")


def main() -> None:
    """Run the command line; what is refused goes to stderr, with its mend."""
    try:
        app()
    except Exception as error:
        from tijdig.engine.errors import TijdigError

        if not isinstance(error, TijdigError):
            raise
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(1)
