"""Tables as people make them in a spreadsheet: read with every problem at once, written so that no cell runs.

A file is UTF-8 with or without BOM, with `;` or `,` between its cells. Rows are numbered as the spreadsheet
shows them: the header is row 1.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import StringIO

from tijdig.engine.calendar import FIRST, LAST
from tijdig.engine.errors import Refused
from tijdig.service.forms import clean_text, looks_like_bsn, read_day

_BLANK = " \t\u00a0"
_RUNS = re.compile(r"'*[=+@\t\r-]")
"""What a spreadsheet would take for a formula, or what we wrote to keep it from doing so."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_NOT_UTF8 = "Hier staat iets dat geen UTF-8 is. Bewaar het bestand als 'CSV UTF-8'."
_BROKEN = "Vanaf hier is het bestand niet te lezen ({}). Kijk of elk aanhalingsteken ook sluit."
_REFERENCE, _BETWEEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"), re.compile(r"[ ._-]")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_MAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(\.{_LABEL})+")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong in a file: where, and what to do about it. Without a column it is about the whole row."""

    row: int
    column: str
    problem: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file. Its readers give what a cell holds, and note what is wrong with it instead of stopping."""

    number: int
    cells: Mapping[str, str]
    problems: list[RowProblem] = field(default_factory=list)

    def fault(self, column: str, problem: str) -> None:
        self.problems.append(RowProblem(self.number, column, problem))

    def has(self, column: str) -> bool:
        """Whether the file has this column; a column that is left out leaves what is stored as it is."""
        return column in self.cells

    def text(self, column: str) -> str:
        """Free text without what looks like a BSN; empty when there is none."""
        try:
            return clean_text(self.cells.get(column, ""))
        except Refused as refusal:
            self.fault(column, str(refusal))
            return ""

    def line(self, column: str, *, needed: bool = False) -> str:
        """Text of one line."""
        said = self.text(column)
        if _UNSEEN.search(said):
            self.fault(column, "Dit zijn meer regels, of er staat een onzichtbaar teken in. Zet het op één regel.")
            return ""
        if needed and self.has(column) and not self.cells[column]:
            self.fault(column, f"'{column}' is leeg. Vul het in.")
        return said

    def reference(self, column: str, *, needed: bool = True) -> str:
        """The id of a person, a member or a step: it stands in commands and links, so it has no blanks."""
        said = self.line(column, needed=needed)
        if said and not _REFERENCE.fullmatch(said):
            self.fault(
                column, f"'{said}' kan niet. Gebruik alleen letters, cijfers, punten en streepjes, zoals lid-014."
            )
            return ""
        return said

    def client(self, column: str, *, needed: bool = True) -> str:
        """A reference of a client. No name: it has a digit in it. No BSN, not even one that lost its first zero.

        What is wrong is not repeated in the problem: it may be somebody's name.
        """
        said = self.line(column, needed=needed)
        digits = _BETWEEN.sub("", said)
        if said and not (_REFERENCE.fullmatch(said) and any(letter.isdigit() for letter in said)):
            self.fault(column, "Dit is geen cliëntreferentie. Gebruik letters, cijfers, punten en streepjes, met een "
                       "cijfer erin; nooit een naam.")  # fmt: skip
        elif digits.isdigit() and len(digits) in (8, 9) and looks_like_bsn(digits.zfill(9)):
            self.fault(column, "Dit lijkt op een BSN. Haal het weg. Gebruik de cliëntreferentie.")
        return said

    def mail(self, column: str) -> str:
        """A mail address; empty when there is none."""
        said = self.cells.get(column, "")
        if said and not (len(said) <= 254 and _MAIL.fullmatch(said)):
            self.fault(column, f"{said!r} is geen e-mailadres. Schrijf één adres, zoals naam@zorgboerderij.example.")
            return ""
        return self.line(column)

    def phone(self, column: str) -> str:
        """A telephone number; the digits together may not be a BSN."""
        said = self.cells.get(column, "")
        if re.search(r"[^\d +()/-]", said) or looks_like_bsn(re.sub(r"\D", "", said)):
            self.fault(column, f"{said!r} is geen telefoonnummer. Schrijf het zoals 0317 123456 of +31 317 123456.")
        return said

    def day(self, column: str, *, needed: bool = False) -> date | None:
        """A day as people write it, or None."""
        said = self.line(column, needed=needed)
        if not said:
            return None
        try:
            day = read_day(column, said)
        except Refused as refusal:
            self.fault(column, str(refusal))
            return None
        if not FIRST <= day <= LAST:
            self.fault(column, f"Het jaar {day.year} kan niet. Kies een jaar van {FIRST.year} tot en met {LAST.year}.")
            return None
        return day

    def period(self, since: str, until: str, *, needed: bool = False) -> tuple[date, date]:
        """Two columns as a period, both days included; an empty bound is open."""
        first, last = self.day(since, needed=needed), self.day(until, needed=needed)
        self.in_order(since, first, until, last)
        return first or date.min, last or date.max

    def in_order(self, since: str, first: date | None, until: str, last: date | None) -> None:
        """The one may not lie after the other."""
        if first and last and last < first:
            self.fault(until, f"'{until}' ({last}) ligt voor '{since}' ({first}). Verbeter een van de twee.")


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was read; `faults` are those of the file itself and of its header."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[RowProblem, ...] = ()

    @property
    def problems(self) -> tuple[RowProblem, ...]:
        """All that was found wrong so far, from top to bottom."""
        found = (*self.faults, *(problem for row in self.rows for problem in row.problems))
        return tuple(sorted(found, key=lambda problem: problem.row))

    def once(self, *columns: str) -> None:
        """No two rows may have the same in these columns."""
        seen: dict[tuple[str, ...], int] = {}
        for row in self.rows:
            key = tuple(row.cells.get(column, "") for column in columns)
            if any(key) and seen.setdefault(key, row.number) != row.number:
                row.fault(columns[0], f"{' '.join(key)} staat ook in rij {seen[key]}. Houd één van de twee.")


