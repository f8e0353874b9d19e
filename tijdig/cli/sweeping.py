"""What happens by itself: the sweep, its effects, what stands apart, and the chains of the log."""

from tijdig.cli.acts import show_effects
from tijdig.cli.command import AS_JSON, AT, PLAN, command, from_option, option, until_option
from tijdig.cli.screen import day, line, progress, say, show_json, table
from tijdig.cli.words import _


@command("sweep", _("Haal alles in wat aan de beurt is."), PLAN, AT, AS_JSON)
def sweep(plan: bool, at: str | None, as_json: bool) -> int:
    """Catch up all that is due."""
    from tijdig.cli import edge
    from tijdig.service import views
    from tijdig.service.amend import spread
    from tijdig.service.programmes import open_periods
    from tijdig.service.sweep import sweep as catch_up

    with edge.store() as store, progress(_("Inhalen")) as told:
        now, opened = edge.clock(store, at, plan=plan), list[str]()
        if not plan:
            spread(store, now=now)
            opened = open_periods(store, now=now)
        url = edge.settings().url
        swept = catch_up(store, now=now, wall=edge.wall(), by="cli", plan=plan, url=url, progress=told)
    effects = [views.effect(done) for done in swept.effects]
    if as_json:
        show_json({"checked": swept.checked, "effects": effects, "incidents": swept.incidents})
    else:
        if opened:
            line(_("Geopend door een programma: {cases}.").format(cases=", ".join(opened)))
        title = _("{checked} dossiers bekeken").format(checked=swept.checked)
        show_effects(effects, title=title + (_("; er is niets veranderd") if plan else ""))
    for incident in swept.incidents:
        say(f"{incident['cause']} {incident['mend']}")
    return 0


@command(
    "effects", _("Alles wat er door datums en feiten gebeurd is."),
    option("case", nargs="?", default="", metavar=_("DOSSIER"), help=_("alleen van dit dossier")),
    from_option(), until_option(), AS_JSON,
)  # fmt: skip
def effects(case: str, since: str | None, until: str | None, as_json: bool) -> None:
    """Every effect that happened; the days are nominal days."""
    from tijdig.cli import edge
    from tijdig.service import views

    first, last = edge.day("--from", since), edge.day("--until", until)
    with edge.store() as store, store.read() as session:
        rows = views.effects(session, case=case, since=first, until=last)
    if as_json:
        show_json(rows)
    else:
        show_effects(rows, title=_("{n} keer gebeurde er iets").format(n=len(rows)))


@command("incidents", _("Wat apart staat, met oorzaak en oplossing."), AS_JSON)
def incidents(as_json: bool) -> None:
    """What stands apart now."""
    from tijdig.cli import edge
    from tijdig.service import views

    with edge.store() as store, store.read() as session:
        rows = views.incidents(session)
    if as_json:
        show_json(rows)
    elif not rows:
        line(_("Er staat niets apart."))
    else:
        columns = (_("nr"), _("sinds"), _("oorzaak"), _("oplossing"))
        table(columns, [(r["incident"], day(r["first_at"]), r["cause"], r["mend"]) for r in rows])


@command(
    "retry", _("Probeer een apart gezet dossier opnieuw."),
    option("incident", type=int, metavar=_("NUMMER"), help=_("het nummer uit tijdig incidents")), AT, AS_JSON,
)  # fmt: skip
def retry(incident: int, at: str | None, as_json: bool) -> int:
    """Let its case be caught up at once; exit status 1 when it still cannot be."""
    from models.operation import Incident
    from tijdig.cli import edge
    from tijdig.service import views
    from tijdig.service.incidents import retry as try_again
    from tijdig.service.sweep import sweep as catch_up

    with edge.store() as store:
        with store.write() as session:
            now = edge.now_in(session, at)
            try_again(session, incident, now=now)
        catch_up(store, now=now, wall=edge.wall(), by="cli")
        with store.read() as session:
            found = views.incident(session, session.get_one(Incident, incident))
    if as_json:
        show_json(found)
    elif found["settled_at"]:
        line(_("Opgelost: {cause}").format(**found))
    if not found["settled_at"]:
        say(f"{found['cause']} {found['mend']}")
    return 0 if found["settled_at"] else 1


@command("audit", _("Vergelijk alle lopende dossiers met hun logboek, en herstel wat afwijkt."), AT, AS_JSON)
def audit(at: str | None, as_json: bool) -> int:
    """What a service does each night; exit status 1 when something differed."""
    from dataclasses import asdict

    from tijdig.cli import edge
    from tijdig.service.audit import audit as compare

    with edge.store() as store, progress(_("Nagaan")) as told:
        done = compare(store, now=edge.clock(store, at), wall=edge.wall(), by="cli", progress=told)
    if as_json:
        show_json({"checked": done.checked, "found": [asdict(each) for each in done.found]})
    elif not done.found:
        line(_("● {n} dossiers staan zoals hun logboek zegt").format(n=done.checked))
    for each in done.found:
        state = _("hersteld") if each.mended else _("niet hersteld, kijk met: tijdig log verify")
        say(f"{each.case}: {'; '.join(each.what)} ({state})")
    return 1 if done.found else 0


@command(
    "log verify", _("Reken de ketens van het logboek na."),
    option("case", nargs="?", metavar=_("DOSSIER"), help=_("alleen van dit dossier")),
    option("--head", default="", metavar=_("CODE"), help=_("een zegel dat u per mail kreeg: staat het er nog?")),
    AS_JSON,
)  # fmt: skip
def verify(case: str | None, head: str, as_json: bool) -> int:
    """Re-compute the chains; exit status 1 when one is broken."""
    from dataclasses import asdict

    from tijdig.cli import edge
    from tijdig.service.held import find
    from tijdig.service.verify import verify as compute

    with edge.store() as store, store.read() as session:
        chosen = [find(session, case).code] if case else []
        cases, entries, broken = compute(session, chosen, head)
    if as_json:
        show_json({"cases": cases, "entries": entries, "broken": [asdict(b) for b in broken]})
    elif not broken:
        line(_("● {entries} regels in {cases} dossiers kloppen").format(entries=entries, cases=cases))
    for b in broken:
        say(f"{b.place}: {b.problem}.")
    return 1 if broken else 0
