"""Registers: where two of them differ, what was settled, and the figures that came of it."""

from typing import Any

from tijdig.cli.command import AS_JSON, AT, BEHALF, CASE, REASON, command, option
from tijdig.cli.screen import day, line, say, show_json, table
from tijdig.cli.words import _


@command(
    "reconcile", _("De verschillen tussen twee registers; of doe er een af."), CASE,
    option("difference", nargs="?", metavar=_("VERSCHIL"), help=_("het nummer van het verschil")),
    option("holds", nargs="?", metavar=_("REGISTER"), help=_("welk register hier geldt")),
    option("--by", default="", metavar=_("PERSOON"), help=_("wie het doet")),
    BEHALF, REASON, AT, AS_JSON,
)  # fmt: skip
def reconcile(
    case: str, difference: str | None, holds: str | None, by: str, behalf: str, reason: str, at: str | None,
    as_json: bool,
) -> int:  # fmt: skip
    """The list; or one settlement, and then the list as it stands."""
    if difference or holds or by:
        if not (difference and holds and by):
            say(_("Geef DOSSIER VERSCHIL REGISTER --by PERSOON --reason TEKST, of alleen DOSSIER voor de lijst."))
            return 2
        from tijdig.cli import edge
        from tijdig.service import cases

        with edge.acting("reconcile", by, behalf=behalf, reason=reason, at=at) as doing:
            cases.settle(doing.work, doing.people, case, difference, holds, doing.doing)
    _show(case, as_json=as_json)
    return 0


def _show(case: str, *, as_json: bool) -> None:
    from tijdig.cli import edge
    from tijdig.service.compared import differences
    from tijdig.service.documents import folder_of

    with edge.store() as store, store.read() as session:
        found = differences(session, case, folder_of(edge.settings().data))
    edge.note_reading(found["case"])
    if as_json:
        show_json(found)
        return
    left, right = found["left"], found["right"]
    if not found["compared"]:
        line(_("{case}: {left} en {right} zijn nog niet allebei ingeleverd.").format(**found))
        return
    rows = [_row(each, left, right) for each in found["differences"]]
    table((_("verschil"), _("regel"), _("kolom"), left, right, _("geldt"), _("door"), _("waarom")), rows,
          title=_("{case}: {n} verschillen, {unsettled} nog open").format(n=len(rows), **found))  # fmt: skip
    if found["returns"]:
        table((_("onderwerp"), _("opgave"), left, right), [tuple(each.values()) for each in found["returns"]],
              title=_("Wie iets anders opgaf dan in een register staat"))  # fmt: skip


def _row(each: dict[str, Any], left: str, right: str) -> tuple[str, ...]:
    absent = _("(staat er niet in)")
    return (
        each["difference"], " ".join(each["line"].values()), each["column"] or _("de hele regel"),
        *(absent if each[side] is None else each[side] or "-" for side in (left, right)),
        each["holds"] or "", each["by"] or "", each["reason"] or "",
    )  # fmt: skip


@command("figures", _("De cijfers van een dossier, elke keer dat zij zijn vastgesteld."), CASE, AS_JSON)
def figures(case: str, as_json: bool) -> None:
    """Every version, beside each other."""
    from tijdig.cli import edge
    from tijdig.service.compared import versions
    from tijdig.service.documents import folder_of

    with edge.store() as store, store.read() as session:
        found = versions(session, case, folder_of(edge.settings().data), edge.now_in(session))
    edge.note_reading(found["case"])
    if as_json:
        show_json(found)
        return
    if not found["versions"]:
        line(_("{case}: er zijn nog geen cijfers vastgesteld.").format(**found))
    for each in found["versions"]:
        then = ", ".join(f"{each['outcome']} ({day(each['at'])}, {each['by']})" for each in each["then"])
        line(_("{case} versie {version}: {total} regels, vastgesteld {at} door {by}").format(
            case=found["case"], **{**each, "at": day(each["at"])}))  # fmt: skip
        table(tuple(each["rows"][0]) if each["rows"] else (), [tuple(row.values()) for row in each["rows"]])
        line(_("Bestand {name}, sha256 {sha256}").format(**each["figures"]))
        line(_("Bestand {name}, sha256 {sha256}").format(**each["lines"]))
        line(_("Daarna: {then}").format(then=then or _("nog niet aangeleverd")))
