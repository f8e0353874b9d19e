"""Documents that are made of a case: a letter, a decision, a checklist, a report, a spreadsheet.

Each is one line in `papers.py` and, where it has words, one Word template. It says how the case stood at the last entry
of its log and bears that entry's number and hash; as long as nothing is logged, it has the same bytes each time. It is
kept under the hash of its content, as what is handed in; that it was made is an event of the installation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

from sqlmodel import Session

from models.operation import Event
from tijdig.engine.calendar import short_date
from tijdig.engine.errors import Problem, Refused
from tijdig.engine.language import Procedure
from tijdig.engine.snapshot import canonical
from tijdig.service.documents import Keeper
from tijdig.service.fields import TEXT, Seen, Shape, fields_of, record_of, seen, shape_of
from tijdig.service.held import find
from tijdig.service.people import Directory
from tijdig.service.pins import newest, procedure_of
from tijdig.service.tables import read_table, write_table
from tijdig.service.typeset import pdf_of
from tijdig.service.wordfile import fill, problems_in
from tijdig.service.workbook import Table, Value, workbook_of

Format = Literal["docx", "pdf", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)
OWN_TEMPLATES = "templates"
"""The folder of an installation in which it keeps templates of its own, by the kind of document."""


@dataclass(frozen=True, slots=True)
class Source:
    """What tables are made from: the case, the database, and the files that were handed in."""

    session: Session
    case: Seen
    keeper: Keeper


@dataclass(frozen=True, slots=True)
class Columns:
    """A table of a document: its columns, by name and title, and what gives its rows.

    Without `columns` they follow from the case: the first row that `rows` gives holds the titles. Where the case has a
    document of this name that was drawn up, its rows are those, whatever changed since.
    """

    name: str
    title: str
    columns: tuple[tuple[str, str], ...]
    rows: Callable[[Source], Iterable[tuple[Value, ...]]]

    def standing(self, source: Source) -> Iterable[tuple[Value, ...]]:
        """Its rows: as they were drawn up, else as they are now."""
        kept = source.case.state.facts.get(self.name) if self.name in source.case.terms.procedure.drawn else None
        if kept is None:
            return self.rows(source)
        names = [name for name, _ in self.columns]
        return (tuple(row.cells[name] for name in names) for row in
                read_table(source.keeper.content(kept), needed=names).rows)  # fmt: skip

    def text(self, source: Source) -> bytes:
        """It as CSV, to be kept."""
        rows = ([_words(value) for value in row] for row in self.rows(source))
        return write_table([name for name, _ in self.columns], rows).encode()


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of document, of which procedure, in which formats, with which tables beside the fields of every case."""

    kind: str
    procedure: str
    title: str
    formats: tuple[Format, ...] = ("docx", "pdf")
    tables: tuple[Columns, ...] = ()

    def shape(self, procedure: Procedure) -> dict[str, Shape]:
        """The fields that its template may use."""
        tables = {each.name: _shape_of_table(each) for each in self.tables if each.columns}
        return {"paper": record_of("kind", "title"), **shape_of(procedure), "tables": tables}


