"""The house: its settings, and tables that come in and go out."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tijdig.cli.command import AS_JSON, AT, BY, command, option
from tijdig.cli.screen import line, row_problem, say, show_json, table
from tijdig.cli.words import _

if TYPE_CHECKING:
    from tijdig.service.fitting import Fit

KINDS = "people, members, assignments, absences, settings, timetable, cohort, kpis"
KIND = option("kind", metavar=_("SOORT"), help=KINDS)
NAME = option("--name", default="", metavar=_("NAAM"), help=_("de naam van het tijdschema of de groep"))


@command(
    "set", _("Kies een instelling van het huis."),
    option("setting", metavar=_("INSTELLING"), help=_("bijvoorbeeld red_decider")),
    option("value", metavar=_("WAARDE"), help=_("een termijn, rol, getal, keuze, of ja of nee")),
    BY, option("--reason", required=True, metavar=_("TEKST"), help=_("waarom")), AT, AS_JSON,
)  # fmt: skip
def choose(setting: str, value: str, by: str, reason: str, at: str | None, as_json: bool) -> None:
    """A setting, as a new settings version; running cases keep theirs."""
    from tijdig.cli import edge
    from tijdig.service import pins
    from tijdig.service.acting import may_administer
    from tijdig.service.moving import staying

    with edge.acting("set", by, reason=reason, at=at) as doing:
        may_administer(doing.session, edge.account(), now=doing.doing.at)
        version = pins.choose(doing.session, setting, value, by=doing.doing.by, reason=reason, now=doing.doing.at)
        running = staying(doing.session, setting)
    if as_json:
        show_json({"version": version, "running": running})
        return
    line(_("Gekozen: {setting} = {value}.").format(setting=setting, value=value))
    if running:
        line(_("{n} lopende dossiers houden wat zij hadden; bekijk met --plan wat er schuift als u ze verzet:").format(
            n=running))  # fmt: skip
        kind = "calendar" if setting in pins.CALENDAR_SETTINGS else "settings"
        line(f"  tijdig move --to {kind} --plan --by {by} --reason …")


@command(
    "import", _("Neem een tabel in: het hele bestand, of niets."), KIND,
    option("file", metavar=_("BESTAND"), help=_("CSV in UTF-8")),
    option("--dry-run", "--plan", action="store_true", dest="dry_run",
           help=_("laat zien wat er zou gebeuren en verander niets")),
    NAME, AT, AS_JSON,
)  # fmt: skip
def take_in(kind: str, file: str, dry_run: bool, name: str, at: str | None, as_json: bool) -> int:
    """A whole file; exit status 1 when anything in it is wrong."""
    from dataclasses import asdict

    from tijdig.cli import edge
    from tijdig.cli.moving import amended, show_moves
    from tijdig.service.acting import may_administer
    from tijdig.service.amend import NOTHING, preview, spread
    from tijdig.service.imports import import_table

    data = edge.read_file(Path(file))
    told = NOTHING
    with edge.store() as store:
        with store.write() as session:
            now = edge.now_in(session, at)
            may_administer(session, edge.account(), now=now)
            done = import_table(session, kind, data, by=edge.account(), now=now, name=name, dry_run=dry_run)
            if done.problems or dry_run:
                session.rollback()
        if done.pending:
            told = preview(store, done.pending) if dry_run else spread(store, now=now, closed=done.pending.closed)
    moved = amended(told) | {"fits": list(map(asdict, done.fits))} if kind == "timetable" else {}
    if as_json:
        problems = [asdict(problem) for problem in done.problems]
        show_json({"added": done.added, "changed": done.changed, "problems": problems, **moved})
    elif not done.problems:
        line(_("{added} toegevoegd, {changed} gewijzigd").format(added=done.added, changed=done.changed))
        if dry_run and done.fits:
            _show_fits(done.fits)
        if told != NOTHING:
            show_moves(moved, plan=dry_run)
    for problem in done.problems:
        say(row_problem(problem))
    return 1 if done.problems else 0


def _show_fits(fits: "Sequence[Fit]") -> None:
    """Which row is which date of each procedure."""
    without = {True: _("geen rij, wordt geteld"), False: _("geen rij, valt weg")}
    table(
        (_("procedure"), _("wat"), _("rij")),
        [(fit.procedure, fit.label, fit.row or without[fit.counted]) for fit in fits],
    )


@command("export", _("Geef een tabel uit, met de kolommen die import inneemt."), KIND, NAME)
def give_out(kind: str, name: str) -> None:
    """CSV on stdout."""
    from tijdig.cli import edge
    from tijdig.engine.calendar import local_day
    from tijdig.service.exports import export_table

    with edge.store() as store, store.read() as session:
        sys.stdout.write(export_table(session, kind, today=local_day(edge.now_in(session)), name=name))
