"""Mails: send what waits, look at them, settle one."""

from tijdig.cli.command import AS_JSON, AT, BY, REASON, command, option
from tijdig.cli.screen import line, show_json, table
from tijdig.cli.words import _

SETTLE = ("resend", "arrived", "drop", "release")


@command("deliver", _("Stel berichten op en verstuur wat weg mag."), AT, AS_JSON)
def deliver(at: str | None, as_json: bool) -> None:
    """Compose and deliver."""
    from tijdig.cli import edge
    from tijdig.service.rounds import deliver_round

    with edge.store() as store:
        now = edge.clock(store, at)
        told = deliver_round(store, now=now, wall=edge.wall(), settings=edge.settings(), by="cli")
    if as_json:
        show_json(told)
    else:
        said = _("{sent} verzonden, {waiting} klaar, {failed} mislukt, {uncertain} onzeker, {held} aangehouden")
        line(said.format(**told))


@command(
    "outbox", _("De berichten, met hun stand."),
    option("--state", default="", metavar=_("STAND"),
           help=_("klaar, wacht, verzonden, onzeker, mislukt, aangehouden …")),
    AS_JSON,
)  # fmt: skip
def outbox(state: str, as_json: bool) -> None:
    """All mails, or those in a state."""
    from tijdig.cli import edge
    from tijdig.service import mailbox

    with edge.store() as store, store.read() as session:
        rows = mailbox.outbox(session, state)
    if as_json:
        show_json(rows)
    else:
        columns = (_("nr"), _("aan"), _("adres"), _("onderwerp"), _("dossiers"), _("stand"), _("waarom"))
        table(
            columns,
            [(r["mail"], r["person"], r["address"], r["subject"], r["cases"], r["state"], r["why"]) for r in rows],
        )


@command(
    "settle", _("Handel één bericht af."),
    option("mail", type=int, metavar=_("NUMMER"), help=_("het nummer uit tijdig outbox")),
    option("how", choices=SETTLE, metavar=_("HOE"), help=", ".join(SETTLE)), BY, REASON, AT, AS_JSON,
)  # fmt: skip
def settle(mail: int, how: str, by: str, reason: str, at: str | None, as_json: bool) -> None:
    """What becomes of a mail that is uncertain, failed or held."""
    from tijdig.cli import edge
    from tijdig.service import mailbox
    from tijdig.service.acting import may_administer

    with edge.acting("settle", by, reason=reason, at=at) as doing:
        may_administer(doing.session, edge.account(), now=doing.doing.at)
        settled = mailbox.settle(doing.session, mail, how, by=doing.doing.by, reason=reason, now=doing.doing.at)
        doing.session.flush()
        shown = {"mail": settled.id, "state": settled.state, "why": settled.why}
    if as_json:
        show_json(shown)
    else:
        line(_("Bericht {mail}: {state}").format(**shown))