def read_table(data: bytes, *, needed: Sequence[str], also: Sequence[str] | None = ()) -> Table:
    """The rows of a file with these columns, and perhaps those in `also`; None: any other column too."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _unreadable(data[: error.start].count(b"\n") + 1, _NOT_UTF8)
    if "\0" in text:
        return _unreadable(1, _NOT_UTF8)  # UTF-16 without BOM decodes, into this
    lines = _lines(text)
    try:
        columns = _columns(next(lines, []))
    except csv.Error as error:
        return _unreadable(1, _BROKEN.format(error))
    if not columns:
        return _unreadable(1, f"Het bestand is leeg. Begin met een rij met de kolommen: {', '.join(needed)}.")
    rows, broken = _rows(lines, columns)
    return Table(columns, rows, (*_header_faults(columns, needed, also), *broken))


def runs(text: str) -> bool:
    """Whether a spreadsheet would take this text for a formula, or for what marks text that it would."""
    return _RUNS.match(text) is not None


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str = ",") -> str:
    """CSV with a header; a cell that a spreadsheet would run as a formula is marked as text, by an apostrophe."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n", delimiter=delimiter)
    writer.writerows(map(_marked, row) for row in (columns, *rows))
    return out.getvalue()


def _marked(cell: str) -> str:
    """The cell as text. A carriage return alone would end its row: csv only quotes the line end that it writes."""
    return re.sub(r"\r\n?", "\n", f"'{cell}" if runs(cell) else cell)


