"""Definitions: list them, read one, check them all, publish new revisions."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tijdig.cli.command import AS_JSON, command, option
from tijdig.cli.screen import line, progress, say, show_json, table
from tijdig.cli.words import _

if TYPE_CHECKING:
    from tijdig.engine.errors import Problem
    from tijdig.engine.language import Procedure

PROCEDURE = option("procedure", metavar=_("PROCEDURE"), help=_("bijvoorbeeld orange-status"))


@command("procedures", _("De gepubliceerde procedures."), AS_JSON)
def procedures(as_json: bool) -> None:
    """The newest revisions."""
    from tijdig.cli import edge
    from tijdig.service import views

    with edge.store() as store, store.read() as session:
        rows = views.procedures(session)
    if as_json:
        show_json(rows)
    else:
        table((_("procedure"), _("code"), _("titel"), _("revisie"), _("sha256")),
              [(r["id"], r["code"], r["title"], r["revision"], r["sha256"][:12]) for r in rows])  # fmt: skip


@command("show", _("Een procedure in leesbare woorden."), PROCEDURE, AS_JSON)
def show(procedure: str, as_json: bool) -> None:
    """One definition."""
    from tijdig.cli import edge
    from tijdig.service.handbook import page
    from tijdig.service.held import LOADER
    from tijdig.service.pins import current, newest

    with edge.store() as store, store.read() as session:
        snapshot = newest(session, procedure).snapshot
        terms = LOADER.load(session, current(session, procedure))
    if as_json:
        show_json(json.loads(snapshot))
        return
    for text in page(terms):
        line(text)


@command(
    "check", _("Controleer definities, ook door ze vijf jaar lang proef te draaien."),
    option("chosen", nargs="*", metavar=_("PROCEDURE"), help=_("alleen deze; anders alle")), AS_JSON,
)  # fmt: skip
def check(chosen: list[str], as_json: bool) -> int:
    """The static checks and the rehearsals; exit status 1 when there is a problem."""
    from flows import PROCEDURES
    from tijdig.engine.errors import Refused

    stray = sorted(set(chosen) - {procedure.id for procedure in PROCEDURES})
    if stray:
        known = ", ".join(procedure.id for procedure in PROCEDURES)
        raise Refused(f"There is no procedure '{stray[0]}'. There are: {known}.")
    picked = tuple(procedure for procedure in PROCEDURES if not chosen or procedure.id in chosen)
    return _report(len(picked), _problems(picked), as_json=as_json)


@command("publish", _("Publiceer nieuwe revisies."), AS_JSON)
def publish(as_json: bool) -> int:
    """Check what is new, and store it; with any problem nothing is stored."""
    from flows import PROCEDURES, PROGRAMMES
    from tijdig.cli import edge
    from tijdig.service.setup import publish_all, unpublished

    with edge.store() as store:
        with store.read() as session:
            fresh = unpublished(session, PROCEDURES)
        problems = _problems(fresh)
        if not problems:
            with store.write() as session:
                publish_all(session, PROCEDURES, PROGRAMMES, now=edge.now_in(session))
    return _report(len(fresh), problems, as_json=as_json)


def _problems(picked: "tuple[Procedure, ...]") -> "list[tuple[str, Problem]]":
    from flows import PROCEDURES
    from tijdig.cli import edge
    from tijdig.service.rehearsal import house_of, rehearsals
    from tijdig.service.setup import problems_of

    found = problems_of(picked, PROCEDURES)
    wrong = {procedure for procedure, _problem in found}
    sound = tuple(procedure for procedure in picked if procedure.id not in wrong)
    with progress(_("Proefdraaien")) as told:
        house = house_of(edge.settings().database_url)
        return found + list(rehearsals(sound, house, today=edge.wall().date(), progress=told))


def _report(n: int, problems: "Iterable[tuple[str, Problem]]", *, as_json: bool) -> int:
    from dataclasses import asdict

    found: list[dict[str, Any]] = [{"procedure": procedure, **asdict(problem)} for procedure, problem in problems]
    if as_json:
        show_json({"procedures": n, "problems": found})
    elif not found:
        line(_("● {n} procedures kloppen").format(n=n))
    for problem in found:
        say("{procedure}, {place}: {problem}. {mend} ({code})".format(**problem))
    return 1 if found else 0