@dataclass(frozen=True, slots=True)
class Made:
    """A document as it was made: where it is kept, and of which log entry it is."""

    name: str
    content: bytes
    sha256: str
    case: str
    seq: int
    head: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A kind of document, the template that it is made from now, what is wrong there, and what it may say."""

    kind: str
    procedure: str
    title: str
    formats: tuple[Format, ...]
    template: str | None
    problems: tuple[Problem, ...]
    fields: tuple[str, ...]


def listed(session: Session, paper: Paper, data: Path) -> Listed:
    """A kind of document as it stands; `data` is the folder of the installation."""
    shape = paper.shape(procedure_of(newest(session, paper.procedure)))
    name, template = template_of(paper, data) if "docx" in paper.formats else (None, b"")
    problems = problems_in(template, shape) if name else ()
    fields = tuple(_names(shape)) if name else ()
    return Listed(paper.kind, paper.procedure, paper.title, paper.formats, name, problems, fields)


def make(keeper: Keeper, paper: Paper, case: str, format: Format, *, by: str) -> Made:
    """Make a document of a case, keep it, and note that it was made. Raises Refused as `drawn_up` does."""
    made = drawn_up(keeper, paper, case, format)
    keep(keeper, paper, made, by=by)
    return made


def drawn_up(keeper: Keeper, paper: Paper, case: str, format: Format) -> Made:
    """A document of a case: nothing is written yet, for it takes long.

    Raises Refused for a case of another procedure, a format in which it does not exist, and a template with a fault.
    """
    session = keeper.session
    held = find(session, case)
    if held.procedure.partition("@")[0] != paper.procedure:
        raise Refused(f"'{paper.kind}' hoort bij {paper.procedure}; {held.code} is een dossier van {held.procedure}.")
    if format not in paper.formats:
        raise Refused(f"'{paper.kind}' bestaat niet als {format}. Kies uit: {', '.join(paper.formats)}.")
    source = Source(session, seen(session, held), keeper)
    content = _content(source, paper, format, keeper.folder.parent)
    name = f"{held.code}-{paper.kind}.{format}"
    return Made(name, content, sha256(content).hexdigest(), held.code, held.seq, held.head.hex())


def keep(keeper: Keeper, paper: Paper, made: Made, *, by: str) -> None:
    """Keep a document that was drawn up, and note that it was made."""
    keeper.keep(made.name, made.content)
    said = {"case": made.case, "document": paper.kind, "sha256": made.sha256, "seq": made.seq, "head": made.head}
    keeper.session.add(Event(at=keeper.now, kind="document", actor=by, detail=canonical(said)))


def _content(source: Source, paper: Paper, format: Format, data: Path) -> bytes:
    case, tables = source.case, [_table(each, source) for each in paper.tables]
    title = f"{paper.title} {case.held.code}"
    values = {"paper": {"kind": paper.kind, "title": paper.title},
              **fields_of(case, Directory.load(source.session)),
              "tables": {table.name: _as_fields(table) for table in tables}}  # fmt: skip
    if format == "xlsx":
        return workbook_of(tables, about=_about(values), title=title, at=case.at)
    name, template = template_of(paper, data)
    found = problems_in(template, paper.shape(case.terms.procedure))
    if found:
        raise Refused(
            f"Sjabloon {name}: er is niets gemaakt. Verbeter wat hieronder staat.", code=found[0].code,
            problems=tuple(replace(each, place=f"{name}, {each.place}") for each in found),
        )  # fmt: skip
    word = fill(template, values, title=title, at=case.at)
    return word if format == "docx" else pdf_of(word, title=title, at=case.at)


def template_of(paper: Paper, data: Path) -> tuple[str, bytes]:
    """The Word template of a document and where it stands: the installation's own one, else the one that ships."""
    own = data / OWN_TEMPLATES / f"{paper.kind}.docx"
    if own.is_file():
        return str(own), own.read_bytes()
    shipped = files("templates").joinpath("documents", f"{paper.kind}.docx")
    return f"templates/documents/{paper.kind}.docx", shipped.read_bytes()


def _names(shape: Shape, before: str = "") -> Iterator[str]:
    """The fields of a shape as a template writes them; what repeats ends in []."""
    if isinstance(shape, Mapping):
        for name, part in shape.items():
            yield from _names(part, f"{before}.{name}".removeprefix("."))
    elif isinstance(shape, list):
        yield from _names(shape[0], f"{before}[]")
    else:
        yield before


# --- tables


def _table(each: Columns, source: Source) -> Table:
    rows = tuple(each.standing(source))
    if each.columns:
        return Table(each.name, each.title, each.columns, rows)
    heads, *rest = rows
    return Table(each.name, each.title, tuple((str(head), str(head)) for head in heads), tuple(rest))


def _shape_of_table(each: Columns) -> dict[str, Shape]:
    return {"title": TEXT, "count": TEXT, "rows": [record_of(*(name for name, _ in each.columns))]}


def _as_fields(table: Table) -> dict[str, Any]:
    names = [name for name, _ in table.columns]
    rows = [dict(zip(names, map(_words, row), strict=True)) for row in table.rows]
    return {"title": table.title, "count": str(len(rows)), "rows": rows}


def _words(value: Value) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:n}".replace(".", ",")
        case str() | int():
            return str(value)
    return short_date(value)


def _about(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    case, log = values["case"], values["log"]
    return [("Document", values["paper"]["title"]), ("Dossier", f"{case['code']} {case['title']}"),
            ("Onderwerp", values["subject"]["words"]), ("Stand van", log["at"]), ("Logboek, regel", log["seq"]),
            ("Logboek, hash", log["hash"])]  # fmt: skip
