"""The whole installation to a file and back, and mail that goes again after that."""

from tijdig.cli.command import AS_JSON, AT, REASON, command, option
from tijdig.cli.screen import line, say, show_json
from tijdig.cli.words import _


@command(
    "backup", _("Maak een back-up van alles, terwijl het werk doorgaat."),
    option("file", metavar=_("BESTAND"), help=_("waar de back-up komt")),
    option("--overwrite", action="store_true", help=_("schrijf over een bestand heen dat er al is")), AS_JSON,
)  # fmt: skip
def backup(file: str, overwrite: bool, as_json: bool) -> None:
    """Database and documents in one file: all of it or nothing."""
    from pathlib import Path

    from tijdig.cli import edge
    from tijdig.service.backup import back_up

    with edge.store() as store:
        sha256, made = back_up(
            store, edge.settings().data, Path(file), wall=edge.wall(), account=edge.account(), overwrite=overwrite
        )
    if as_json:
        show_json({"file": file, "sha256": sha256, "missing": made.missing})
    else:
        line(_("● Back-up gemaakt: {file}").format(file=file))
        line(_("  SHA-256 {sha256}").format(sha256=sha256))
    for document in made.missing:
        say(_("Niet in de back-up: het stuk {document} staat er niet meer.").format(document=document))


@command(
    "restore", _("Zet een back-up terug waar nog geen database is; de mail wacht op uw vrijgave."),
    option("file", metavar=_("BESTAND"), help=_("de back-up")),
    option("--as-trial", action="store_true",
           help=_("als proefomgeving: niets verlaat deze machine, de klok staat op het moment van de back-up")),
    AS_JSON,
)  # fmt: skip
def restore(file: str, as_trial: bool, as_json: bool) -> None:
    """Put it back, in a new epoch: all of it or nothing."""
    from pathlib import Path

    from tijdig.cli import edge
    from tijdig.service.backup import sha256_of
    from tijdig.service.restore import restore as put_back
    from tijdig.service.views import local

    given = edge.settings()
    done = put_back(
        given.database_url, given.data, Path(file), wall=edge.wall(), account=edge.account(), as_trial=as_trial
    )
    gap = [{"at": local(each.at), "message_id": each.message_id, "key": each.key} for each in done.gap]
    if as_json:
        show_json({
            "file": file, "sha256": sha256_of(Path(file)), "mode": done.mode, "epoch": done.epoch,
            "backup_at": local(done.backup_at), "gap": gap, "journal": done.journal, "missing": list(done.missing),
        })  # fmt: skip
        return
    line(_("● Teruggezet naar {moment}. Alle mail wacht tot u haar vrijgeeft: tijdig release").format(
        moment=local(done.backup_at)))  # fmt: skip
    if not done.journal:
        say(_("Er is hier geen sent.journal: wat er na de back-up verzonden is, weet niemand."))
    if gap:
        line(_("■ Misschien al verzonden na de back-up ({n}); die berichten wachten op u:").format(n=len(gap)))
    for each in gap:
        line(f"  {each['at']}  {each['key']}")


@command(
    "release", _("Laat de mail weer gaan na het terugzetten van een back-up."),
    option("--by", default="beheer", metavar=_("PERSOON"), help=_("wie het doet")), REASON, AT, AS_JSON,
)  # fmt: skip
def release(by: str, reason: str, at: str | None, as_json: bool) -> None:
    """What the restore held goes; what may have been sent already stays for a person, mail by mail."""
    from tijdig.cli import edge
    from tijdig.service import mailbox
    from tijdig.service.acting import may_administer

    with edge.acting("release", by, reason=reason, at=at) as doing:
        may_administer(doing.session, edge.account(), now=doing.doing.at)
        told = mailbox.release(doing.session, by=doing.doing.by, reason=reason, now=doing.doing.at)
    if as_json:
        show_json(told)
    else:
        line(_("{released} berichten vrijgegeven, {held} wachten nog op u (tijdig outbox --state aangehouden)").format(
            **told))  # fmt: skip
