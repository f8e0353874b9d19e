"""The register of a tender: what providers hand in is written down whenever it comes (P-03, W-4).

It closes to the second, when what its row of the timetable comes to is due; what comes later is refused and kept as
late. Nothing is lost: the same piece twice is one, and a provider that nobody knows is written down too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from models.bulk import insert_new_rows, stored_day, stored_instant
from models.operation import Event
from models.organisation import Subject
from models.register import HandIn, Register
from tijdig.engine.calendar import local_day, short_moment
from tijdig.engine.case import Record
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.engine.state import State
from tijdig.procurement.registration import Arrival, arrival
from tijdig.service.cases import Doing
from tijdig.service.clock import parse_moment
from tijdig.service.held import LOADER
from tijdig.service.people import Directory
from tijdig.service.pins import current
from tijdig.service.tables import Row, RowProblem, read_table
from tijdig.service.weaving import Supposed

NEEDED = ("provider", "piece", "received_at", "sha256")
ALSO = ("dated", "channel", "name")
"""The columns of a file with hand-ins, as a portal gives them."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Filing:
    """One piece as it was received: `sha256` of its content, `dated` its own date where it has one."""

    provider: str
    piece: str
    received_at: datetime
    sha256: str
    dated: date | None = None
    channel: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A piece stands in the register under this number. `known` is whether the provider is one that we know.

    `closes_at` is the closing by which it is judged: as it is now, not as it was when the piece came.
    """

    number: int
    filing: Filing
    closes_at: datetime
    known: bool
    new: bool

    @property
    def arrival(self) -> Arrival:
        return arrival(self.filing.received_at, self.closes_at)


# --- its set-up


def set_up(
    session: Session, people: Directory, doing: Doing,
    *, tender: str, procedure: str, timetable: str, row: str, vog_from: date,
) -> datetime:  # fmt: skip
    """Begin the register of a tender; gives when it closes. `row` is the row of the timetable that closes it.

    Raises Refused when it is there already, for a procedure or row that is not, and for who does not run it.
    """
    if session.get(Register, tender):
        raise Refused(f"Er is al een register '{tender}'. Kies een andere naam.")
    register = Register(name=tender, procedure=procedure, timetable=timetable, row=row, vog_from=vog_from)
    may(people, doing, staff_of(session, register))
    closes_at = closing(session, register, doing.at)
    session.add(register)
    note(session, "register", doing, register, row=row, timetable=timetable, vog_from=vog_from.isoformat())
    return closes_at


def closing(session: Session, register: Register, at: datetime) -> datetime:
    """The last second that is in time, in a case that would open `at` on the timetable as it is now.

    Raises Refused when its row has no date there, and for a procedure that runs on no timetable.
    """
    terms = LOADER.load(session, current(session, register.procedure))
    if terms.procedure.timetable is None:
        raise Refused(f"{register.procedure} loopt niet op een tijdschema. Noem een procedure die dat wel doet.")
    opening = Record(at, "open", "", {terms.procedure.timetable.timetable: register.timetable})
    ends = last_second(State(*Supposed(session).on_timetable(terms, opening)), register.row)
    if ends is None:
        raise Refused(
            f"Tijdschema '{register.timetable}' heeft voor {register.procedure} geen rij '{register.row}' met een "
            f"datum. Importeer het eerst, of noem een andere rij."
        )
    return ends


def last_second(state: State, row: str) -> datetime | None:
    """The last second that is in time for what a row of the timetable comes to; None while it has no date."""
    found = state.due(row)
    if found is None:
        return None
    return found.late_from if found.due_time else found.late_from - _SECOND


# --- handing in


def hand_in(session: Session, people: Directory, doing: Doing, tender: str, filings: Sequence[Filing]) -> list[Receipt]:
    """Write down what came in, in time or not; the same again gives the receipt of the first time.

    With another date of its own it corrects what was entered before: both stand, the last one counts.

    Raises Refused for who does not run the procedure, and for what would be received in the future.
    """
    register = register_of(session, tender)
    may(people, doing, staff_of(session, register))
    if ahead := next((filing for filing in filings if filing.received_at > doing.at), None):
        raise Refused(_ahead(ahead.received_at, doing.at))
    closes_at, before = closing(session, register, doing.at), _numbers(session, tender, filings)
    instant, day = stored_instant(session), stored_day(session)
    rows = [
        (tender, each.provider, each.piece, day(each.dated or date.min), each.channel, each.name, each.sha256,
         instant(each.received_at), instant(closes_at), instant(doing.at), doing.by)
        for each in dict.fromkeys(filings) if _key(each) not in before
    ]  # fmt: skip
    insert_new_rows(session, HandIn, _COLUMNS, rows)
    there, known = _numbers(session, tender, filings) if rows else before, known_providers(session, filings)
    return [
        Receipt(there[_key(each)], each, closes_at, each.provider in known, _key(each) not in before)
        for each in filings
    ]


_COLUMNS = (
    "tender", "provider", "piece", "dated", "channel", "name", "sha256", "received_at", "closes_at", "entered_at",
    "actor",
)  # fmt: skip
_Key = tuple[str, str, datetime, str, date]


def _key(filing: Filing | HandIn) -> _Key:
    return filing.provider, filing.piece, filing.received_at, filing.sha256, filing.dated or date.min


def _numbers(session: Session, tender: str, filings: Iterable[Filing]) -> dict[_Key, int]:
    """Of what stands there from these providers: its number."""
    providers = {filing.provider for filing in filings}
    wanted = select(HandIn).where(HandIn.tender == tender, col(HandIn.provider).in_(providers))
    return {_key(row): row.id or 0 for row in session.exec(wanted)}


def known_providers(session: Session, filings: Iterable[Filing | HandIn]) -> set[str]:
    """Which of these providers we know."""
    providers = {filing.provider for filing in filings}
    return set(session.exec(select(Subject.ref).where(col(Subject.ref).in_(providers))))


def import_hand_ins(
    session: Session, people: Directory, doing: Doing, tender: str, data: bytes
) -> list[Receipt] | tuple[RowProblem, ...]:
    """Take in a file of hand-ins as a portal gives it: all of it, or nothing and every problem."""
    table = read_table(data, needed=NEEDED, also=ALSO)
    filings = [_filing(row, doing.at) for row in table.rows]
    return table.problems or hand_in(session, people, doing, tender, filings)


def one_filing(cells: Mapping[str, str], now: datetime) -> Filing:
    """One piece as somebody types it, by the columns of a file. Raises Refused for the first thing wrong."""
    row = Row(1, {"received_at": now.isoformat(), **{name: said for name, said in cells.items() if said}})
    filing = _filing(row, now)
    if row.problems:
        raise Refused(row.problems[0].problem)
    return filing


def _filing(row: Row, now: datetime) -> Filing:
    digest = row.line("sha256", needed=True).lower()
    if digest and not _SHA256.fullmatch(digest):
        row.fault("sha256", f"'{digest}' is geen SHA-256. Schrijf de 64 tekens (0-9, a-f) van de inhoud.")
    return Filing(
        row.reference("provider"), row.reference("piece"), _received(row, now), digest,
        row.day("dated"), row.line("channel"), row.line("name"),
    )  # fmt: skip


def _received(row: Row, now: datetime) -> datetime:
    said = row.line("received_at", needed=True)
    try:
        at = parse_moment(said) if said else now
    except Refused as refusal:
        row.fault("received_at", str(refusal))
        return now
    if at > now:
        row.fault("received_at", _ahead(at, now))
    return at


def _ahead(at: datetime, now: datetime) -> str:
    return f"{short_moment(at)} is later dan nu ({short_moment(now)}). Geef het moment waarop het binnenkwam."


# --- who may


def register_of(session: Session, tender: str, *, for_update: bool = False) -> Register:
    """The register of a tender. Raises Refused when there is none."""
    found = session.get(Register, tender, with_for_update=for_update or None)
    if found is None:
        known = ", ".join(sorted(session.exec(select(Register.name)))) or "nog geen"
        raise Refused(f"Er is geen register '{tender}'. De registers zijn: {known}. Begin er een: tijdig handin new.")
    return found


def staff_of(session: Session, register: Register) -> tuple[str, ...]:
    """The role that runs the procedure."""
    terms = LOADER.load(session, current(session, register.procedure))
    return (terms.role(terms.procedure.owner),)


def may(people: Directory, doing: Doing, roles: Sequence[str]) -> None:
    """Raises Refused, to be logged as a denial, for who holds none of these roles."""
    people.may_act(doing.by, roles, subject="", case="", on=local_day(doing.at), behalf=doing.behalf)


def note(session: Session, kind: str, doing: Doing, register: Register, **said: Any) -> None:
    """Write down, outside the cases, what somebody did to a register."""
    detail = canonical({"register": register.name, **said})
    session.add(Event(at=doing.at, kind=kind, actor=doing.by, detail=detail))
    session.flush()
