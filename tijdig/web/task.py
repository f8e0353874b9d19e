"""The page of a task, for whoever came to it: what it shows, and what it says to what was handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.responses import HTMLResponse

from tijdig.engine.errors import Refused
from tijdig.service import documents
from tijdig.service.handin import Answer, Changed, Mistakes, Receipt
from tijdig.service.received import receive
from tijdig.service.sheet import Finished, Sheet
from tijdig.web.house import House, Instead
from tijdig.web.uploads import Given
from tijdig.web.view import (
    FORM,
    OUTCOME,
    REASON,
    change_words,
    fact_field,
    input_words,
    kept_field,
    kept_inputs,
    page_words,
    task_words,
)  # fmt: skip
from tijdig.web.visit import Visitor, page_for


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page stands: its path, what its forms are sealed for, and who looks, if they signed in."""

    path: str
    sealed_for: str
    visitor: Visitor | None = None

    def page(self, house: House, name: str, status: int = 200, **words: Any) -> HTMLResponse:
        """A page there."""
        return (
            page_for(house, self.visitor, name, status, **words) if self.visitor else house.page(name, status, **words)
        )


def shown(house: House, place: Place, seen: Sheet | Finished, now: datetime) -> HTMLResponse:
    """The task as it stands now."""
    if isinstance(seen, Finished):
        return place.page(house, "finished", role=seen.role, day=seen.day)
    return place.page(house, "task", **page_words(seen, house.seal, place.sealed_for, place.path, now=now))


def taken(
    house: House, place: Place, answer: Answer, result: Receipt | Mistakes | Changed | Sheet | Finished, now: datetime
) -> HTMLResponse:
    """What is said to what was handed in."""
    bound = house.seal, place.sealed_for, place.path
    match result:
        case Receipt():
            return place.page(house, "receipt", at=result.at, number=result.number, apart=result.apart)
        case Finished():
            return place.page(house, "finished", 409, role=result.role, day=result.day)
        case Sheet():
            return place.page(house, "task", 403, **page_words(result, *bound, now=now))
        case Mistakes():
            left = replace(answer, documents=_still_there(house, answer.documents))
            words = page_words(result.sheet, *bound, now=now, answer=left, problems=result.problems)
            return place.page(house, "task", 422, **words)
        case Changed(sheet=sheet):
            return place.page(
                house, "changed", 409, task=task_words(sheet, now), action=place.path, seen=answer.version,
                changes=[change_words(change, now) for change in result.changes], said=input_words(sheet, answer),
                inputs=kept_inputs(sheet, house.seal, place.sealed_for, answer),
            )  # fmt: skip


def answered(house: House, place: Place, given: Given) -> Answer:
    """What was handed in. Files are put on disk here, outside the transaction: a slow disk must hold nobody up.

    Raises Instead for a form that was not made here for this place.
    """
    form = house.seal.opened_form(place.sealed_for, given.text(FORM))
    if form is None:
        raise Instead("not_ours", 403)
    kept, problems = _received_before(house, place, given), dict[str, str]()
    folder, scanner = documents.folder_of(house.settings.data), house.settings.scanner
    for name, upload in given.files.items():
        fact = name.removeprefix(fact_field(""))
        try:
            kept[fact] = receive(folder, upload.filename or "", upload.file, scanner=scanner)
        except Refused as refusal:
            problems[fact] = str(refusal)
    facts = fact_field("")
    texts = {name.removeprefix(facts): text for name, text in given.texts.items() if name.startswith(facts)}
    return Answer(form.key, form.version, given.text(OUTCOME), given.text(REASON), texts, kept, problems)


def _received_before(house: House, place: Place, given: Given) -> dict[str, dict[str, Any]]:
    """Files that came with an earlier try; the browser will not send them again by itself."""
    prefix = kept_field("")
    sealed = {name.removeprefix(prefix): text for name, text in given.texts.items() if name.startswith(prefix)}
    opened = {fact: house.seal.opened_document(place.sealed_for, fact, text) for fact, text in sealed.items()}
    return _still_there(house, {fact: kept for fact, kept in opened.items() if kept})


def _still_there(house: House, files: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The files that may be handed in again; one that was refused is gone."""
    folder = documents.folder_of(house.settings.data)
    return {fact: kept for fact, kept in files.items() if documents.is_there(folder, kept)}
