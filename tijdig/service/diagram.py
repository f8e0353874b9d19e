"""A procedure drawn: its steps from top to bottom, what each waits for, and where it ends; as SVG, and in words.

Colours and sizes stand as attributes, not as styles: the pages allow none. Lines that pass other steps run in lanes on
the left, one for each step that is waited for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from textwrap import wrap

from tijdig.engine.case import Terms
from tijdig.engine.conditions import Done, Known, Reached, Took
from tijdig.engine.language import Close, Outcome, Repeat, Step
from tijdig.service.handbook import due_sentence
from tijdig.service.wording import and_, inside

TEXT, ACT, GREY, PALE = "#1A1A1A", "#0B4A8F", "#333F48", "#EDEFF1"
LINE, SMALL = 20, 18
BOX, PILL, GAP, LANE, MARGIN = 430, 270, 30, 16, 12
IN_BOX, IN_PILL = 50, 30
"""Characters that fit beside each other."""


@dataclass(frozen=True, slots=True)
class Node:
    """A step: its number, its words, what it waits for (numbers of steps; 0 is the opening) and where it may lead."""

    number: int
    asks: str
    about: str
    waits: str
    after: tuple[int, ...]
    ends: tuple[str, ...]

    @property
    def lines(self) -> list[tuple[str, bool]]:
        """Its text as it stands in its box, each with whether it is bold."""
        head = [(line, True) for line in wrap(f"{self.number} {self.asks}", IN_BOX - 6)]
        below = [(line, False) for text in (self.about, self.waits) if text for line in wrap(text, IN_BOX + 4)]
        return head + below

    @property
    def pills(self) -> list[list[str]]:
        return [wrap(end, IN_PILL) for end in self.ends]

    @property
    def height(self) -> int:
        right = sum(SMALL * len(pill) + 18 for pill in self.pills)
        return max(LINE * len(self.lines) + 20, right)


def nodes(terms: Terms) -> tuple[Node, ...]:
    """The steps in reading order."""
    numbers = {step.step: i for i, step in enumerate(terms.procedure.steps, start=1)}
    return tuple(_node(terms, step, numbers) for step in terms.procedure.steps)


def words(terms: Terms) -> Iterator[str]:
    """The same in sentences, for who does not see the drawing."""
    for node in nodes(terms):
        ends = f" Uitkomsten: {'; '.join(node.ends)}." if node.ends else ""
        yield f"{node.asks} ({node.about}). {node.waits}.{ends}"


def _node(terms: Terms, step: Step, numbers: dict[str, int]) -> Node:
    parts = list(terms.needs[step.step].parts())
    steps = [numbers[p.step] for p in parts if isinstance(p, Done | Took) and p.step in numbers]
    role = terms.role(step.role) or "rol nog niet gekozen"
    return Node(
        numbers[step.step], _began(inside(step.asks)), f"{role}; {_due(terms, step)}", _waits(terms, step, numbers),
        tuple(dict.fromkeys(steps)) or (0,),
        tuple(_end(terms, outcome, numbers) for outcome in step.outcomes if not _goes_on(outcome)),
    )  # fmt: skip


def _due(terms: Terms, step: Step) -> str:
    return due_sentence(terms, step).rstrip(".").replace(". [", " [")


def _began(text: str) -> str:
    return text[:1].upper() + text[1:]


def _goes_on(outcome: Outcome) -> bool:
    return not isinstance(outcome, Close | Repeat) and not outcome.starts


def _end(terms: Terms, outcome: Outcome, numbers: dict[str, int]) -> str:
    starts = " en opent een vervolgdossier" if outcome.starts else ""
    match outcome:
        case Close():
            return f"{outcome.label}: het dossier sluit{starts}"
        case Repeat(step=again):
            return f"{outcome.label}: terug naar stap {numbers.get(again, '?')}{starts}"
    return f"{outcome.label}: gaat door{starts}"


def _waits(terms: Terms, step: Step, numbers: dict[str, int]) -> str:
    """From when it is asked."""
    parts = list(terms.needs[step.step].parts())
    took = [f"stap {numbers[p.step]} uitkomt op {_outcome(terms, p)}" for p in parts if isinstance(p, Took)]
    after = [f"stap {numbers[p.step]}" for p in parts if isinstance(p, Done) and p.step in numbers]
    facts = [p.fact if isinstance(p, Known) else p.anchor for p in parts if isinstance(p, Known | Reached)]
    said = []
    if after:
        said.append(f"begint na {and_(*dict.fromkeys(after))}")
    if took:
        said.append(f"begint als {' of '.join(dict.fromkeys(took))}")
    if facts:
        said.append(f"wacht op: {inside(and_(*(terms.labels.get(f, f) for f in dict.fromkeys(facts))))}")
    if step.when is not None:
        said.append("alleen als het van toepassing is")
    return _began(", ".join(said or ["begint met het dossier"]))


def _outcome(terms: Terms, took: Took) -> str:
    step = terms.steps.get(took.step)
    outcome = step.outcome(took.outcome) if step else None
    return f"‘{outcome.label if outcome else took.outcome}’"


# --- drawing


@dataclass(slots=True)
class _Sheet:
    """Where everything stands: the tops of the boxes, and the lane of each step that is waited for from afar."""

    nodes: Sequence[Node]
    tops: dict[int, int] = field(default_factory=dict)
    lanes: dict[int, int] = field(default_factory=dict)
    height: int = 0

    def __post_init__(self) -> None:
        y = MARGIN + 40 + GAP
        for node in self.nodes:
            self.tops[node.number] = y
            y += node.height + GAP
        self.height = y - GAP + MARGIN
        self._lay_lanes()

    def _lay_lanes(self) -> None:
        """The lowest lane that is free along the way, for each source."""
        reach: dict[int, list[int]] = {}
        for node in self.nodes:
            for source in node.after:
                if source != node.number - 1:
                    reach.setdefault(source, []).append(node.number)
        taken: list[tuple[int, int, int]] = []
        for source, targets in reach.items():
            low, high = min(source, *targets), max(source, *targets)
            lane = next(n for n in range(len(reach)) if not any(n == t and low <= b and a <= high for t, a, b in taken))
            taken.append((lane, low, high))
            self.lanes[source] = lane

    @property
    def left(self) -> int:
        """Where the boxes begin."""
        return MARGIN + LANE * (max(self.lanes.values(), default=-1) + 1) + 20

    @property
    def width(self) -> int:
        return self.left + BOX + GAP + PILL + MARGIN

    def middle(self, number: int) -> int:
        """The height at which lines leave and reach a box."""
        return MARGIN + 20 if number == 0 else self.tops[number] + 20

    def bottom(self, number: int) -> int:
        return MARGIN + 40 if number == 0 else self.tops[number] + self.nodes[number - 1].height

    def lane(self, source: int) -> int:
        return self.left - 20 - LANE * self.lanes[source]


def svg(terms: Terms) -> str:
    """The drawing as a document of its own. Same definition and settings, same bytes."""
    sheet = _Sheet(nodes(terms))
    title = escape(f"Schema van {terms.procedure.title}")
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{sheet.width}" height="{sheet.height}" '
        f'viewBox="0 0 {sheet.width} {sheet.height}" font-family="system-ui, sans-serif" role="img">',
        f"<title>{title}</title>",
        f'<rect width="{sheet.width}" height="{sheet.height}" fill="#FFFFFF"/>',
        *_ways(sheet),
        *_box(sheet.left, MARGIN, 200, 40, [("Dossier geopend", True)], fill=PALE, rounded=20),
        *(part for node in sheet.nodes for part in _step(sheet, node)),
        "</svg>",
    ))  # fmt: skip


def _step(sheet: _Sheet, node: Node) -> Iterator[str]:
    top = sheet.tops[node.number]
    yield from _box(sheet.left, top, BOX, node.height, node.lines, fill="#FFFFFF", rounded=4)
    x, y = sheet.left + BOX + GAP, top
    for pill in node.pills:
        height = SMALL * len(pill) + 10
        yield f'<path d="M{sheet.left + BOX} {y + height // 2}H{x}" stroke="{GREY}" stroke-width="2"/>'
        yield from _box(x, y, PILL, height, [(line, False) for line in pill], fill=PALE, rounded=14, line=SMALL)
        y += height + 8


def _box(
    x: int, y: int, width: int, height: int, lines: Sequence[tuple[str, bool]], *, fill: str, rounded: int,
    line: int = LINE,
) -> Iterator[str]:  # fmt: skip
    yield (f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{rounded}" fill="{fill}" '
           f'stroke="{GREY}" stroke-width="2"/>')  # fmt: skip
    size = 15 if line == LINE else 14
    for i, (text, is_bold) in enumerate(lines):
        weight = ' font-weight="bold"' if is_bold else ""
        place = f'x="{x + 14}" y="{y + (26 if line == LINE else 20) + i * line}"'
        yield f'<text {place} font-size="{size}" fill="{TEXT}"{weight}>{escape(text)}</text>'


def _ways(sheet: _Sheet) -> Iterator[str]:
    for node in sheet.nodes:
        for source in node.after:
            if source == node.number - 1:
                x = sheet.left + 60
                y = sheet.tops[node.number]
                yield from _arrow(f"M{x} {sheet.bottom(source)}", f"V{y}", f"M{x - 6} {y - 9}L{x} {y}L{x + 6} {y - 9}Z")
            else:
                lane, end = sheet.lane(source), sheet.middle(node.number)
                begin = f"M{sheet.left} {sheet.middle(source) + 8 * (source > 0)}H{lane}V{end}"
                x = sheet.left
                yield from _arrow(begin, f"H{x}", f"M{x - 9} {end - 6}L{x} {end}L{x - 9} {end + 6}Z")


def _arrow(begin: str, end: str, head: str) -> Iterator[str]:
    yield f'<path d="{begin}{end}" fill="none" stroke="{ACT}" stroke-width="2"/>'
    yield f'<path d="{head}" fill="{ACT}"/>'
