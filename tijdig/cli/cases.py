"""Cases and the work in them: open one, list them, look into one, and the worklist."""

from typing import Any

from tijdig.cli.acts import show_effects
from tijdig.cli.command import AS_JSON, AT, BEHALF, CASE, PLAN, REASON, SET, command, option
from tijdig.cli.screen import day, line, say, show_json, table
from tijdig.cli.words import _


@command(
    "start", _("Open een dossier, of een bestand vol."),
    option("procedure", nargs="?", metavar=_("PROCEDURE"), help=_("bijvoorbeeld orange-status")),
    option("--subject", default="", metavar=_("ONDERWERP"), help=_("waarover het gaat, bijvoorbeeld lid-014")),
    SET,
    option("--step", default="", metavar=_("STAP"), help=_("lopend werk overnemen: de stap waar het is")),
    option("--by", default="", metavar=_("PERSOON"), help=_("wie het doet")),
    BEHALF, REASON,
    option("--request-id", metavar="ID", help=_("hetzelfde verzoek opent één dossier")),
    PLAN, AT,
    option("--batch", metavar=_("BESTAND"),
           help=_("CSV: procedure, subject, by, at, eventueel step, en één kolom per gegeven")),
    AS_JSON,
)  # fmt: skip
def start(
    procedure: str | None, subject: str, given: list[str], step: str, by: str, behalf: str, reason: str,
    request_id: str | None, plan: bool, at: str | None, batch: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Open a case; with `--plan` show what would happen and go out, and write nothing."""
    if batch and not any((procedure, subject, given, step, by, behalf, reason, request_id, at)):
        from tijdig.cli.batches import start_batch

        return start_batch(batch, plan=plan, as_json=as_json)
    if batch or not (procedure and subject and by):
        say(_("Geef PROCEDURE --subject ONDERWERP --by PERSOON, of alleen --batch BESTAND. Zie: tijdig start --help"))
        return 2
    from tijdig.cli import edge
    from tijdig.service import cases, views

    with edge.acting("start", by, behalf=behalf, reason=reason, at=at, plan=plan) as doing:
        held = cases.open_case(
            doing.work, doing.people, procedure, subject, edge.pairs(given), doing.doing,
            request_id=request_id, at_step=step,
        )  # fmt: skip
        answer: dict[str, Any] = {"case": held.code, "effects": [views.effect(done) for done in doing.work.done]}
        if plan:
            answer["case"], answer["notices"] = None, list(views.told(doing.work.writing.told()))
    if as_json:
        show_json(answer)
        return 0
    title = _("Dit zou er gebeuren (er is niets geopend)") if plan else _("Geopend: {case}").format(**answer)
    show_effects(answer["effects"], title=title)
    if plan:
        rows = [(notice["kind"], notice["step"], notice["role"], notice["not_before"]) for notice in answer["notices"]]
        table((_("brief"), _("stap"), _("aan"), _("vanaf")), rows, title=_("Dit zou er uitgaan"))
    return 0


@command(
    "cases", _("De dossiers."),
    option("--procedure", default="", metavar=_("PROCEDURE"), help=_("alleen van deze procedure")),
    option("--state", default="", metavar=_("STAND"), help=_("open, of een afloop: green, red, cancelled …")),
    AS_JSON,
)  # fmt: skip
def cases(procedure: str, state: str, as_json: bool) -> None:
    """All cases, or those of a procedure or state."""
    from tijdig.cli import edge
    from tijdig.service import views

    with edge.store() as store, store.read() as session:
        rows = views.cases(session, edge.now_in(session), procedure=procedure, state=state)
    if as_json:
        show_json(rows)
        return
    columns = (
        _("dossier"),
        _("procedure"),
        _("onderwerp"),
        _("stand"),
        _("versie"),
        _("geopend"),
        _("uiterlijk"),
        _("termijn"),
    )
    table(columns, [(r["case"], r["procedure"], r["subject"], r["state"], r["version"], day(r["opened_on"]),
                     day(r["due"]), STATUS[r["term_status"]]) for r in rows])  # fmt: skip


@command("case", _("Eén dossier: gegevens, termijnen, berichten, logboek."), CASE, AS_JSON)
def case(case: str, as_json: bool) -> None:
    """All there is to know of a case."""
    from tijdig.cli import edge
    from tijdig.service.dossier import dossier

    with edge.store() as store, store.read() as session:
        found = dossier(session, case, edge.now_in(session))
    edge.note_reading(found["case"])
    if as_json:
        show_json(found)
        return
    line(f"{found['case']} {found['title']} · {found['subject']} · {found['state']} · {STATUS[found['term_status']]} · "
         + _("versie {version} · procedure rev. {revision}").format(**found))  # fmt: skip
    table((_("gegeven"), _("waarde")), [(name, _fact(value)) for name, value in found["facts"].items()],
          title=_("Gegevens"))  # fmt: skip
    if found.get("counted"):
        line(_("Realisatie, zoals Tijdig nu telt: {counted}").format(**found))
    table(
        (_("stap"), _("vraagt"), _("rol"), _("stand"), _("uiterlijk"), _("werkdagen over"), _("grondslag")),
        [
            (o["step"], o["asks"], o["role"], STATES[o["state"]], day(o["due"]), o["slack"], basis(o))
            for o in found["obligations"]
        ],
        title=_("Termijnen"),
    )
    for asked in found["obligations"]:
        if asked["due"] and asked["state"] == "open":
            line(_("Waarom {due} ({step})?").format(due=day(asked["due"]), step=asked["step"]))
            for number, text in enumerate(asked["why"], start=1):
                line(f"  {number}. {text}")
    table((_("brief"), _("stap"), _("aan"), _("stand"), _("waarom")),
          [(m["kind"], m["step"], m["role"], m["state"], m["why"]) for m in found["messages"]],
          title=_("Berichten"))  # fmt: skip
    table((_("nr"), _("wanneer"), _("soort"), _("wat"), _("wie"), _("hash")),
          [(e["seq"], day(e["at"]), e["kind"], e["key"], e["actor"], e["hash"][:8]) for e in found["log"]],
          title=_("Logboek"))  # fmt: skip


@command(
    "tasks", _("Het werk dat openstaat, het dringendste eerst."),
    option("--role", default="", metavar=_("ROL"), help=_("alleen van deze rol")),
    option("--user", default="", metavar=_("PERSOON"), help=_("het werk van deze persoon, en wat op anderen wacht")),
    AS_JSON,
)  # fmt: skip
def tasks(role: str, user: str, as_json: bool) -> None:
    """The worklist."""
    from tijdig.cli import edge
    from tijdig.service import views

    with edge.store() as store, store.read() as session:
        rows = views.tasks(session, edge.now_in(session), role=role, user=user)
    if as_json:
        show_json(rows)
        return
    if not rows:
        line(_("U hebt nu geen taken.") if user else _("Er zijn nu geen taken."))
    for group in views.GROUPS:
        found = [row for row in rows if row["group"] == group]
        if found:
            table((_("uiterlijk"), _("wat"), _("dossier"), _("onderwerp"), _("stap"), _("rol"), _("bij"),
                   _("grondslag")),
                  [(day(r["due"]), r["asks"], r["case"], r["subject"], r["step"], r["role"], r["assignee"], basis(r))
                   for r in found], title=f"{WORK[group]} ({len(found)})")  # fmt: skip


def _fact(value: Any) -> Any:
    """A fact as people read it: a row of a timetable by its day and what that says."""
    if not (isinstance(value, dict) and "date" in value):
        return value
    when = ", ".join(filter(None, (day(value["date"] or None), value.get("time")))) or value.get("said", "")
    return f"{value.get('boundary', '')} {when} [{basis({'basis': '', **value})}]".strip()


def basis(row: dict[str, Any]) -> str:
    """The basis of a date, and whether a day late loses the right."""
    return f"{row['basis'] or ''}{' ' + _('(fataal)') if row['fatal'] else ''}"


STATUS = {"on_time": _("● Op schema"), "close": _("▲ Bijna"), "late": _("■ Te laat"), "none": _("○ Geen termijn")}
WORK = {
    "overdue": _("Verlopen"), "today": _("Vandaag"), "this_week": _("Deze week"), "later": _("Later"),
    "waiting": _("Wacht op anderen"),
}  # fmt: skip
STATES = {
    "waiting": _("wacht"), "open": _("open"), "done": _("gedaan"), "skipped": _("n.v.t."), "withdrawn": _("vervallen"),
    "met": _("gehaald"), "none": "",
}  # fmt: skip
