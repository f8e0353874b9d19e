"""What was approved to be declared: the register, one question to it, and a declaration file held against it."""

from pathlib import Path
from typing import Any

from tijdig.cli.command import AS_JSON, command, option
from tijdig.cli.screen import day, line, row_problem, say, show_json, table
from tijdig.cli.words import _

ON = option("--on", metavar=_("DAG"), help=_("de dag waarover het gaat: 2026-01-31"))
AS_CSV = option("--csv", dest="as_csv", action="store_true", help=_("geef CSV"))


@command(
    "register", _("Welke zorg leden mogen declareren, vanaf wanneer en tot wanneer."), ON,
    option("--member", default="", metavar=_("LID"), help=_("alleen van dit lid")), AS_CSV, AS_JSON,
)  # fmt: skip
def register(on: str | None, member: str, as_csv: bool, as_json: bool) -> None:
    """Every approved arrangement; with `--on` those that stand on a day."""
    from tijdig.cli import edge
    from tijdig.service import arrangements

    asked = edge.day("--on", on)
    with edge.store() as store, store.read() as session:
        found = arrangements.register(session, now=edge.now_in(session), member=member)
    rows = [_row(each) for each in found if asked is None or each.stands(asked)]
    if as_json:
        show_json(rows)
    elif as_csv:
        _write(list(COLUMNS), rows)
    else:
        columns = (_("lid"), _("sector"), _("vorm"), _("vanaf"), _("tot en met"), _("VG7 vanaf"), _("besluit"),
                   _("door"), _("dossier"))  # fmt: skip
        table(columns, [(r["member"], r["sector"], r["care"], day(r["from"]), day(r["until"]), day(r["vg7_from"]),
                         r["decision"], r["decided_by"], r["case"]) for r in rows])  # fmt: skip


COLUMNS = ("member", "sector", "care", "from", "until", "vg7", "vg7_from", "case", "decision", "decided_by",
           "on_behalf_of", "erased")  # fmt: skip


def _row(found: Any) -> dict[str, Any]:
    return {
        "member": found.member, "sector": found.sector or None, "care": found.care or None,
        "from": found.since.isoformat(), "until": found.until and found.until.isoformat(),
        "vg7": found.vg7_since is not None, "vg7_from": found.vg7_since and found.vg7_since.isoformat(),
        "case": found.case, "decision": found.decision or None, "decided_by": found.decided_by or None,
        "on_behalf_of": found.behalf or None, "erased": found.erased,
    }  # fmt: skip


@command(
    "approved", _("Mag een lid deze zorg declareren?"),
    option("member", metavar=_("LID"), help=_("bijvoorbeeld lid-014")),
    option("profile", metavar=_("ZORGPROFIEL"), help=_("bijvoorbeeld VV5, VG7 of GGZ-B3")), ON,
    option("--care", default="", choices=("", "vpt", "care_24h", "responsibility_24h", "other"),
           help=_("de vorm van de zorg; leeg telt als zorg die een plan nodig heeft")), AS_JSON,
)  # fmt: skip
def approved(member: str, profile: str, on: str | None, care: str, as_json: bool) -> None:
    """Yes or no for one day, with the reason."""
    from tijdig.cli import edge
    from tijdig.engine.calendar import local_day
    from tijdig.service import declared

    asked = declared.read_profile(profile)
    with edge.store() as store, store.read() as session:
        now = edge.now_in(session)
        on_day = edge.day("--on", on) or local_day(now)
        gap = declared.approved(session, member, asked, day=on_day, care=care, now=now)
    if as_json:
        show_json({"member": member, "profile": asked.name, "day": on_day.isoformat(), "approved": gap is None,
                   "reason": gap and gap.reason, "case": gap.case or None if gap else None})  # fmt: skip
    else:
        line(_("Ja.") if gap is None else _("Nee: {why}.").format(why=WHY[gap.reason]))


@command(
    "declared", _("Welke regels van een declaratiebestand zijn niet goedgekeurd?"),
    option("file", metavar=_("BESTAND"), help=_("CSV: member, client, profile, from, until, amount, eventueel care")),
    AS_CSV, AS_JSON,
)  # fmt: skip
def declared(file: str, as_csv: bool, as_json: bool) -> int:
    """The lines without approval, each with its reason; exit status 1 when anything in the file is wrong."""
    from dataclasses import asdict

    from tijdig.cli import edge
    from tijdig.service.declared import judge
    from tijdig.service.wording import euros

    data = edge.read_file(Path(file))
    with edge.store() as store, store.read() as session:
        judged = judge(session, data, now=edge.now_in(session))
    rows = [_unapproved(found, gap) for found, gap in judged.unapproved]
    amount = sum(found.amount for found, _gap in judged.unapproved)
    if as_json:
        show_json({"lines": judged.lines, "amount_cents": judged.amount, "unapproved_cents": amount, "unapproved": rows,
                   "problems": [asdict(problem) for problem in judged.problems]})  # fmt: skip
    elif judged.problems:
        for problem in judged.problems:
            say(row_problem(problem))
    elif as_csv:
        _write(UNAPPROVED, [{**row, "amount": euros(row["amount_cents"])} for row in rows])
    else:
        table((_("rij"), _("lid"), _("cliënt"), _("profiel"), _("vanaf"), _("tot en met"), _("bedrag"), _("dag"),
               _("waarom niet"), _("dossier")),
              [(r["row"], r["member"], r["client"], r["profile"], day(r["from"]), day(r["until"]),
                euros(r["amount_cents"]), day(r["day"]), WHY[r["reason"]], r["case"]) for r in rows])  # fmt: skip
        line(_("{n} van {all} regels zijn niet goedgekeurd: € {amount} van € {total}.").format(
            n=len(rows), all=judged.lines, amount=euros(amount), total=euros(judged.amount)))  # fmt: skip
    return 1 if judged.problems else 0


UNAPPROVED = ["row", "member", "client", "profile", "care", "from", "until", "amount", "day", "reason", "case"]


def _unapproved(found: Any, gap: Any) -> dict[str, Any]:
    return {
        "row": found.row, "member": found.member, "client": found.client, "profile": found.profile.name,
        "care": found.care or None, "from": found.since.isoformat(), "until": found.until.isoformat(),
        "amount_cents": found.amount, "day": gap.day.isoformat(), "reason": gap.reason, "case": gap.case or None,
    }  # fmt: skip


def _write(columns: list[str], rows: list[dict[str, Any]]) -> None:
    import sys

    from tijdig.service.tables import write_table

    cells = ([_cell(row[column]) for column in columns] for row in rows)
    sys.stdout.write(write_table(columns, cells))


def _cell(value: Any) -> str:
    match value:
        case bool():
            return "ja" if value else "nee"
        case None:
            return ""
    return str(value)


WHY = {
    "no_approval": _("er is geen goedkeuring"), "before_approval": _("de goedkeuring begint later"),
    "after_end": _("de goedkeuring is voorbij"),
    "vg7_without_advice": _("VG7 zonder positief advies van de gedragskundige"),
    "erased": _("de inhoud van het besluit is gewist; zoek het na"),
}  # fmt: skip
