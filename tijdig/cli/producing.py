"""Documents: make one of a case, and see which there are and whether their templates are sound."""

from pathlib import Path

from tijdig.cli.command import AS_JSON, CASE, command, option
from tijdig.cli.screen import line, say, show_json, table
from tijdig.cli.words import _


@command(
    "document", _("Maak een document van een dossier: Word, PDF of Excel."),
    option("kind", metavar=_("SOORT"), help=_("bijvoorbeeld orange-letter; zie: tijdig documents")), CASE,
    option("--format", choices=("docx", "pdf", "xlsx"), default="", help=_("zonder keuze het eerste dat er is")),
    option("--out", metavar=_("BESTAND"), help=_("waar het komt; zonder keuze in deze map, met zijn eigen naam")),
    AS_JSON,
)  # fmt: skip
def document(kind: str, case: str, format: str, out: str | None, as_json: bool) -> None:
    """A document as the case stood at the last entry of its log."""
    from tijdig.cli import edge
    from tijdig.service.documents import folder_of, keeper
    from tijdig.service.papers import paper
    from tijdig.service.produce import make

    wanted = paper(kind)
    with edge.store() as store, store.write() as session:
        keep = keeper(session, folder_of(edge.settings().data.resolve()), now=edge.now_in(session))
        made = make(keep, wanted, case, format or wanted.formats[0], by=edge.account())  # type: ignore[arg-type]
    edge.note_reading(made.case)
    target = Path(out or made.name)
    edge.write_file(target, made.content)
    if as_json:
        show_json({"file": str(target), "sha256": made.sha256, "case": made.case, "seq": made.seq, "head": made.head})
        return
    line(_("{file}: {title} van {case}, stand van logboekregel {seq} ({head}).").format(
        file=target, title=wanted.title, case=made.case, seq=made.seq, head=made.head[:12]))  # fmt: skip


@command(
    "documents", _("De documenten die er zijn; van één ervan de velden die het sjabloon kan gebruiken."),
    option("kind", nargs="?", default="", metavar=_("SOORT"), help=_("bijvoorbeeld orange-letter")), AS_JSON,
)  # fmt: skip
def documents(kind: str, as_json: bool) -> int:
    """Kinds, formats, templates and what is wrong in them; exit status 1 when anything is."""
    from dataclasses import asdict

    from tijdig.cli import edge
    from tijdig.service.papers import PAPERS, paper
    from tijdig.service.produce import listed

    data = edge.settings().data.resolve()
    with edge.store() as store, store.read() as session:
        found = [listed(session, each, data) for each in ([paper(kind)] if kind else PAPERS)]
    if as_json:
        show_json([asdict(each) for each in found])
    else:
        rows = [(each.kind, each.procedure, each.title, each.formats, each.template) for each in found]
        table((_("soort"), _("procedure"), _("titel"), _("als"), _("sjabloon")), rows)
        for name in found[0].fields if kind else ():
            line(f"  {name}")
    for each in found:
        for problem in each.problems:
            say(f"{each.kind}, {problem.place}: {problem.problem} {problem.mend}")
    return 1 if any(each.problems for each in found) else 0
