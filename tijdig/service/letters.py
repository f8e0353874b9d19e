"""What mails say: from a matter and a notice to the words of ux.md section 6.

The templates hold the sentences; here is chosen and worded what goes into them. Subject, text and HTML are made from
the same words. A procedure may bring its own: templates/mail/PROCEDURE/LETTER_RULE, or LETTER for all its rules; what
has no HTML there goes out as text alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from tijdig.engine.calendar import Calendar, short_date
from tijdig.service.links import mark
from tijdig.service.matters import ASKING, Matter, Pending
from tijdig.service.wording import (
    all_days,
    and_,
    basis_words,
    count,
    days_left,
    due_words,
    inside,
    one_line,
    sentence,
    shortened,
    subject_name,
    without_year,
)  # fmt: skip

TEMPLATES = {
    "A": "task",
    "B": "digest",
    "C": "approval",
    "D": "escalation",
    "E": "reminder",
    "F": "changed",
    "G": "decision",
}

LONGEST_SUBJECT = 150
LONGEST_WHAT = 80
"""A subject line shows what is asked in at most this many characters."""

LONGEST_PART = 40
"""A part of a digest shows at most this many lines; the worklist has them all."""

ANSWER = {"mail": "Antwoord op dit bericht", "post": "Bel of schrijf ons"}

_TEMPLATES = Environment(
    loader=PackageLoader("templates", ""), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    autoescape=lambda name: bool(name and name.endswith(".html.j2")),
)  # fmt: skip


class Letter(NamedTuple):
    """A mail's words."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it, and when: `behalf` is the name of whom a deputy stands in for."""

    person: str
    today: date
    url: str
    number: str
    channel: str = "mail"
    behalf: str = ""
    waiting: int = 0
    """How many tasks in this reader's cases wait for others."""
    name_of: Callable[[str], str] = str
    """The name of a person, and of a member by its reference."""

    def link(self, matter: Matter) -> str:
        """The link to a task, its token left out; none in a letter by post."""
        return self.url + mark(matter.task) if self.channel == "mail" and matter.stands else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a digest; `more` lines are left out, and `one` and `many` name it in the subject."""

    title: str
    one: str
    many: str
    all: Sequence[Line]

    @property
    def lines(self) -> Sequence[Line]:
        return self.all[:LONGEST_PART]

    @property
    def more(self) -> int:
        return max(len(self.all) - LONGEST_PART, 0)


def write(template: str, said: Mapping[str, Any], reader: Reader, *, role: str, about: str, rule: str) -> Letter:
    """A letter from its template, with the closing line that says why the reader gets it."""
    closing = {"role": role, "about": about, "rule": rule, "behalf": reader.behalf, "number": reader.number,
               "answer": ANSWER[reader.channel]}  # fmt: skip
    words = {**said, **closing, "why": _render("_why", closing)}
    subject = shortened(one_line(_render(f"{template}.subject", words)), LONGEST_SUBJECT)
    html = _render(f"{template}.html", words) + "\n" if f"mail/{template}.html.j2" in _known() else ""
    return Letter(subject, _render(f"{template}.txt", words) + "\n", html)


@cache
def _known() -> frozenset[str]:
    return frozenset(_TEMPLATES.list_templates())


@lru_cache(maxsize=1024)
def template_of(kind: str, procedure: str, rule: str) -> str:
    """The template of a notice: the procedure's own for this rule or this letter, else the one for all."""
    letter = TEMPLATES[kind]
    own = (f"{procedure}/{letter}_{rule}", f"{procedure}/{letter}")
    return next((name for name in own if f"mail/{name}.txt.j2" in _known()), letter)


def _render(name: str, words: Mapping[str, Any]) -> str:
    return _TEMPLATES.get_template(f"mail/{name}.j2").render(words).strip()


def notice_letter(notice: Pending, reader: Reader) -> Letter:
    """The letter of one notice: A, C, D, E, F or G."""
    matter = notice.matter
    said = _matter_words(notice, reader) | _notice_words(notice, reader)
    about = f"{subject_name(matter.subject)} (dossier {matter.code})"
    rule = one_line(str(notice.said.get("asks") or notice.said.get("title", ""))).rstrip(".")
    template = template_of(notice.kind, matter.procedure, str(notice.said.get("rule", "")))
    return write(template, said, reader, role=notice.role, about=about, rule=rule)


