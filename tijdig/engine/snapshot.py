"""Definitions to canonical JSON and back.

A snapshot is what a case is pinned to: every construct an object that begins with its own name, empty fields
left out, conditions as arrays, settings declared once and named where used. The same definition always gives
the same bytes, so that its SHA-256 names it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from hashlib import sha256
from typing import Any, NoReturn

import orjson

from tijdig.engine import language as lang
from tijdig.engine.conditions import NAMES, AllOf, AnyOf, AtLeast, Condition
from tijdig.engine.errors import Refused
from tijdig.engine.terms import Term

_PLAIN = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
"""Only what JSON itself has: what the standard library writes with these separators has the same bytes."""

_OPERATORS = {cls: name for name, cls in NAMES.items()}
_MANY = (AllOf, AnyOf, AtLeast)
_CONSTRUCTS: dict[str, tuple[type, ...]] = {
    "Outcome": (lang.Go, lang.Close, lang.Repeat),
    **{cls.__name__: (cls,) for cls in (lang.Step, lang.Goal, lang.Fact, lang.Start, lang.DueRule, lang.Remind,
                                        lang.Escalate, lang.May, lang.End, lang.Match, lang.Rows, lang.Timetable,
                                        lang.Column, lang.Comparison, lang.Sum)},
}  # fmt: skip
_UNITS = {"hours": "hour", "days": "day", "weeks": "week", "months": "month", "years": "year",
          "working_days": "working_day"}  # fmt: skip


def canonical(value: Any) -> str:
    """JSON with one spelling: sorted keys, no spaces, UTF-8 as it is."""
    return canonical_bytes(value).decode()


def canonical_bytes(value: Any) -> bytes:
    """The same in UTF-8."""
    return orjson.dumps(value, option=_PLAIN)


def digest(text: str) -> str:
    """SHA-256 of the text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def to_json(definition: lang.Procedure | lang.Programme) -> dict[str, Any]:
    """The snapshot of a definition, with its settings and the number of its language."""
    settings = tuple(dict.fromkeys(v for v in lang.walk(definition) if isinstance(v, lang.Setting)))
    for name, n in Counter(s.id for s in settings).items():
        if n > 1:
            raise Refused(f"{definition.id} declares setting '{name}' in {n} ways. Declare it once and use that.")
    declared = [{"setting": s.id, **_object(s, skip=1)} for s in settings]
    return {"language": lang.LANGUAGE, "settings": declared, **_object(definition)}


def from_json(snapshot: Mapping[str, Any]) -> lang.Procedure:
    """The definition that a snapshot holds.

    Raises Refused for a language that this engine does not read, and for a field, construct, condition or setting
    that it does not know.
    """
    procedure: lang.Procedure = _read(lang.Procedure, snapshot)
    return procedure


def programme_from_json(snapshot: Mapping[str, Any]) -> lang.Programme:
    """The programme that a snapshot holds; raises Refused as `from_json` does."""
    programme: lang.Programme = _read(lang.Programme, snapshot)
    return programme


def _read(cls: Any, snapshot: Mapping[str, Any]) -> Any:
    if not 1 <= snapshot.get("language", 0) <= lang.LANGUAGE:
        raise Refused(
            f"This snapshot is written in language {snapshot.get('language')}, which this engine does not read. "
            f"Use a newer Tijdig; this one reads 1 to {lang.LANGUAGE}."
        )
    settings: dict[str, lang.Setting] = {}
    for declared in snapshot["settings"]:
        values = {"id" if key == "setting" else key: value for key, value in declared.items()}
        settings[declared["setting"]] = _construct(lang.Setting, values, settings)
    body = {key: value for key, value in snapshot.items() if key not in ("language", "settings")}
    return _construct(cls, body, settings)


def fingerprint(procedure: lang.Procedure) -> str:
    """What names this definition: the SHA-256 of its canonical JSON."""
    return digest(canonical(to_json(procedure)))


def _object(value: Any, skip: int = 0) -> dict[str, Any]:
    kept = {}
    for field in fields(value)[skip:]:
        part = getattr(value, field.name)
        if field.default is MISSING or part != field.default or type(part) is not type(field.default):
            kept[field.name] = _encode(part)
    return kept


def _encode(value: Any) -> Any:
    match value:
        case lang.Setting():
            return {"setting": value.id}
        case Term():
            return {f"{value.unit}s": value.n}
        case Condition():
            said = [(getattr(value, field.name), field.default) for field in fields(value)]  # type: ignore[arg-type]
            parts = [part for part, default in said if part != default]
            of = parts.pop() if isinstance(value, _MANY) else ()
            return [_OPERATORS[type(value)], *map(_encode, (*parts, *of))]
        case date():
            return value.isoformat()
        case tuple():
            return [_encode(part) for part in value]
        case _ if hasattr(value, "__dataclass_fields__"):
            return _object(value)
        case _:
            return value


def _decode(value: Any, settings: Mapping[str, lang.Setting], kind: str = "") -> Any:
    match value:
        case {"setting": str(name)} if len(value) == 1:
            return settings[name] if name in settings else _unknown(f"setting '{name}'")
        case dict() if len(value) == 1 and next(iter(value)) in _UNITS:
            unit, n = next(iter(value.items()))
            return Term(n, _UNITS[unit])  # type: ignore[arg-type]
        case dict():
            known = (_CONSTRUCTS[word] for word in re.findall(r"\w+", kind) if word in _CONSTRUCTS)
            classes = next(known, None) or _unknown(f"construct '{next(iter(value), '')}'")
            cls = next((c for c in classes if fields(c)[0].name in value), classes[0])
            return _construct(cls, value, settings)
        case [str(name), *parts] if "Condition" in kind:
            cls = NAMES.get(name) or _unknown(f"condition '{name}'")
            decoded = [_decode(part, settings, kind) for part in parts]
            if cls in _MANY:
                of = len(fields(cls)) - 1  # the last field takes the rest
                decoded = [*decoded[:of], tuple(decoded[of:])]
            return cls(*decoded)
        case list():
            return tuple(_decode(part, settings, kind) for part in value)
        case str() if kind.startswith("date"):
            return date.fromisoformat(value)
        case _:
            return value


def _construct(cls: Any, value: Mapping[str, Any], settings: Mapping[str, lang.Setting]) -> Any:
    kinds = {field.name: str(field.type) for field in fields(cls)}
    unknown = sorted(set(value) - set(kinds))
    if unknown:
        _unknown(f"field '{unknown[0]}' of {cls.__name__}")
    return cls(**{key: _decode(part, settings, kinds[key]) for key, part in value.items()})


def _unknown(what: str) -> NoReturn:
    raise Refused(f"This snapshot uses {what}, which this engine does not know. Take it out or use a newer Tijdig.")


def value_to_json(value: Any) -> Any:
    """A single value (a term, a date, plain data) in the same form."""
    return _encode(value)


def value_from_json(value: Any) -> Any:
    """And back; dates stay text."""
    return _decode(value, {})