def mended(data: bytes, cells: Mapping[tuple[int, int], str], without: Collection[int] = ()) -> bytes:
    """The same file with other words in these cells (row and place in it), and without some rows.

    Every other row keeps its number. What cannot be read stays as it is.
    """

    def line(number: int, said: list[str]) -> list[str]:
        if number in without:
            return []
        wanted = {place: text for (row, place), text in cells.items() if row == number}
        width = max((len(said), *(place + 1 for place in wanted)))
        said = said + [""] * (width - len(said))
        return [wanted.get(place, text) for place, text in enumerate(said)]

    return _rewritten(data, line)


def with_columns(data: bytes, columns: Mapping[str, str]) -> bytes:
    """The same file with these columns, where it has none of that name, and the same in each row of them."""
    header: list[str] = []
    added: list[str] = []

    def line(number: int, said: list[str]) -> list[str]:
        if not header:
            header.extend(said)
            added.extend(name for name in columns if name not in _columns(said))
            return [*said, *added]
        filled = [*said, *[""] * (len(header) - len(said))]
        return [*filled, *(columns[name] for name in added)] if any(said) else said

    return _rewritten(data, line)


def _rewritten(data: bytes, line: Callable[[int, list[str]], list[str]]) -> bytes:
    """The file with other lines, numbered from 1."""
    try:
        text = data.decode("utf-8-sig")
        lines = [line(number, said) for number, said in enumerate(_lines(text), start=1)]
    except (UnicodeDecodeError, csv.Error):
        return data
    out = StringIO()
    csv.writer(out, delimiter=_delimiter(text), lineterminator="\n").writerows(lines)
    return out.getvalue().encode()


def _delimiter(text: str) -> str:
    return ";" if ";" in text.partition("\n")[0] else ","


def _lines(text: str) -> Iterator[list[str]]:
    return csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)


def _columns(header: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns; a spreadsheet also writes the empty ones after the last."""
    names = [name.strip().lower() for name in header]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _rows(lines: Iterator[list[str]], columns: Sequence[str]) -> tuple[tuple[Row, ...], tuple[RowProblem, ...]]:
    rows: list[Row] = []
    number = 1
    try:
        for number, line in enumerate(lines, start=2):
            cells = [_cell(cell) for cell in line]
            if any(cells):
                rows.append(_row(number, cells, columns))
    except csv.Error as error:
        return tuple(rows), (RowProblem(number + 1, "", _BROKEN.format(error)),)
    return tuple(rows), ()


def _row(number: int, cells: list[str], columns: Sequence[str]) -> Row:
    named: dict[str, str] = {}
    for name, cell in zip(columns, cells + [""] * len(columns), strict=False):
        named.setdefault(name, cell)
    row = Row(number, named)
    if any(cells[len(columns) :]):
        row.fault("", f"Deze rij heeft {len(cells)} cellen, de kop heeft er {len(columns)}. Zet tekst met een "
                      f"scheidingsteken tussen aanhalingstekens.")  # fmt: skip
    return row


def _cell(cell: str) -> str:
    """Without blanks around it, and without the apostrophe by which `write_table` marks text."""
    bare = cell.strip(_BLANK)
    return bare[1:] if bare.startswith("'") and _RUNS.match(bare) else bare


def _header_faults(columns: Sequence[str], needed: Sequence[str], also: Sequence[str] | None) -> Iterator[RowProblem]:
    known = (*needed, *(also or ()))
    for name in dict.fromkeys(columns):
        if columns.count(name) > 1:
            yield RowProblem(1, name, f"De kolom '{name}' staat er {columns.count(name)} keer. Houd er één.")
        if not name:
            yield RowProblem(1, name, "Een kolom heeft geen naam. Geef hem een naam of haal hem weg.")
        elif also is not None and name not in known:
            yield RowProblem(1, name, f"De kolom '{name}' hoort hier niet. De kolommen zijn: {', '.join(known)}.")
    for name in needed:
        if name not in columns:
            yield RowProblem(1, name, f"De kolom '{name}' ontbreekt. De kolommen zijn: {', '.join(known)}.")


def _unreadable(row: int, problem: str) -> Table:
    return Table((), (), (RowProblem(row, "", problem),))