def _matter_words(notice: Pending, reader: Reader) -> dict[str, Any]:
    """What the matter is. What stands now counts; what the notice says only when nothing stands any more."""
    matter, asks = notice.matter, str(notice.said.get("asks", ""))
    due = matter.due if matter.stands else notice.day("due")
    at, basis, fatal = (
        (matter.due_time, matter.basis, matter.fatal) if matter.stands
        else (str(notice.said.get("due_time", "")), str(notice.said.get("basis", "")), notice.fatal)
    )  # fmt: skip
    return {
        "what": shortened(inside(asks), LONGEST_WHAT), "asks": sentence(asks) if asks else "",
        "title": inside(str(notice.said.get("title", ""))), "subject": subject_name(matter.subject),
        "code": matter.code, "goal": matter.kind == "goal", "closed": matter.closed, "link": reader.link(matter),
        "due": due_words(due, at), "basis": basis_words(basis, fatal), "uncertain": matter.uncertain,
        "left": days_left(due, reader.today) if due else "", "name": reader.name_of(matter.subject),
        "due_iso": str(due or ""), "told_iso": notice.said.get("told_on", ""),
    }  # fmt: skip


def _notice_words(notice: Pending, reader: Reader) -> dict[str, Any]:
    said, due = notice.said, notice.matter.due or notice.day("due")
    responsible = str(said.get("responsible", ""))
    own = not responsible or responsible == notice.role
    start, told = notice.matter.start_on or notice.day("start_on"), notice.day("told_on")
    escalates = notice.day("escalates_on") if said.get("escalates_to") != notice.role else None
    before, reason = notice.day("before"), str(said.get("reason", ""))
    day, nominal = notice.day("day"), notice.day("nominal")
    suspended = said.get("rule") == "suspension_ends" and nominal
    return {
        "suspended_until": short_date(nominal) if suspended and nominal else "",
        "responsible": responsible, "own": own, "asked": "u" if own else the(responsible),
        "whose": "uw" if reader.person == notice.matter.subject else "het",
        "start_on": short_date(start) if start and start > reader.today else "",
        "told_on": without_year(told, due or reader.today) if told else "",
        "escalates_on": without_year(escalates, due or reader.today) if escalates else "",
        "escalates_to": the(str(said["escalates_to"])) if escalates else "",
        "reminded": all_days([date.fromisoformat(d) for d in said["reminded"]]) if said.get("reminded") else "",
        "before": without_year(before, due) if before and due else "", "reason": sentence(reason) if reason else "",
        "dates": {name: short_date(date.fromisoformat(day)) for name, day in dict(said.get("dates", {})).items()},
        "outcome": inside(str(said.get("outcome", ""))), "day": short_date(day) if day else "",
    }  # fmt: skip


def the(role: str) -> str:
    """A role with its article."""
    return f"{'het' if role.endswith(('lid', 'team', 'bestuur', 'bureau')) else 'de'} {role}"


# --- lists


def overdue_letter(notices: Sequence[Pending], reader: Reader) -> Letter:
    """The summary of what stood unmet when running work was taken over."""
    lines = [_line(n.matter, reader, "■") for n in notices]
    said = {"lines": lines, "counts": count(len(lines), "termijn", "termijnen")}
    roles = and_(*dict.fromkeys(n.role for n in notices))
    return write("overdue", said, reader, role=roles, about="deze dossiers", rule="overzicht bij het begin")


def incidents_letter(incidents: Sequence[tuple[str, str, date]], role: str, reader: Reader) -> Letter:
    """What stands apart for more than a day: cause, mend and since when."""
    said = {"incidents": [(cause, mend, short_date(since)) for cause, mend, since in incidents]}
    return write("incidents", said, reader, role=role, about="deze installatie", rule="incidenten die open blijven")


def alarm_letter(total: int, held: int, limit: int, role: str, reader: Reader) -> Letter:
    """That the storm breaker held mails."""
    said = {"total": total, "held": held, "limit": limit, "link": f"{reader.url}/beheer/postvak-uit"}
    return write("alarm", said, reader, role=role, about="deze installatie", rule="grens aan het aantal berichten")


def head_letter(seal: int, hash: str, epoch: int, role: str, reader: Reader) -> Letter:
    """The head of the installation chain: what makes a change in the database show."""
    said = {"seal": seal, "hash": hash, "epoch": epoch, "day": short_date(reader.today)}
    return write("seal", said, reader, role=role, about="deze installatie", rule="dagelijks zegel van het logboek")


