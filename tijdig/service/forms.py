"""Forms: declared facts become one pydantic model, which command line, page, API and Prefect form share.

Texts come in as people write them; values go out as they stand in a record (JSON).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from tijdig.engine.calendar import ZONE
from tijdig.engine.errors import Refused, TijdigError
from tijdig.engine.language import Fact, Procedure
from tijdig.service.clock import parse_moment
from tijdig.service.wording import euros

MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
LONGEST_TEXT = 10_000
Store = Callable[[str], dict[str, Any]]
"""Keeps the file at a path and gives what a document fact holds: name, sha256, size."""


def read_day(name: str, text: object) -> date:
    """A day as people write it: 15-10-2021, 15 okt 2021 or 2021-10-15; `name` is whose it is, where nobody else says.

    Raises Refused for anything else.
    """
    if isinstance(text, date) and not isinstance(text, datetime):
        return text
    words = str(text).strip().lower()
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[-/ ]([a-z]{3,}|\d{1,2})[-/ ](\d{4})", words)
    if found:
        year, month, day, day2, month2, year2 = found.groups()
        short = (month2 or "")[:3].replace("maa", "mrt")
        named = short in MONTHS and MONTHS.index(short) + 1
        try:
            return date(int(year or year2), int(month or named or month2), int(day or day2))
        except ValueError:
            pass
    raise Refused(f"{name and name + ': '}'{text}' is geen datum. Vul een datum in, bijvoorbeeld 15-10-2021.")


def looks_like_bsn(text: str) -> bool:
    """Nine digits that pass the eleven test, as a BSN does."""
    for digits in re.findall(r"(?<!\d)\d{9}(?!\d)", re.sub(r"(?<=\d)[ .](?=\d)", "", text)):
        weighted = sum(int(d) * w for d, w in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
        if weighted % 11 == 0 and int(digits):
            return True
    return False


def clean_text(text: object) -> str:
    """Free text, without what looks like a BSN. Raises Refused with the words of ux.md section 5."""
    said = str(text).strip()
    if not said:
        return said
    if looks_like_bsn(said):
        raise Refused("Dit lijkt op een BSN. Haal het weg. Gebruik de cliëntreferentie.")
    if len(said) > LONGEST_TEXT:
        raise Refused(f"Deze tekst is te lang ({len(said)} tekens). Houd het onder {LONGEST_TEXT} tekens.")
    return said


def model_for(facts: Iterable[Fact], *, all_optional: bool = False) -> type[BaseModel]:
    """The pydantic model of these fields; unknown fields are refused."""
    return _model(tuple(facts), all_optional)


@lru_cache(maxsize=256)
def _model(facts: tuple[Fact, ...], all_optional: bool) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for fact in facts:
        required = fact.required is True and not all_optional
        kind: Any = _kind(fact)
        about = Field(... if required else None, title=fact.label)
        fields[fact.fact] = (kind if required else kind | None, about)
    return create_model("Form", __config__=ConfigDict(extra="forbid"), **fields)


def _kind(fact: Fact) -> Any:
    def reading(read: Callable[[object], Any]) -> BeforeValidator:
        def validate(value: object) -> Any:
            try:
                return read(value)
            except TijdigError as refusal:
                raise ValueError(str(refusal)) from None

        return BeforeValidator(validate)

    match fact.kind:
        case "date":
            return Annotated[date, reading(lambda v: read_day("", v))]
        case "moment":
            return Annotated[datetime, reading(lambda v: parse_moment(str(v)))]
        case "number":
            return Annotated[int, Field(ge=fact.min, le=fact.max), reading(_whole)]
        case "money":
            return Annotated[int, Field(ge=fact.min, le=fact.max), reading(read_cents)]
        case "yes_no":
            return Annotated[bool, reading(_yes_no)]
        case "choice":
            return Annotated[str, reading(lambda v: _choice(fact, v))]
        case "row":
            return Annotated[dict[str, Any], reading(_row)]
        case "document" | "register" | "settlement":
            return dict[str, Any]
        case _:
            return Annotated[str, reading(clean_text)]


def _whole(value: object) -> int:
    if not re.fullmatch(r"-?\d+", str(value).strip()):
        raise Refused(f"'{value}' is geen heel getal. Vul een getal in, bijvoorbeeld 12.")
    return int(str(value))


_AMOUNT = re.compile(r"(-?)(\d+|\d{1,3}(?:\.\d{3})+)(?:,(\d{1,2}))?")


def read_cents(value: object) -> int:
    """Dutch amounts only: in "12.50" the point would count for nothing, and make it a hundredfold."""
    found = _AMOUNT.fullmatch(str(value).strip().removeprefix("€").strip())
    if not found:
        raise Refused(f"'{value}' is geen bedrag. Schrijf bijvoorbeeld 1.250,00.")
    sign, whole, cents = found.groups()
    return int(f"{sign}{whole.replace('.', '')}{(cents or '').ljust(2, '0')}")


def _yes_no(value: object) -> bool:
    words = {"ja": True, "yes": True, "true": True, "nee": False, "no": False, "false": False}
    if str(value).strip().lower() not in words:
        raise Refused(f"'{value}' is geen ja of nee. Vul ja of nee in.")
    return words[str(value).strip().lower()]


def _row(value: object) -> dict[str, Any]:
    """A row of a timetable from what people write of it: its day, and perhaps an hour; the rest stays as it is."""
    if isinstance(value, Mapping):
        return dict(value)
    day, _, hour = str(value).strip().replace("T", " ").partition(" ")
    if hour and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", hour):
        raise Refused(f"'{hour}' is geen tijd. Schrijf een dag en een uur, bijvoorbeeld 2021-10-15 17:00.")
    return {"date": read_day("", day).isoformat()} | ({"time": hour} if hour else {})


def _choice(fact: Fact, value: object) -> str:
    for name, label in fact.choices:
        if str(value).strip().lower() in (name.lower(), label.lower()):
            return name
    raise Refused(f"'{value}' is geen keuze. Kies uit: {', '.join(label for _, label in fact.choices)}.")


def read_values(procedure: Procedure, given: Mapping[str, Any], *, store: Store | None = None) -> dict[str, Any]:
    """Facts of a procedure from what people gave, in the form they have in a record.

    Empty values are left out. Raises Refused with every problem: unknown names, values that do not fit.
    """
    if not given:
        return {}
    known = {fact.fact: fact for fact in procedure.facts}
    stray = sorted(set(given) - set(known))
    if stray:
        raise Refused(f"{procedure.id} has no fact '{stray[0]}'. Its facts are: {', '.join(known)}.")
    values = {name: value for name, value in given.items() if value not in (None, "")}
    for name, value in values.items():
        comparison = procedure.comparison(name)
        if comparison and name in comparison.counted:
            raise Refused(f"'{name}' ({known[name].label}) wordt geteld uit de registers. Laat het weg.")
        if name in procedure.drawn:
            raise Refused(f"'{name}' ({known[name].label}) wordt door Tijdig opgemaakt. Laat het weg.")
        if known[name].kind in ("document", "register"):
            values[name] = _document(name, value, store)
    try:
        form = model_for([known[name] for name in values], all_optional=True).model_validate(values)
    except ValidationError as error:
        raise Refused(" ".join(_said(known, e["loc"], e["msg"]) for e in error.errors())) from None
    return {name: plain(getattr(form, name)) for name in values}


def _said(known: Mapping[str, Fact], loc: tuple[int | str, ...], message: str) -> str:
    fact = known[str(loc[0])]
    return f"{fact.fact} ({fact.label}): {message.removeprefix('Value error, ')}"


def _document(name: str, value: Any, store: Store | None) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if not str(value).startswith("@") or store is None:
        raise Refused(f"'{name}' is a document. Give a file: {name}=@FILE.")
    return store(str(value)[1:])


def opening_facts(procedure: Procedure) -> tuple[Fact, ...]:
    """The fields with which a case opens: what it opens with is required; what no step asks for later may be given."""
    made = {*procedure.drawn, *(name for c in procedure.comparisons for name in (*c.registers, *c.counted, c.returned))}
    later = {*procedure.opens_with, *made, *(name for step in procedure.steps for name in step.form)}
    first = (replace(fact, required=True) for name in procedure.opens_with if (fact := procedure.fact(name)))
    free = (f for f in procedure.facts if f.fact not in later and not f.announced and f.kind not in _NEVER_TYPED)
    return (*first, *(replace(fact, required=False) for fact in free))


_NEVER_TYPED = ("row", "register", "settlement", "document")


def shown_as(fact: Fact, value: Any) -> str:
    """A value as its field shows it, so that what stands there is read as the same value; empty for a file."""
    match fact.kind:
        case _ if value is None or isinstance(value, list):
            return ""
        case "date":
            return f"{date.fromisoformat(value):%d-%m-%Y}"
        case "moment":
            return datetime.fromisoformat(value).astimezone(ZONE).replace(tzinfo=None).isoformat("minutes")
        case "money":
            return euros(value)
        case "yes_no":
            return "ja" if value else "nee"
        case "row":
            day = f"{date.fromisoformat(value['date']):%d-%m-%Y}" if value.get("date") else ""
            return " ".join(filter(None, (day, value.get("time"))))
        case "document" | "register" | "settlement":
            return ""
    return str(value)


def plain(value: Any) -> Any:
    """A form's value as a record holds it."""
    return value.isoformat() if isinstance(value, date) else value
