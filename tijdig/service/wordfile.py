"""Word documents from a template that a user edits in Word: its fields checked first, all of them, then filled in.

A field stands in the template as {{ case.code }}; {%p if … %}, {%p for … %} and {%tr for … %} leave out or repeat
paragraphs and table rows (docxtpl). Templates run in a sandbox: they can say what a document has, and do nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from io import BytesIO
from typing import Any, cast
from zipfile import BadZipFile

from docx.document import Document
from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tijdig.engine.errors import Problem
from tijdig.service.fields import TEXT, Shape
from tijdig.service.fixed import fixed_zip

_ANY: Shape = ["anything"]
"""What a filter, a number or a calculation gives: nothing is asked of it."""
_LONGEST_PLACE = 60
_TAG = re.compile(r"<[^>]+>")


def problems_in(template: bytes, shape: Mapping[str, Shape]) -> tuple[Problem, ...]:
    """All that is wrong in a template, each with the text in which it stands; `shape` is what it may say."""
    try:
        opened = DocxTemplate(BytesIO(template))
        opened.init_docx()
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError):
        return (
            Problem("bestand", "NO_WORD_FILE", "Dit is geen Word-bestand (.docx).", "Bewaar het in Word als .docx."),
        )
    return tuple(problem for part in _parts(opened) for problem in part.problems(shape))


def fill(template: bytes, values: Mapping[str, Any], *, title: str, at: datetime) -> bytes:
    """The template with these values. `at` is the moment that the file bears; the same input gives the same bytes."""
    opened = DocxTemplate(BytesIO(template))
    opened.render(dict(values), _environment(), autoescape=True)
    document = cast(Document, opened.docx)
    about, moment = document.core_properties, at.replace(tzinfo=None)
    about.title, about.language, about.author, about.last_modified_by = title, "nl-NL", "Tijdig", "Tijdig"
    about.created = about.modified = moment
    about.revision = 1
    out = BytesIO()
    document.save(out)
    return fixed_zip(out.getvalue())


def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)


@dataclass(frozen=True, slots=True)
class _Part:
    """The body, a header or a footer of a template, one paragraph on a line."""

    name: str
    source: str

    def problems(self, shape: Mapping[str, Shape]) -> Iterator[Problem]:
        environment = _environment()
        try:
            tree = environment.parse(self.source)
            environment.compile(self.source)  # knows which filters there are
        except TemplateSyntaxError as error:
            yield Problem(self._place(error.lineno), "BAD_TEMPLATE", f"Dit is niet te lezen: {error.message}.",
                          "Kijk of elke {{ en {% ook sluit, en elke if en for een end heeft.")  # fmt: skip
            return
        for line, name, mend in _Reader().unknown(tree, shape):
            yield Problem(self._place(line), "UNKNOWN_FIELD", f"Het veld '{name}' bestaat niet.", mend)

    def _place(self, line: int) -> str:
        """The words of a paragraph; those of the one before it where a tag stands between paragraphs."""
        said = " ".join(_TAG.sub("", self.source.splitlines()[line - 1]).split())
        short = said if len(said) <= _LONGEST_PLACE else said[: _LONGEST_PLACE - 1] + "…"
        return f"{self.name}, bij “{short}”" if short else self.name


def _parts(opened: DocxTemplate) -> Iterator[_Part]:
    sources = [("tekst", opened.get_xml())]
    for name, uri in (("kop", opened.HEADER_URI), ("voet", opened.FOOTER_URI)):
        sources += [(name, opened.get_part_xml(part)) for _, part in opened.get_headers_footers(uri)]
    for name, source in sources:
        yield _Part(name, re.sub(r"<w:p([ >])", r"\n<w:p\1", opened.patch_xml(source)))


class _Reader:
    """Reads a template as it runs, with the shape of every name in sight."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str, str]] = []

    def unknown(self, tree: nodes.Template, shape: Mapping[str, Shape]) -> list[tuple[int, str, str]]:
        """Fields that are not there: the line, the field as it is written, and the mend."""
        for node in tree.body:
            self._statement(node, dict(shape))
        return self.found

    def _statement(self, node: nodes.Node, seen: dict[str, Shape]) -> None:
        match node:
            case nodes.For():
                each = self._element(self._shape(node.iter, seen))
                names = [name.name for name in node.target.find_all(nodes.Name)] or [cast(nodes.Name, node.target).name]
                inside = {**seen, **{name: each if len(names) == 1 else _ANY for name in names}, "loop": _ANY}
                for part in (*([node.test] if node.test else []), *node.body):
                    self._statement(part, inside)
                for part in node.else_:
                    self._statement(part, seen)
            case nodes.Assign():
                value = self._shape(node.node, seen)
                seen |= {name.name: value for name in [node.target] if isinstance(name, nodes.Name)}
            case nodes.Expr():
                self._shape(node, seen)
            case _:
                for part in node.iter_child_nodes():
                    self._statement(part, seen)

    def _shape(self, node: nodes.Node, seen: Mapping[str, Shape]) -> Shape:
        match node:
            case nodes.Name(name=name):
                return seen[name] if name in seen else self._miss(node, name, "", seen)
            case nodes.Getattr(node=inner, attr=name) | nodes.Getitem(node=inner, arg=nodes.Const(value=str(name))):
                within = self._shape(inner, seen)
                if within is _ANY:
                    return _ANY
                if isinstance(within, Mapping) and name in within:
                    return cast(Shape, within[name])
                return self._miss(node, name, f"{_written(inner)}.", within)
            case nodes.Getitem(node=inner, arg=nodes.Const(value=int())):
                return self._element(self._shape(inner, seen))
        for part in node.iter_child_nodes():
            self._shape(part, seen)
        return _ANY

    def _element(self, shape: Shape) -> Shape:
        return cast(Shape, shape[0]) if isinstance(shape, list) and shape is not _ANY else _ANY

    def _miss(self, node: nodes.Node, name: str, before: str, within: Shape) -> Shape:
        self.found.append((node.lineno, f"{before}{name}", _mend(name, before, within)))
        return _ANY


def _mend(name: str, before: str, within: Shape) -> str:
    if within == TEXT:
        return f"'{before[:-1]}' is tekst en heeft geen velden."
    if not isinstance(within, Mapping):
        return f"'{before[:-1]}' is een lijst. Herhaal een alinea met {{%p for … in {before[:-1]} %}}."
    near = get_close_matches(name, within, n=1)
    meant = f"Bedoelt u '{before}{near[0]}'? " if near else ""
    return f"{meant}Hier kan: {', '.join(within)}."


def _written(node: nodes.Node) -> str:
    match node:
        case nodes.Name(name=name):
            return name
        case nodes.Getattr(node=inner, attr=name) | nodes.Getitem(node=inner, arg=nodes.Const(value=str(name))):
            return f"{_written(inner)}.{name}"
    return "…"
