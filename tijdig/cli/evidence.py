"""Evidence: all that is known of a case as one zip, to be checked without Tijdig."""

from pathlib import Path

from tijdig.cli.command import AS_JSON, CASE, command, option
from tijdig.cli.screen import line, show_json
from tijdig.cli.words import _


@command(
    "evidence", _("De bewijsmap van een dossier: logboek, berichten, documenten en hoe u het zonder Tijdig narekent."),
    CASE,
    option("--out", metavar=_("BESTAND"), help=_("waar het komt; zonder keuze in deze map, met zijn eigen naam")),
    AS_JSON,
)  # fmt: skip
def evidence(case: str, out: str | None, as_json: bool) -> None:
    """The zip, as the case stood at the last entry of its log."""
    from tijdig.cli import edge
    from tijdig.service.documents import folder_of
    from tijdig.service.evidence import evidence as collect

    settings = edge.settings()
    with edge.store() as store, store.read() as session:
        made = collect(session, case, folder_of(settings.data.resolve()), sender=settings.mail_from or "")
    edge.note_reading(made.case)
    target = Path(out or made.name)
    edge.write_file(target, made.content)
    if as_json:
        show_json({"file": str(target), "sha256": made.sha256, "case": made.case})
    else:
        line(_("{file}: bewijsmap van {case}, sha256 {sha256}").format(
            file=target, case=made.case, sha256=made.sha256))  # fmt: skip
