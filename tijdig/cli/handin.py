"""The register of a tender: what providers hand in, the closed-door opening, and what each of them lacks."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tijdig.cli.command import AS_JSON, AT, BEHALF, BY, PLAN, command, option
from tijdig.cli.screen import day, line, row_problem, say, show_json, table
from tijdig.cli.words import _

if TYPE_CHECKING:
    from tijdig.service.register import Receipt
    from tijdig.service.registrations import Registration

TENDER = option("tender", metavar=_("REGISTER"), help=_("de naam van het register, bijvoorbeeld cz-2021"))


@command(
    "handin new", _("Begin het register van een aanbesteding."), TENDER,
    option("--procedure", default="tender-care-office", metavar=_("PROCEDURE"),
           help=_("wie die uitvoert, voert het register; standaard tender-care-office")),
    option("--timetable", required=True, metavar=_("NAAM"), help=_("het tijdschema dat zegt wanneer het sluit")),
    option("--row", required=True, metavar=_("RIJ"), help=_("de rij van het tijdschema waarop het sluit: een step_id")),
    option("--vog-from", required=True, metavar=_("DAG"), help=_("de eerste datum die een VOG mag hebben")),
    BY, BEHALF, AT, AS_JSON,
)  # fmt: skip
def new(
    tender: str, procedure: str, timetable: str, row: str, vog_from: str, by: str, behalf: str, at: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """A register that closes with its timetable."""
    from tijdig.cli import edge
    from tijdig.service import register, views
    from tijdig.service.forms import read_day

    with edge.acting("handin new", by, behalf=behalf, at=at) as doing:
        closes_at = register.set_up(
            doing.session, doing.people, doing.doing, tender=tender, procedure=procedure, timetable=timetable, row=row,
            vog_from=read_day("vog-from", vog_from),
        )  # fmt: skip
    closes = views.local(closes_at)
    if as_json:
        show_json({"tender": tender, "closes_at": closes})
    else:
        line(_("Register {tender}: open tot en met {closes}.").format(tender=tender, closes=day(closes)))


@command(
    "handin add", _("Schrijf één stuk in het register."), TENDER,
    option("provider", metavar=_("AANBIEDER"), help=_("de verwijzing van de aanbieder")),
    option("piece", metavar=_("STUK"),
           help="bestuursverklaring, inschrijvingsverklaring, onderaannemers, vog, wtzi, …"),
    option("--file", metavar=_("BESTAND"), help=_("het stuk zelf")),
    option("--sha256", default="", metavar="HASH", help=_("de SHA-256 van het stuk, als het portaal het bewaart")),
    option("--received", default="", metavar=_("MOMENT"), help=_("wanneer het binnenkwam; standaard nu")),
    option("--dated", default="", metavar=_("DAG"), help=_("de datum die op het stuk staat")),
    option("--channel", default="", metavar=_("KANAAL"), help=_("waarlangs het kwam, bijvoorbeeld portaal")),
    BY, BEHALF, AT, AS_JSON,
)  # fmt: skip
def add(
    tender: str, provider: str, piece: str, file: str | None, sha256: str, received: str, dated: str,
    channel: str, by: str, behalf: str, at: str | None, as_json: bool,
) -> int:  # fmt: skip
    """One piece; exit status 1 when it came too late, though it is kept."""
    from tijdig.cli import edge
    from tijdig.service import register

    if bool(file) == bool(sha256):
        say(_("Geef --file BESTAND of --sha256 HASH. Zie: tijdig handin add --help"))
        return 2
    with edge.acting("handin add", by, behalf=behalf, at=at) as doing:
        kept = doing.work.keep(file) if file and doing.work.keep else {"name": "", "sha256": sha256}
        cells = {
            "provider": provider, "piece": piece, "received_at": received, "dated": dated, "channel": channel,
            "sha256": kept["sha256"], "name": kept["name"],
        }  # fmt: skip
        filing = register.one_filing(cells, doing.doing.at)
        [receipt] = register.hand_in(doing.session, doing.people, doing.doing, tender, [filing])
    answer = _receipt(receipt)
    if as_json:
        show_json(answer)
    elif receipt.arrival != "late":
        line(_("Nummer {number}: {piece} van {provider}, ontvangen {received}. {arrival}.").format(
            **{**answer, "received": day(answer["received_at"]), "arrival": ARRIVALS[receipt.arrival]}))  # fmt: skip
    if receipt.arrival == "late":
        say(_("Te laat: dit stuk kwam {received}, het register sloot {closes}. Het staat erin als te laat, nummer "
              "{number}; voor de inschrijving telt het niet.").format(
            received=_second(answer["received_at"]), closes=_second(answer["closes_at"]), number=receipt.number,
        ))  # fmt: skip
    if not receipt.known:
        say(
            _("Er is geen aanbieder {provider} bekend. Het stuk staat er wel in; klopt de verwijzing?").format(
                provider=provider
            )
        )
    return 1 if receipt.arrival == "late" else 0


@command(
    "handin import", _("Schrijf een bestand vol stukken in het register: alles of niets."), TENDER,
    option("file", metavar=_("BESTAND"),
           help=_("CSV: provider, piece, received_at, sha256, eventueel dated, channel, name")),
    BY, BEHALF, AT, AS_JSON,
)  # fmt: skip
def take_in(tender: str, file: str, by: str, behalf: str, at: str | None, as_json: bool) -> int:
    """A whole file; exit status 1 when anything in it is wrong. What is late is no fault of the file: it is kept so."""
    from dataclasses import asdict

    from tijdig.cli import edge
    from tijdig.service import register
    from tijdig.service.register import Receipt

    data = edge.read_file(Path(file))
    with edge.acting("handin import", by, behalf=behalf, at=at) as doing:
        done = register.import_hand_ins(doing.session, doing.people, doing.doing, tender, data)
    receipts = [each for each in done if isinstance(each, Receipt)]
    problems = [each for each in done if not isinstance(each, Receipt)]
    counts = {name: sum(each.arrival == name for each in receipts) for name in ARRIVALS}
    answer = {"added": sum(each.new for each in receipts), **counts, "problems": [asdict(each) for each in problems]}
    if as_json:
        show_json(answer)
    elif not problems:
        line(_("{added} stukken toegevoegd: {in_time} op tijd, {last_second} in de laatste seconde, {late} te laat.")
             .format(**answer))  # fmt: skip
    for problem in problems:
        say(row_problem(problem))
    return 1 if problems else 0


@command("handin open", _("Open het register na sluiting: de niet-openbare opening."), TENDER, BY, BEHALF, AT, AS_JSON)
def open_it(tender: str, by: str, behalf: str, at: str | None, as_json: bool) -> None:
    """From now on all who have a role in the procedure may read it."""
    from tijdig.cli import edge
    from tijdig.service import registrations

    with edge.acting("handin open", by, behalf=behalf, at=at) as doing:
        counts = registrations.open_register(doing.session, doing.people, doing.doing, tender)
    if as_json:
        show_json({"tender": tender, **counts})
    else:
        line(_("Geopend: van {providers} aanbieders {in_time} stukken op tijd, {last_second} in de laatste seconde, "
               "{late} te laat.").format(**counts))  # fmt: skip


@command("handin list", _("Lees het register: elk stuk, zoals het binnenkwam."), TENDER, BY, BEHALF, AT, AS_JSON)
def show(tender: str, by: str, behalf: str, at: str | None, as_json: bool) -> None:
    """Every piece; confidential, and each reading is logged."""
    from tijdig.cli import edge
    from tijdig.service import registrations

    with edge.acting("handin list", by, behalf=behalf, at=at) as doing:
        rows = [
            _receipt(each) for each in registrations.read_register(doing.session, doing.people, doing.doing, tender)
        ]
    if as_json:
        show_json(rows)
        return
    table(
        (_("nr"), _("ontvangen"), _("aanbieder"), _("stuk"), _("datum stuk"), _("aankomst"), _("kanaal"), "sha256"),
        [(r["number"], _second(r["received_at"]), r["provider"], r["piece"], day(r["dated"]), ARRIVALS[r["arrival"]],
          r["channel"], r["sha256"][:12]) for r in rows],
    )  # fmt: skip


@command(
    "handin check", _("Toon per aanbieder of de inschrijving op tijd en volledig is."), TENDER, BY, BEHALF, AT, AS_JSON
)
def check(tender: str, by: str, behalf: str, at: str | None, as_json: bool) -> None:
    """What each provider lacks: a finding, no decision. Confidential, and each reading is logged."""
    from tijdig.cli import edge
    from tijdig.service import registrations

    with edge.acting("handin check", by, behalf=behalf, at=at) as doing:
        found = registrations.registrations(doing.session, doing.people, doing.doing, tender)
    rows = [_registration(each) for each in found]
    if as_json:
        show_json(rows)
        return
    table(
        (_("aanbieder"), _("aankomst"), _("laatste stuk"), _("stukken"), _("wat ontbreekt")),
        [(r["provider"], ARRIVALS[r["arrival"]], day(r["last_at"]), len(r["pieces"]),
          [f"{f['piece']} ({FAULTS[f['fault']]})" for f in r["findings"]]) for r in rows],
    )  # fmt: skip


@command(
    "handin record", _("Zet in elk dossier wat het register zegt: tijdig ingeschreven of te laat."), TENDER, BY, BEHALF,
    PLAN, AT, AS_JSON,
)  # fmt: skip
def record(tender: str, by: str, behalf: str, plan: bool, at: str | None, as_json: bool) -> None:
    """A decision in every case of a provider that handed in; with `--plan` only how many there would be."""
    from dataclasses import asdict

    from tijdig.cli import edge
    from tijdig.service import registrations

    with edge.acting("handin record", by, behalf=behalf, at=at, plan=plan) as doing:
        done = asdict(registrations.record_registrations(doing, tender))
    if as_json:
        show_json(done)
        return
    line(_("{in_time} dossiers op tijd, {too_late} te laat.").format(**done))
    if done["nothing"]:
        say(_("Niets ingediend: {cases}. Besluit zelf, per dossier: tijdig decide DOSSIER hand_in not_filed --by U.")
            .format(cases=", ".join(done["nothing"])))  # fmt: skip
    if done["closed"]:
        say(_("Al gesloten, overgeslagen: {cases}.").format(cases=", ".join(done["closed"])))
    for case, why in done["refused"]:
        say(_("Niet vastgelegd in {case}: {why}").format(case=case, why=why))
    if done["without_case"]:
        say(_("Zonder dossier: {providers}.").format(providers=", ".join(done["without_case"])))


def _receipt(receipt: "Receipt") -> dict[str, Any]:
    from tijdig.service.views import local

    filing = receipt.filing
    return {
        "number": receipt.number, "provider": filing.provider, "known": receipt.known, "piece": filing.piece,
        "dated": filing.dated and filing.dated.isoformat(), "received_at": local(filing.received_at),
        "closes_at": local(receipt.closes_at), "arrival": receipt.arrival, "channel": filing.channel,
        "name": filing.name, "sha256": filing.sha256, "new": receipt.new,
    }  # fmt: skip


def _registration(found: "Registration") -> dict[str, Any]:
    from dataclasses import asdict

    from tijdig.service.views import local

    return {
        "provider": found.provider, "known": found.known, "arrival": found.arrival,
        "last_at": local(found.last_at), "pieces": [_receipt(each) for each in found.pieces],
        "findings": [asdict(each) for each in found.findings],
    }  # fmt: skip


def _second(moment: str) -> str:
    """A moment to the second: it is what decides here."""
    return f"{day(moment[:10])}, {moment[11:19]}"


ARRIVALS = {"in_time": _("● Op tijd"), "last_second": _("▲ In de laatste seconde"), "late": _("■ Te laat")}
FAULTS = {
    "missing": _("ontbreekt"), "undated": _("zonder datum"), "too_old": _("te oud"),
    "after_filing": _("van na de inschrijving"),
}  # fmt: skip
