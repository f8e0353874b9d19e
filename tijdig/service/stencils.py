"""A letter that many are sent alike is rendered once; what differs from one to the next is filled in.

Templates compute nothing on a subject, a code, a number, a name or a link: these stand in a letter as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from html import escape

from tijdig.service.letters import LONGEST_SUBJECT, Letter, Reader, notice_letter
from tijdig.service.matters import Pending
from tijdig.service.wording import shortened

_SUBJECT, _CODE, _NUMBER, _NAME = "\ue000", "\ue001", "\ue002", "\ue003"
"""Stand-ins for words that are filled in: private characters, which no text has and no rule of wording changes."""

_CASE = 9_000_000_000_000_001
"""Stands for the id of a case in a link."""

_WORDS = {_SUBJECT: "subject", _CODE: "code", _NUMBER: "number", _NAME: "name", str(_CASE): "case_id"}


@dataclass(frozen=True, slots=True)
class Stencil:
    """The three parts of a letter, as formats of those of `subject`, `code`, `number`, `name` and `case_id` in it."""

    subject: str
    text: str
    html: str
    words: frozenset[str]

    def fill(self, words: Mapping[str, object]) -> Letter:
        """The letter for one reader about one case."""
        html = self.html % {name: escape(str(word)) for name, word in words.items()} if self.html else ""
        return Letter(shortened(self.subject % words, LONGEST_SUBJECT), self.text % words, html)


def stencil(notice: Pending, *, today: date, url: str, own: bool) -> Stencil:
    """The stencil of a notice's letter by mail; `own` when its reader is whom the case is about."""
    matter = replace(notice.matter, case_id=_CASE, code=_CODE, subject=_SUBJECT)
    reader = Reader(_SUBJECT if own else "", today, url, _NUMBER, name_of=lambda _: _NAME)
    letter = notice_letter(replace(notice, matter=matter), reader)
    parts = letter.subject, letter.text, letter.html
    subject, text, html = map(_format, parts)
    return Stencil(subject, text, html, frozenset(name for mark, name in _WORDS.items() if mark in "".join(parts)))


def _format(text: str) -> str:
    text = text.replace("%", "%%")
    for mark, name in _WORDS.items():
        text = text.replace(mark, f"%({name})s")
    return text
