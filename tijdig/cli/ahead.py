"""Looking ahead: what would happen if nobody acted, all were on time, or as a script says; and who must do what."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tijdig.cli.acts import KINDS
from tijdig.cli.command import AS_JSON, SET, command, from_option, option, until_option
from tijdig.cli.screen import day, line, progress, say, show_json, table
from tijdig.cli.words import _

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from tijdig.service.forecast import Forecast, Load
    from tijdig.service.world import World

SCENARIOS = ("nobody", "on-time")
NAMED = 5
"""So many people of a role are named in a week; more are counted."""

YEAR = option("--year", action="store_true", help=_("een jaar vooruit, vanaf vandaag"))
SCENARIO = option("--scenario", choices=SCENARIOS, default="",
                  help=_("niemand doet iets (nobody), of ieder is op tijd (on-time)"))  # fmt: skip


@command(
    "simulate", _("Wat er zou gebeuren, zonder iets te schrijven."),
    option("procedure", nargs="?", default="", metavar=_("PROCEDURE"), help=_("alleen deze; anders alle")),
    option("--subject", default="", metavar=_("ONDERWERP"), help=_("een verzonnen dossier over dit onderwerp")), SET,
    from_option(default=""), until_option(default=""), YEAR,
    option("--load", action="store_true",
           help=_("wie per week wat moet doen, welke data niet lukken en wanneer een rol niemand heeft")),
    SCENARIO,
    option("--script", metavar=_("BESTAND"),
           help=_("CSV: at, step, outcome, by, reason, en één kolom per gegeven; met case over alle dossiers")),
    AS_JSON,
)  # fmt: skip
def simulate(
    procedure: str, subject: str, given: list[str], since: str, until: str, year: bool, load: bool, scenario: str,
    script: str | None, as_json: bool,
) -> int:  # fmt: skip
    """The whole installation, cases to come included; or with `--subject` or `--set` a case that does not exist."""
    from tijdig.cli import edge
    from tijdig.service import foretell
    from tijdig.service.forecast import document, forecast

    supposed = bool(subject or given or (script and procedure))
    if wrong := _misused(procedure, supposed, load, scenario, script):
        say(wrong)
        return 2
    values, acts = edge.pairs(given), edge.read_file(Path(script)) if script else None
    with edge.store() as store, store.read() as session, progress(_("Vooruitkijken")) as told:
        now = edge.now_in(session)
        within = foretell.period(since, until, year=year, now=now)
        if supposed:
            _show(foretell.supposed(session, procedure, subject, values, within, acts), as_json)
            return 0
        on_time = scenario == "on-time" or (load and not scenario and not acts)
        world = foretell.world_of(
            session, within, now=now, scenario="on-time" if on_time else "nobody", script=acts, progress=told
        )
        if not load:
            _show(foretell.effects(world, within, procedure), as_json)
            _say_apart(world)
            return 0
        found = forecast(session, world, within, procedure=procedure)
    if as_json:
        show_json(document(found))
    else:
        _show_load(found)
    return 0


def _misused(procedure: str, supposed: bool, load: bool, scenario: str, script: str | None) -> str:
    """What does not go together; empty when all is well."""
    if supposed and not procedure:
        return _("Geef ook de PROCEDURE waarvan het dossier is. Zie: tijdig simulate --help")
    if supposed and load:
        return _("--load gaat over alle dossiers. Laat --subject, --set en de PROCEDURE bij --script weg.")
    if scenario == "on-time" and (supposed or script):
        return _("--scenario on-time gaat niet samen met --script of een verzonnen dossier. Laat één van de twee weg.")
    return ""


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(rows)
        return
    table(
        (_("dag"), _("dossier"), _("stap"), _("wat"), _("regel"), _("aan")),
        [(day(r["at"]), r["case"], r["step"], KINDS[r["kind"]], r["rule"], r["to"]) for r in rows],
    )


def _say_apart(world: "World") -> None:
    for each in world.apart:
        say(_("Niet verder gerekend: {case}. {cause}").format(case=each.case, cause=each.cause))


# --- who must do what


def _show_load(found: "Forecast") -> None:
    from tijdig.engine.calendar import short_date

    played = _("als ieder op tijd is") if found.scenario == "on-time" else _("als niemand iets doet")
    line(_("{running} open dossiers, {opened} die nog komen; gerekend {played}.").format(
        running=found.running, opened=found.opened, played=played))  # fmt: skip
    table(
        (_("week van"), _("rol"), _("te doen"), _("fataal"), _("waarvan"), _("wie")),
        [(short_date(e.monday), e.role, _to_do(e), e.fatal or "", _about(e), _who(e)) for e in found.load],
        title=_("Werk per week en rol"),
    )
    _list(_("Data die niet lukken"), (
        f"{each.task.case.name}: {each.why}." for each in found.infeasible))  # fmt: skip
    _list(_("Weken waarin een rol niemand heeft"), (
        _("■ week van {week}: {role}, in {cases}").format(
            week=short_date(gap.monday), role=gap.role, cases=_some(gap.cases)) for gap in found.gaps))  # fmt: skip
    _list(_("Niet verder gerekend"), (f"{each.case}: {each.cause}" for each in found.apart))


def _list(title: str, lines: "Iterable[str]") -> None:
    told = list(lines)
    line(f"{title} ({len(told)})")
    for each in told:
        line(f"  {each}")


def _to_do(load: "Load") -> str:
    late = _(", {n} al te laat").format(n=load.overdue) if load.overdue else ""
    return f"{len(load.tasks)}{late}"


def _about(load: "Load") -> str:
    from collections import Counter

    counted = Counter(task.case.terms.procedure.title for task in load.tasks)
    return ", ".join(f"{title} {n}" for title, n in sorted(counted.items()))


def _who(load: "Load") -> str:
    """The busiest first, each with a share where several hold the role; of many only how many there are."""
    named = [f"{who.person}{f' (namens {who.behalf})' if who.behalf else ''} {_amount(share)}"
             for who, share in load.shares.items()]  # fmt: skip
    some = named if len(named) <= NAMED else [_("{n} personen").format(n=len(named))]
    return " · ".join([*some, *([_("■ niemand {n}").format(n=load.nobody)] if load.nobody else [])])


def _amount(share: "Fraction") -> str:
    return f"{float(share):.2f}".rstrip("0").rstrip(".").replace(".", ",")


def _some(cases: tuple[str, ...]) -> str:
    more = _(" en nog {n}").format(n=len(cases) - NAMED) if len(cases) > NAMED else ""
    return ", ".join(cases[:NAMED]) + more


# --- in a calendar


@command(
    "plan-ics", _("Het jaarplan van een rol of persoon, als agendabestand (iCal)."),
    option("--role", default="", metavar=_("ROL"), help=_("wat deze rol moet doen")),
    option("--person", default="", metavar=_("PERSOON"), help=_("wat deze persoon moet doen, ook als vervanger")),
    from_option(default=""), until_option(default=""), SCENARIO,
    option("--out", default="", metavar=_("BESTAND"), help=_("schrijf hierheen; anders naar het scherm")),
)  # fmt: skip
def plan_ics(role: str, person: str, since: str, until: str, scenario: str, out: str) -> int:
    """A year from today, unless a period is given."""
    import sys

    from tijdig.cli import edge
    from tijdig.service import foretell
    from tijdig.service.forecast import forecast
    from tijdig.service.yearplan import year_plan

    if bool(role) == bool(person):
        say(_("Geef --role of --person, één van de twee. Zie: tijdig plan-ics --help"))
        return 2
    with edge.store() as store, store.read() as session, progress(_("Vooruitkijken")) as told:
        now = edge.now_in(session)
        within = foretell.period(since, until, year=not (since or until), now=now)
        world = foretell.world_of(
            session, within, now=now, scenario="nobody" if scenario == "nobody" else "on-time", progress=told
        )
        made = year_plan(session, forecast(session, world, within), now=now, role=role, person=person)
        _say_apart(world)
    if out:
        edge.write_file(Path(out), made)
    else:
        sys.stdout.write(made.decode())
    return 0
