"""The documents that can be made, one line each: kind, procedure, title, and the tables that it has of its own."""

from __future__ import annotations

from tijdig.engine.errors import Refused
from tijdig.service.produce import Paper

PAPERS = (
    Paper("orange-letter", "orange-status", "Oranje dossier"),
    Paper("zap-decision", "zap-approval", "Besluit over het zorgaanbodplan"),
    Paper("tender-checklist", "tender-bidder", "Checklist inschrijving"),
)


def paper(kind: str) -> Paper:
    """The document of this kind. Raises Refused when there is none."""
    found = next((each for each in PAPERS if each.kind == kind), None)
    if found is None:
        raise Refused(f"Er is geen document '{kind}'. Kies uit: {', '.join(each.kind for each in PAPERS)}.")
    return found
