"""One act on many tasks of Mijn werk: choose, see what it does to each, say why, and do it (ux.md, Forms)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tijdig.service import bulk as bulks
from tijdig.service.bulk import MOST, Bulk, BulkDeed, Chosen, Preview, run
from tijdig.service.people import Directory
from tijdig.service.wording import count, sentence, subject_name
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.link import from_our_page
from tijdig.web.uploads import Given, given_of
from tijdig.web.view import FORM, REASON, Field
from tijdig.web.visit import TheVisitor, Visitor, page_for

router = APIRouter(default_response_class=HTMLResponse)

HERE = "/taken/samen"
TASK, WHAT, WHOM, SURE = "taak", "doe", "aan", "zeker"


@dataclass(frozen=True, slots=True)
class BulkWords:
    """How an act on many is called, and what is said when it was done."""

    deed: BulkDeed
    title: str
    does: str
    done: str


ACTS: Mapping[str, BulkWords] = {
    "overdragen": BulkWords("hand-over", "Taken overdragen", "komt op naam van {name}", "overgedragen"),
    "herinneren": BulkWords("remind", "Herinner nu", "wie de taak heeft, krijgt een herinnering", "herinnerd"),
}


def form(house: House, visitor: Visitor) -> str:
    """A new form with which tasks are chosen."""
    return house.seal.form(_sealed_for(visitor), 0)


def chosen_field(case: str, step: str) -> str:
    """The name of the field of a task that may be chosen; its value is the version of the dossier."""
    return f"{TASK}.{case}.{step}"


def said_done(what: str, number: int) -> str:
    """What Mijn werk says after a bulk; empty for anything else."""
    return f"{count(number, 'taak', 'taken')} {ACTS[what].done}." if what in ACTS and 0 < number <= MOST else ""


@router.post(HERE, dependencies=[Depends(from_our_page)])
def together(visitor: TheVisitor, given: Annotated[Given, Depends(given_of)], house: TheHouse) -> Response:
    """Show what it does to each of the chosen tasks; once they are sure and say why, do it."""
    opened = house.seal.opened_form(_sealed_for(visitor), given.text(FORM))
    what = given.text(WHAT)
    if opened is None or what not in ACTS:
        raise Instead("not_ours", 403)
    chosen = _chosen(given)
    if not 0 < len(chosen) <= MOST:
        return page_for(house, visitor, "bulk_none", 422, too_many=bool(chosen), most=MOST, here="/")
    wanted = Bulk(ACTS[what].deed, chosen, visitor.person, opened.key, given.text(WHOM), given.text(REASON))
    if wanted.deed == "hand-over" and not wanted.to:
        return _ask_whom(house, visitor, what, wanted, asked=given.text(SURE) == "0")
    with house.store.write() as session:
        result = run(session, wanted, sure=given.text(SURE) == "1", now=house.now(session))
        name = Directory.load(session).name(wanted.to)
    if isinstance(result, int):
        return RedirectResponse(f"/?gedaan={what}&aantal={result}", 303)
    return _preview(house, visitor, what, wanted, result, name)


def _sealed_for(visitor: Visitor) -> str:
    return f"{visitor.person}{HERE}"


def _chosen(given: Given) -> tuple[Chosen, ...]:
    """The tasks that were chosen, in the order of their dossiers."""
    fields = [(name.split(".", 2), text) for name, text in given.texts.items() if name.startswith(f"{TASK}.")]
    found = (Chosen(name[1], name[2], int(text)) for name, text in fields if len(name) == 3 and _is_version(text))
    return tuple(sorted(found))


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _inputs(house: House, visitor: Visitor, what: str, chosen: tuple[Chosen, ...]) -> list[tuple[str, str]]:
    tasks = [(chosen_field(each.case, each.step), str(each.version)) for each in chosen]
    return [(FORM, form(house, visitor)), (WHAT, what), *tasks]


def _ask_whom(house: House, visitor: Visitor, what: str, wanted: Bulk, *, asked: bool) -> HTMLResponse:
    with house.store.read() as session:
        able = bulks.receivers(session, wanted.chosen, visitor.person, now=house.now(session))
    whom = Field(WHOM, "pick", "Aan wie?", "", "", "", able, "Maak een keuze." if asked and able else "")
    return page_for(
        house, visitor, "bulk_whom", 422 if whom.error else 200, title=ACTS[what].title, number=len(wanted.chosen),
        whom=whom if able else None, wrong=[whom] if whom.error else [], general=[], action=HERE,
        inputs=[*_inputs(house, visitor, what, wanted.chosen), (SURE, "0")], here="/",
    )  # fmt: skip


def _preview(
    house: House, visitor: Visitor, what: str, wanted: Bulk, seen: Preview, name: str
) -> HTMLResponse:  # fmt: skip
    reason = Field(REASON, "text", "Reden", "", "Minimaal 10 tekens. Geen cliëntnamen en geen BSN.", wanted.reason, (),
                   seen.problem)  # fmt: skip
    failed = "Niet alles kan meer. Er is niets gewijzigd; kijk hieronder waarom." if seen.failed else ""
    inputs = [*_inputs(house, visitor, what, seen.doable), (SURE, "1"), (WHOM, wanted.to)]
    return page_for(
        house, visitor, "bulk", _status(seen), title=ACTS[what].title,
        lines=[_line(line, ACTS[what].does.format(name=name)) for line in seen.lines], number=len(seen.doable),
        reason=reason, wrong=[reason] if reason.error else [], general=[failed] if failed else [], action=HERE,
        inputs=inputs, here="/",
    )  # fmt: skip


def _status(seen: Preview) -> int:
    return 403 if seen.is_denied else 422 if seen.problem else 409 if seen.failed else 200


def _line(line: bulks.Line, does: str) -> dict[str, Any]:
    return {
        "case": line.chosen.case, "asks": sentence(line.asks).rstrip(".") if line.asks else "",
        "subject": sentence(subject_name(line.subject)).rstrip(".") if line.subject else "",
        "can": not line.refusal, "words": f"kan niet: {line.refusal}" if line.refusal else does,
    }  # fmt: skip
