"""Accounts of colleagues, for an installation without an identity provider; the first administrator gets one so."""

from pathlib import Path

from tijdig.cli.command import command, option
from tijdig.cli.screen import line
from tijdig.cli.words import _


@command(
    "account", _("Geef een collega een wachtwoord voor de werklijst."),
    option("person", metavar=_("PERSOON"), help=_("wie, zoals bij import people")),
    option("--password-file", metavar=_("BESTAND"),
           help=_("lees het wachtwoord uit een bestand; anders wordt het gevraagd")),
)  # fmt: skip
def account(person: str, password_file: str | None) -> None:
    """A password for somebody; whoever runs this has the database in hand already."""
    from tijdig.cli import edge
    from tijdig.engine.errors import Refused
    from tijdig.service.access import choose_password
    from tijdig.service.acting import may_administer

    password = _asked() if password_file is None else edge.read_file(Path(password_file)).decode("utf-8").rstrip("\r\n")
    if not password:
        raise Refused("Er is geen wachtwoord gegeven. Typ het twee keer, of geef --password-file.")
    with edge.store() as store, store.write() as session:
        wall = edge.wall()
        may_administer(session, edge.account(), now=wall)
        choose_password(session, person, password, by=edge.account(), wall=wall)
    line(_("{person} kan zich aanmelden met dit wachtwoord.").format(person=person))


def _asked() -> str:
    from getpass import getpass

    from tijdig.engine.errors import Refused

    first = getpass(_("Wachtwoord: "))
    if getpass(_("Nog een keer: ")) != first:
        raise Refused("De twee wachtwoorden zijn niet gelijk. Probeer het opnieuw.")
    return first
