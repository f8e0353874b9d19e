"""What was declared and is not approved: the lines of a declaration file held against the register (C-11, C-12, X-17).

A file has one line for each client and period. It names clients by reference, never by name or BSN, and is read as a
whole: with anything wrong in it nothing is judged. Only 24-hour care that needs a plan counts (X-05).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from sqlmodel import Session, select

from models.organisation import Subject
from tijdig.engine.errors import Refused
from tijdig.service.arrangements import DAY, Arrangement, Scope, register
from tijdig.service.forms import read_cents
from tijdig.service.tables import Row, RowProblem, read_table

NEEDED = ("member", "client", "profile", "from", "until", "amount")
ALSO = ("care",)
CARE = ("vpt", "care_24h", "responsibility_24h", "other")
"""The forms of care; `other` is no 24-hour care, and needs no plan. Left out, a line is taken to need one."""

Reason = Literal["no_approval", "before_approval", "after_end", "vg7_without_advice", "erased"]
REASONS: tuple[Reason, ...] = get_args(Reason)

_SECTORS = {
    "VV": "vv", "VG": "ghz_ggz", "LG": "ghz_ggz", "LVG": "ghz_ggz", "SGLVG": "ghz_ggz", "ZGAUD": "ghz_ggz",
    "ZGVIS": "ghz_ggz", "GGZ": "ghz_ggz", "GGZ-B": "ghz_ggz", "GGZ-W": "ghz_ggz",
}  # fmt: skip
"""Sector of a plan by the letters of a care profile: elderly care, and care for the disabled or of mental health."""
_PROFILE = re.compile(r"([A-Z]+(?:-[BW])?) ?0?(\d{1,2})")
_VG7 = "VG7"


@dataclass(frozen=True, slots=True)
class Profile:
    """A care profile as the sources write it, `VG7`, and the sector of the plan that it needs."""

    name: str
    sector: str

    @property
    def is_vg7(self) -> bool:
        return self.name == _VG7


def read_profile(text: str) -> Profile:
    """A care profile: VV5, VG 07, ggz-b 3. Raises Refused for anything else."""
    found = _PROFILE.fullmatch(text.strip().upper())
    sector = _SECTORS.get(found[1]) if found else None
    if not found or not sector:
        raise Refused(f"'{text}' is geen zorgprofiel. Schrijf een code zoals VV5, VG7 of GGZ-B3.")
    return Profile(f"{found[1]}{int(found[2])}", sector)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a declaration; days included, the amount in cents."""

    row: int
    member: str
    client: str
    profile: Profile
    care: str
    since: date
    until: date
    amount: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A day on which care may not be declared, and why; `case` is the arrangement that comes nearest."""

    day: date
    reason: Reason
    case: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """The lines of a file that are not approved, each with its first such day; or all problems of the file."""

    lines: int = 0
    amount: int = 0
    unapproved: tuple[tuple[Line, Gap], ...] = ()
    problems: tuple[RowProblem, ...] = ()


def judge(session: Session, data: bytes, *, now: datetime) -> Judged:
    """Hold a whole file against the register as it is known now."""
    table = read_table(data, needed=NEEDED, also=ALSO)
    members = frozenset(session.exec(select(Subject.ref)))
    lines = [_line(row, members) for row in table.rows]
    if table.problems:
        return Judged(problems=table.problems)
    known, scope = _by_member(register(session, now=now)), Scope.load(session)
    found = tuple(_unapproved([line for line in lines if line], known, scope))
    return Judged(len(lines), sum(line.amount for line in lines if line), found)


def approved(session: Session, member: str, profile: Profile, *, day: date, care: str, now: datetime) -> Gap | None:
    """Whether this member may declare this care for a day: None when it may, else why not."""
    if care == "other" or not Scope.load(session).needs_plan(profile.sector, care):
        return None
    return gap(register(session, now=now, member=member), profile, day, day)


def _by_member(arrangements: Iterable[Arrangement]) -> dict[str, list[Arrangement]]:
    found: defaultdict[str, list[Arrangement]] = defaultdict(list)
    for arrangement in arrangements:
        found[arrangement.member].append(arrangement)
    return found


def _unapproved(lines: Iterable[Line], known: dict[str, list[Arrangement]], scope: Scope) -> Iterator[tuple[Line, Gap]]:
    for line in lines:
        if line.care != "other" and scope.needs_plan(line.profile.sector, line.care):
            found = gap(known.get(line.member, ()), line.profile, line.since, line.until)
            if found:
                yield line, found


def gap(arrangements: Sequence[Arrangement], profile: Profile, since: date, until: date) -> Gap | None:
    """The first day of a period that no arrangement of a member covers, and why; None when all days are covered."""
    day = since
    while day <= until:
        covering = [a for a in arrangements if a.covers(day, sector=profile.sector, vg7=profile.is_vg7)]
        if not covering:
            return _why(arrangements, profile, day)
        if any(a.until is None for a in covering):
            return None
        day = max(a.until for a in covering if a.until) + DAY
    return None


def _why(arrangements: Sequence[Arrangement], profile: Profile, day: date) -> Gap:
    standing = [a for a in arrangements if a.covers(day, sector=profile.sector, vg7=False)]
    if standing:
        return Gap(day, "vg7_without_advice", standing[-1].case)
    if erased := [a for a in arrangements if a.erased and a.stands(day)]:
        return Gap(day, "erased", erased[-1].case)
    own = [a for a in arrangements if a.sector == profile.sector]
    if ended := [a for a in own if a.until and a.until < day]:
        return Gap(day, "after_end", max(ended, key=lambda a: a.until or day).case)
    if coming := [a for a in own if a.since > day]:
        return Gap(day, "before_approval", coming[0].case)
    return Gap(day, "no_approval")


# --- reading


def _line(row: Row, members: frozenset[str]) -> Line | None:
    """A line; what is wrong is noted on its row."""
    member, client, profile, care = row.reference("member"), row.client("client"), _profile(row), _care(row)
    if member and member not in members:
        row.fault("member", f"Er is geen lid '{member}'. Verbeter het, of importeer eerst de leden.")
    first, last, amount = row.day("from", needed=True), row.day("until"), _amount(row)
    row.in_order("from", first, "until", last)
    if row.problems or profile is None or first is None:
        return None
    return Line(row.number, member, client, profile, care, first, last or first, amount)


def _profile(row: Row) -> Profile | None:
    said = row.line("profile", needed=True)
    try:
        return read_profile(said) if said else None
    except Refused as refusal:
        row.fault("profile", str(refusal))
        return None


def _care(row: Row) -> str:
    said = row.line("care").lower()
    if said and said not in CARE:
        row.fault("care", f"'{said}' is geen zorgvorm. Kies uit {', '.join(CARE)}, of laat het leeg.")
    return said


def _amount(row: Row) -> int:
    said = row.line("amount", needed=True)
    try:
        return read_cents(said) if said else 0
    except Refused as refusal:
        row.fault("amount", str(refusal))
        return 0
