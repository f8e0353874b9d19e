"""Whether a registration is in time and whole (P-03, W-4). What it says is a finding: people decide what follows."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Arrival = Literal["in_time", "last_second", "late"]

Fault = Literal["missing", "undated", "too_old", "after_filing"]


def arrival(received_at: datetime, closes_at: datetime) -> Arrival:
    """Whether what came in at this instant is in time (P-03, W-4; deadlines.md 4).

    It closes to the second: what is stamped with the closing second is in time and goes past a person, the next
    second is late. Both are instants with a zone; parts of a second do not count, as a portal stamps none.
    """
    stamp = received_at.replace(microsecond=0)
    if stamp > closes_at:
        return "late"
    return "last_second" if stamp == closes_at else "in_time"


@dataclass(frozen=True, slots=True)
class Required:
    """A piece that every registration has.

    `dated_from`: its own date is at least this one. `processed_without` is false where a registration that lacks it
    is not processed at all.
    """

    piece: str
    label: str
    dated_from: date | None = None
    processed_without: bool = True


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece that was handed in, with its own date where it has one."""

    piece: str
    dated: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one required piece; `stops`: the registration is not processed for it."""

    piece: str
    fault: Fault
    stops: bool


def required(vog_from: date) -> tuple[Required, ...]:
    """The pieces of a registration (P-03). `vog_from` is the first date a VOG may have: 1 January of the year (ZI)."""
    return (
        Required("bestuursverklaring", "Bestuursverklaring"),
        Required("inschrijvingsverklaring", "Inschrijvingsverklaring"),
        Required("onderaannemers", "Bijlage onderaannemers"),
        Required("vog", "VOG rechtspersonen", vog_from, processed_without=False),
        Required("wtzi", "WTZi-toelating", processed_without=False),
    )


def findings(pieces: Collection[Piece], needed: Collection[Required], filed_on: date) -> tuple[Finding, ...]:
    """What is not in order, one finding for each required piece at most; empty when the registration is whole.

    Of a piece that came more than once, one good one is enough. Evidence dated after the day of filing does not count
    (assumption, Y-10): requirements are met on that day. Source: P-03, P-06, W-4.
    """
    return tuple(_findings(pieces, needed, filed_on))


def _findings(pieces: Collection[Piece], needed: Collection[Required], filed_on: date) -> Iterator[Finding]:
    for wanted in needed:
        faults = [_fault(piece, wanted, filed_on) for piece in pieces if piece.piece == wanted.piece]
        if None not in faults:
            yield Finding(wanted.piece, next(filter(None, faults), "missing"), not wanted.processed_without)


def _fault(piece: Piece, wanted: Required, filed_on: date) -> Fault | None:
    if piece.dated and piece.dated > filed_on:
        return "after_filing"
    if wanted.dated_from is None:
        return None
    if piece.dated is None:
        return "undated"
    return "too_old" if piece.dated < wanted.dated_from else None
