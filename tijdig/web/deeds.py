"""The acts of a dossier in the words of its pages: one table, from which each page and each form is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tijdig.engine.acts import needs_reason
from tijdig.engine.advance import Advance, Move
from tijdig.engine.calendar import local_day, short_date
from tijdig.engine.case import CASE, Effect, Terms
from tijdig.engine.language import Fact
from tijdig.service.forms import plain, shown_as
from tijdig.service.handin import REASON_FIELD, Answer, read_fields
from tijdig.service.handling import BY, PERSON, PLACE, PREVIEWED, UNTIL, Follows, Standing, Wish, changed
from tijdig.service.notices import Telling
from tijdig.service.offers import OF_FACTS, Deed, Offer
from tijdig.service.people import Directory
from tijdig.service.wording import sentence
from tijdig.service.work import Done
from tijdig.web.seal import Seal
from tijdig.web.view import FORM, HINTS, REASON, Field, fact_field, fact_words, field_of, kept_field

WHERE, WHOM, BY_HOW_MUCH, UNTIL_WHEN, SURE = "plaats", "aan", "met", "tot", "zeker"
"""Names of fields of acts."""

GIVEN = {"step": WHERE, "person": WHOM, "by": BY_HOW_MUCH, "until": UNTIL_WHEN}
SHOWN_AHEAD = 12
REASON_HINT = "Minimaal 10 tekens. Geen cliëntnamen en geen BSN."


@dataclass(frozen=True, slots=True)
class DeedWords:
    """How an act is called in an address, as a heading, when it asks where, on its button; and what it brings about."""

    deed: Deed
    slug: str
    title: str
    button: str
    follows: str
    done: str
    where: str = ""
    about_reason: str = ""


TABLE = (
    DeedWords("take", "oppakken", "Taak oppakken", "Oppakken",
              "de taak komt op uw naam; herinneringen gaan naar u", "De taak staat op uw naam.",
              "Welke taak pakt u op?"),
    DeedWords("remind", "herinneren", "Herinner nu", "Herinneren",
              "wie de taak heeft, krijgt een herinnering", "De herinnering staat klaar.",
              "Voor welke taak?"),
    DeedWords("hand-over", "overdragen", "Taak overdragen", "Overdragen",
              "de taak komt op naam van wie u kiest; herinneringen gaan daarheen", "De taak is overgedragen.",
              "Welke taak draagt u over?"),
    DeedWords("record", "vastleggen", "Gegeven vastleggen", "Vastleggen",
              "het gegeven komt in het dossier; datums die ervan afhangen, worden berekend",
              "Het gegeven is vastgelegd."),
    DeedWords("attach", "stuk-toevoegen", "Stuk toevoegen", "Toevoegen", "het stuk komt in het dossier",
              "Het stuk is toegevoegd."),
    DeedWords("correct", "corrigeren", "Gegeven corrigeren", "Bekijk de gevolgen",
              "eerst ziet u welke datums schuiven; er wordt nog niets gewijzigd", "Het gegeven is gecorrigeerd."),
    DeedWords("extend", "verlengen", "Termijn verlengen", "Bekijk de gevolgen",
              "eerst ziet u welke datums schuiven; er wordt nog niets gewijzigd", "De termijn is verlengd.",
              "Welke termijn?"),
    DeedWords("suspend", "opschorten", "Termijn opschorten", "Bekijk de gevolgen",
              "zolang de termijn stilstaat, is er geen datum en komen er geen herinneringen; eerst ziet u de gevolgen",
              "De termijn is opgeschort.", "Welke termijn?"),
    DeedWords("resume", "hervatten", "Termijn hervatten", "Bekijk de gevolgen",
              "de termijn loopt weer; eerst ziet u de gevolgen", "De termijn loopt weer.", "Welke termijn?"),
    DeedWords("not-applicable", "niet-van-toepassing", "Stap niet van toepassing", "Niet van toepassing",
              "de stap vervalt en het dossier gaat zonder haar verder", "De stap is niet van toepassing.",
              "Welke stap?"),
    DeedWords("take-back", "terugnemen", "Besluit terugnemen", "Terugnemen",
              "de taak staat weer open; wat erop volgde, begint opnieuw", "Het besluit is teruggenomen.",
              "Welk besluit neemt u terug?"),
    DeedWords("reopen", "heropenen", "Dossier heropenen", "Heropenen",
              "het dossier loopt weer, vanaf de stap die u kiest", "Het dossier loopt weer.",
              "Bij welke stap gaat het verder?"),
    DeedWords("withdraw", "intrekken", "Dossier intrekken", "Intrekken",
              "het dossier sluit; alle taken en herinneringen vervallen", "Het dossier is ingetrokken."),
    DeedWords("merge", "samenvoegen", "Dubbel dossier samenvoegen", "Samenvoegen",
              "dit dossier sluit als samengevoegd; alle taken en herinneringen vervallen",
              "Het dossier is samengevoegd.",
              about_reason="Noem het nummer van het dossier waarin het verder gaat."),
    DeedWords("cancel", "vervallen", "Per vergissing geopend: laat vervallen", "Laat vervallen",
              "het dossier sluit en telt niet mee; alle taken en herinneringen vervallen",
              "Het dossier is vervallen verklaard."),
)  # fmt: skip
"""Every act beside deciding, in the order in which a dossier offers it."""

BEGUN = "begonnen"
"""How a dossier that was just opened is called in its address."""

BY_SLUG: Mapping[str, DeedWords] = {words.slug: words for words in TABLE}
_BY_DEED = {words.deed: words for words in TABLE}


def links(offers: Iterable[Offer], case: str) -> list[tuple[str, str]]:
    """Where each act is done that somebody may do now, and what it is called."""
    found = (_BY_DEED[offer.deed] for offer in offers)
    return [(f"/dossier/{case}/handeling/{words.slug}", words.title) for words in found]


def said_done(slug: str) -> str:
    """What a dossier says when somebody comes back from this act; empty for anything else."""
    if slug == BEGUN:
        return "Het dossier is geopend."
    return BY_SLUG[slug].done if slug in BY_SLUG else ""


# --- the form


@dataclass(frozen=True, slots=True)
class Blank:
    """A form to be shown: for whom it is sealed, and what of the act it is about where only a part was asked for."""

    seal: Seal
    token: str
    place: str = ""
    fact: str = ""


def fields(
    words: DeedWords, seen: Standing, people: Directory, blank: Blank, wish: Wish, problems: Mapping[str, str]
) -> list[Field]:
    """The fields of an act, as they were filled in."""
    offer = seen.offer
    assert offer is not None
    found = list(_parts(words, offer, people, blank, wish, problems))
    if words.deed in OF_FACTS:
        known = [fact for fact in offer.facts if blank.fact in ("", fact.fact, fact.dated)]
        found += [_fact(fact, words.deed, seen, blank, wish, problems) for fact in known]
    if needs_reason(words.deed) and words.deed not in PREVIEWED:
        found.append(reason_field(words, wish.answer, problems))
    return found


def reason_field(words: DeedWords, answer: Answer, problems: Mapping[str, str]) -> Field:
    """The field of a reason that is always asked."""
    hint = " ".join(filter(None, (words.about_reason, REASON_HINT)))
    return Field(REASON, "text", "Reden", "", hint, answer.reason, (), problems.get(REASON_FIELD, ""))


def _parts(
    words: DeedWords, offer: Offer, people: Directory, blank: Blank, wish: Wish, problems: Mapping[str, str]
) -> Iterator[Field]:
    if offer.places:
        choices = tuple((place.name, sentence(place.label).rstrip(".")) for place in offer.places)
        chosen = wish.said("step") or blank.place
        yield Field(WHERE, "choice", words.where, "", "", chosen, choices, problems.get(PLACE, ""))
    match words.deed:
        case "hand-over":
            ids = sorted({who for place in offer.places for who in place.receivers}, key=people.name)
            able = tuple((who, people.name(who)) for who in ids)
            yield Field(WHOM, "pick", "Aan wie?", "", "", wish.said("person"), able, problems.get(PERSON, ""))
        case "extend":
            hint = "Een getal en een eenheid, bijvoorbeeld 1 week of 10 werkdagen."
            yield Field(BY_HOW_MUCH, "term", "Hoeveel later?", "", hint, wish.said("by"), (), problems.get(BY, ""))
        case "suspend":
            hint = f"De dag waarop de termijn weer loopt. {HINTS['date']}"
            yield Field(UNTIL_WHEN, "date", "Tot wanneer?", "", hint, wish.said("until"), (), problems.get(UNTIL, ""))


def _fact(
    fact: Fact, deed: Deed, seen: Standing, blank: Blank, wish: Wish, problems: Mapping[str, str]
) -> Field:  # fmt: skip
    value = seen.result.state.fact(fact.fact) if deed == "correct" else None
    file = str(value["name"]) if isinstance(value, Mapping) and "sha256" in value else ""
    note = f"nu: {file}" if file else "" if deed == "correct" else "mag leeg blijven"
    return field_of(fact, note, blank.seal, blank.token, wish.answer, problems, shown=shown_as(fact, value))


def kept_inputs(seen: Standing, wish: Wish, blank: Blank, *, sure: bool) -> list[tuple[str, str]]:
    """The same input as hidden fields of a form for the version as it is now."""
    answer = wish.answer
    texts = [(fact_field(name), text) for name, text in answer.texts.items()]
    files = [
        (kept_field(name), blank.seal.document(blank.token, name, kept)) for name, kept in answer.documents.items()
    ]
    given = [(GIVEN[name], text) for name, text in wish.given.items() if text]
    last = [(SURE, "1")] if sure else [(REASON, answer.reason)]
    return [(FORM, blank.seal.form(blank.token, seen.version)), *given, *texts, *files, *last]


def input_words(seen: Standing, wish: Wish, people: Directory) -> str:
    """What somebody filled in, on one line."""
    terms, files = seen.result.case.terms, [kept["name"] for kept in wish.answer.documents.values()]
    place = _label(wish.said("step"), terms) if wish.said("step") in terms.names else ""
    person = people.name(wish.said("person")) if wish.said("person") else ""
    facts = changed(seen.offer, seen.result, wish.answer) if seen.offer else {}
    texts = (*(text for text in facts.values() if isinstance(text, str)), wish.answer.reason.strip())
    said = (f'"{text}"' for text in texts if text)
    return ", ".join(filter(None, (place, person, wish.said("by"), wish.said("until"), *files, *said)))


# --- what follows


def follows_words(follows: Follows, wish: Wish) -> dict[str, Any]:
    """What an act would bring about: facts and dates, old beside new; what happens at once; who would be told."""
    seen = follows.standing
    terms = seen.result.case.terms
    return {
        "facts": list(_changed_facts(seen, wish)) if wish.deed == "correct" else [],
        "moves": [_move(move, terms) for move in follows.moves],
        "effects": effects_words(follows.effects, terms),
        "told": told_words(follows.told, terms),
    }


def _changed_facts(seen: Standing, wish: Wish) -> Iterator[tuple[str, str, str]]:
    assert seen.offer is not None
    values, _ = read_fields(seen.offer.facts, wish.answer)
    different = changed(seen.offer, seen.result, wish.answer)
    for fact in seen.offer.facts:
        if fact.fact in different:
            before, after = seen.result.state.fact(fact.fact), plain(values[fact.fact])
            yield fact.label, _fact_words(fact, before), _fact_words(fact, after)


def _fact_words(fact: Fact, value: Any) -> str:
    return shown_as(fact, value) if fact.kind == "row" else fact_words(fact, value)


_MOVED = {"due": "uiterlijk", "remind": "herinnering", "escalate": "escalatie"}


def _move(move: Move, terms: Terms) -> tuple[str, str, str, str]:
    return (
        _label(move.step, terms), _MOVED.get(move.kind, move.kind), short_date(move.before), short_date(move.after)
    )  # fmt: skip


_HAPPENS = {
    "open": "dossier geopend", "task": "taak begint", "remind": "herinnering", "escalate": "escalatie",
    "produce": "stuk gemaakt", "decide": "besluit", "close": "dossier sluit",
}  # fmt: skip


def effects_words(effects: Iterable[Done], terms: Terms) -> list[str]:
    """What happened, or would: but for what stayed silent."""
    return [_effect(done.effect, terms) for done in effects if not done.effect.overtaken]


def told_words(told: Iterable[tuple[str, Telling]], terms: Terms) -> list[tuple[str, str, str]]:
    """Who would be told what: the letter, what it is about, and the role."""
    return sorted({(telling.kind, _label(telling.step, terms), telling.role) for _, telling in told})


def ahead_words(result: Advance) -> list[str]:
    """What follows if nobody does anything, the first of it."""
    words = [_effect(effect, result.case.terms) for effect in result.ahead if not effect.overtaken]
    more = len(words) - SHOWN_AHEAD
    return [*words[:SHOWN_AHEAD], *([f"en daarna nog {more} gebeurtenissen"] if more > 0 else [])]


def _effect(effect: Effect, terms: Terms) -> str:
    about = "" if effect.step == CASE or effect.step not in terms.names else f": {_label(effect.step, terms)}"
    to = f", aan {', '.join(effect.to)}" if effect.to else ""
    return f"{short_date(local_day(effect.moment))} {_HAPPENS[effect.kind]}{about}{to}"


def _label(name: str, terms: Terms) -> str:
    if name in terms.steps:
        return sentence(terms.steps[name].asks).rstrip(".")
    return terms.goals[name].label if name in terms.goals else terms.procedure.title