@dataclass(frozen=True, slots=True)
class Digest:
    """What one colleague's day holds: what is asked, and the notices that ride along, each with "namens" whom."""

    asked: Sequence[tuple[Matter, str]]
    notices: Sequence[tuple[Pending, str]]

    @property
    def roles(self) -> str:
        return and_(*sorted({*(m.role for m, _ in self.asked), *(n.role for n, _ in self.notices)}))


def digest_letter(digest: Digest, now: datetime, calendar: Calendar, reader: Reader) -> Letter:
    """The daily overview. Parts without lines are left out; there must be one with lines."""
    parts = [part for part in _parts(digest, reader, now, calendar) if part.all]
    counts = ", ".join(f"{len(part.all)} {part.one if len(part.all) == 1 else part.many}" for part in parts)
    said = {"parts": parts, "counts": counts, "waiting": reader.waiting, "work": f"{reader.url}/",
            "day": short_date(reader.today)}  # fmt: skip
    return write("digest", said, reader, role=digest.roles, about="deze dossiers", rule="dagoverzicht")


def _parts(digest: Digest, reader: Reader, now: datetime, calendar: Calendar) -> Iterable[Part]:
    reminded = {n.matter.task for n, _ in digest.notices if n.kind == "E"}
    listed = {matter.task for matter, _ in digest.asked}

    def line(matter: Matter, *notes: str) -> Line:
        return _line(matter, reader, _shape(matter, now, calendar), "; ".join(filter(None, notes)))

    def asked(late: bool) -> list[Line]:
        mine = [(m, behalf) for m, behalf in digest.asked if m.is_late(now) == late]
        return [line(m, "herinnering" if m.task in reminded else "", _namens(behalf)) for m, behalf in mine]

    def only(*kinds: str) -> list[tuple[Pending, str]]:
        return [(n, behalf) for n, behalf in digest.notices if n.kind in kinds]

    rest = [(n, behalf) for n, behalf in only(*ASKING) if n.matter.task not in listed]
    new = [line(n.matter, _namens(behalf)) for n, behalf in rest if n.kind != "E"]
    reminders = [line(n.matter, _waits_for(n), _namens(behalf)) for n, behalf in rest if n.kind == "E"]
    yield Part("Verlopen", "verlopen", "verlopen", asked(late=True))
    yield Part("Deze week", "deze week", "deze week", asked(late=False))
    yield Part("Nieuw", "nieuw", "nieuw", new)
    yield Part("Herinnering", "herinnering", "herinneringen", reminders)
    yield Part("Gewijzigd", "gewijzigd", "gewijzigd", [_changed_line(n, reader) for n, _ in only("F")])
    yield Part("Besloten", "besluit", "besluiten", [_decided_line(n) for n, _ in only("G")])


def _shape(matter: Matter, now: datetime, calendar: Calendar) -> str:
    """The shape of the computed term status (ux.md, section 2)."""
    if matter.due is None:
        return "○"
    return "■" if matter.is_late(now) else "▲" if matter.is_close(now, calendar) else "●"


def _namens(behalf: str) -> str:
    return f"namens {behalf}" if behalf else ""


def _waits_for(notice: Pending) -> str:
    """Whose task it is, when the reader only looks after it."""
    responsible = notice.said.get("responsible")
    return f"wacht op {responsible}" if responsible and responsible != notice.role else ""


def _line(matter: Matter, reader: Reader, shape: str, note: str = "") -> Line:
    due = f", uiterlijk {due_words(matter.due, matter.due_time)} ({basis_words(matter.basis, matter.fatal)})"
    what = f"{shape} {sentence(matter.asks).rstrip('.')}, {subject_name(matter.subject)}{due if matter.due else ''}"
    return Line(f"{what} [{note}]." if note else f"{what}.", reader.link(matter))


def _changed_line(notice: Pending, reader: Reader) -> Line:
    words = _matter_words(notice, reader) | _notice_words(notice, reader)
    moved = f"{sentence(words['what']).rstrip('.')}, {words['subject']}, van {words['before']} naar {words['due']}."
    return Line(f"{moved} Waarom:" if words["link"] else moved, words["link"])


def _decided_line(notice: Pending) -> Line:
    said = notice.said
    day = notice.day("day")
    on = f" ({short_date(day)})" if day else ""
    title, outcome = sentence(str(said.get("title", ""))).rstrip("."), inside(str(said.get("outcome", "")))
    return Line(f"{title}, {subject_name(notice.matter.subject)}: {outcome}{on}.")
