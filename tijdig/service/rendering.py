"""Mail templates made ready: each is read once, and filled in as often as there are mails.

A template of sentences and names alone is filled in by a format: as Jinja does it, and many times as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, nodes

TEMPLATES = Environment(
    loader=PackageLoader("templates", ""), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    autoescape=lambda name: bool(name and name.endswith(".html.j2")),
)  # fmt: skip

Fill = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Form:
    """What fills in the parts of one letter; `words` are the names in it, None when it has more than names."""

    subject: Fill
    text: Fill
    html: Fill | None
    words: frozenset[str] | None


@cache
def form(letter: str) -> Form:
    """The form of a letter; a letter without an HTML template is text alone."""
    html = filler(f"{letter}.html") if f"mail/{letter}.html.j2" in names() else None
    flat = [] if html else [flat_form(source(f"{letter}.{part}")) for part in ("subject", "txt")]
    words = [found.words for found in flat if found]
    alone = frozenset[str]().union(*words) if len(words) == 2 else None
    return Form(filler(f"{letter}.subject"), filler(f"{letter}.txt"), html, alone)


@cache
def names() -> frozenset[str]:
    """The paths of all templates."""
    return frozenset(TEMPLATES.list_templates())


@cache
def filler(name: str) -> Fill:
    """What fills in one template."""
    flat = None if name.endswith(".html") else flat_form(source(name))
    return flat.fill if flat else by_jinja(name)


def by_jinja(name: str) -> Fill:
    """Any template."""
    template = TEMPLATES.get_template(f"mail/{name}.j2")
    return lambda words: template.render(words).strip()


@dataclass(frozen=True, slots=True)
class Flat:
    """A template of sentences and names alone, which needs no escaping."""

    written: str
    words: frozenset[str]

    def fill(self, words: Mapping[str, Any]) -> str:
        return (self.written % words).strip()


def flat_form(text: str) -> Flat | None:
    """The template as a format, or None when it holds more than names."""
    written, words = "", set()
    for output in TEMPLATES.parse(text).body:
        for node in output.nodes if isinstance(output, nodes.Output) else [output]:
            match node:
                case nodes.TemplateData():
                    written += node.data.replace("%", "%%")
                case nodes.Name():
                    written += f"%({node.name})s"
                    words.add(node.name)
                case _:
                    return None
    return Flat(written, frozenset(words))


def source(name: str) -> str:
    """The text of a template."""
    loader = TEMPLATES.loader
    assert loader is not None
    return loader.get_source(TEMPLATES, f"mail/{name}.j2")[0]
