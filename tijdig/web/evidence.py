"""The documents of a dossier, those that can be made of it, and all evidence of it as one zip (ux.md, Dossier)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, Response

from tijdig.engine.errors import Refused
from tijdig.service import documents
from tijdig.service.attachments import Attachment, attachments
from tijdig.service.evidence import evidence
from tijdig.service.papers import papers_of
from tijdig.service.people import Directory
from tijdig.service.produce import FORMATS, Format, drawn_up, keep
from tijdig.web import cases
from tijdig.web.cases import Seen, TheCase
from tijdig.web.house import Instead, TheHouse
from tijdig.web.link import attached, from_our_page
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import FORM

router = APIRouter(default_response_class=HTMLResponse)

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
NAMES = {"docx": "Word", "pdf": "PDF", "xlsx": "Excel"}


@router.get("/dossier/{case}/documenten")
def listed(seen: TheCase, house: TheHouse) -> HTMLResponse:
    """What was handed in and drawn up, and what can be made of the dossier as it stands."""
    with house.store.read() as session:
        people = Directory.load(session)
        found = [_row(each, people) for each in attachments(seen.result)]
    return cases.tab(house, seen, "documents", documents=found, papers=papers(seen), form=seen.visitor.form(house))


@router.get("/dossier/{case}/document/{sha256}")
def document(sha256: str, seen: TheCase, house: TheHouse) -> Response:
    """One of them. Never shown in the page: it may hold anything."""
    known = {each.sha256: {"sha256": each.sha256, "name": each.name} for each in attachments(seen.result)}
    return attached(house, known, sha256)


@router.post("/dossier/{case}/maak/{kind}/{format}", dependencies=[Depends(from_our_page)])
def made(
    kind: str, format: str, seen: TheCase, given: Annotated[Given, Depends(given_of)], house: TheHouse
) -> Response:
    """A document of the dossier as it stands now; that it was made is written down."""
    if seen.visitor.opened(house, given.text(FORM)) is None:
        raise Instead("not_ours", 403)
    paper = next((each for each in papers_of(seen.held.procedure) if each.kind == kind), None)
    known: Format | None = next((each for each in FORMATS if each == format), None)
    if paper is None or known is None or known not in paper.formats:
        raise Instead("not_found", 404)
    folder = documents.folder_of(house.settings.data)
    with house.store.read() as session:  # typesetting takes a second: nobody else waits for it
        now = house.now(session)
        try:
            done = drawn_up(documents.keeper(session, folder, now=now), paper, seen.held.code, known)
        except Refused as refusal:  # a template of the house has a fault: each is named
            faults = [f"{each.place}: {each.problem} {each.mend}" for each in vars(refusal).get("problems", ())]
            why = " ".join((str(refusal), *faults))
            raise Instead("not_yours", 409, heading="Dit document kan niet worden opgemaakt", why=why) from None
    with house.store.write() as session:
        keep(documents.keeper(session, folder, now=now), paper, done, by=seen.visitor.person)
    return download(done.content, done.name, TYPES[known])


@router.get("/dossier/{case}/bewijsmap")
def everything(seen: TheCase, house: TheHouse) -> Response:
    """All evidence of the dossier, to be checked without Tijdig."""
    settings = house.settings
    try:
        with house.store.read() as session:
            made = evidence(
                session, seen.held.code, documents.folder_of(settings.data), sender=settings.mail_from or ""
            )
    except Refused as refusal:
        raise Instead("not_yours", 409, heading="Er is nog geen bewijsmap", why=str(refusal)) from None
    return download(made.content, made.name, "application/zip")


def download(content: bytes, name: str, kind: str) -> Response:
    """A file to keep. Its name is made here, of the number of a dossier: it needs no quoting."""
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def papers(seen: Seen) -> list[dict[str, Any]]:
    """The documents that can be made of a dossier, each with its formats."""
    return [
        {"kind": each.kind, "title": each.title, "formats": [(name, NAMES[name]) for name in each.formats]}
        for each in papers_of(seen.held.procedure)
    ]


def _row(each: Attachment, people: Directory) -> dict[str, Any]:
    return {
        "label": each.label, "name": each.name, "sha256": each.sha256, "short": each.sha256[:12], "at": each.at,
        "size": _size(each.size), "by": people.name(each.by) if each.by else "Tijdig", "stands": each.stands,
    }  # fmt: skip


def _size(bytes: int) -> str:
    if bytes >= 1024 * 1024:
        return f"{bytes / 1024 / 1024:.1f} MB".replace(".", ",")
    return f"{max(1, round(bytes / 1024))} kB" if bytes else ""
