"""What people do in the story of the demo, day by day (see `story`): the half of it that no system does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from tijdig.engine.calendar import Calendar, local_day
from tijdig.engine.errors import Refused
from tijdig.service.cases import Doing, correct, decide, open_case
from tijdig.service.imports import import_table
from tijdig.service.people import Directory
from tijdig.service.sample import PLAN, timetable
from tijdig.service.work import Work

WEEKS: Final = 12
CLOSING: Final = time(9, 0)
"""The story ends at nine o'clock of the last office day that is not after today."""

ORANGE, MAIN = "orange-status", "lid-003"
"""The file that the story follows."""

PLANS, PLANNER = "zap-approval", "lid-022"
TENDERS, TENDER, TIMETABLE = "tender-bidder", "wlz-rivierland", "zorgkantoor-rivierland"
CLOSES_IN = timedelta(days=9)
"""So long after the end of the story the tender closes; where that is no office day, the one before."""

ADVISER, DIRECTOR, BUYER, ADMIN = "kwaliteitsadviseur", "director1", "buyer1", "beheer"
NINE, ELEVEN, THREE = time(9, 0), time(11, 0), time(15, 0)

Act = Callable[[Work, Directory, datetime], Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does on a day of the story (counted from its first; on a closed day the office day after)."""

    day: int
    at: time
    told: str
    act: Act


def deeds(first: date) -> Iterator[Deed]:
    """All of them, by what they are about; the story sorts them by day."""
    yield from _followed(first)
    yield from _others(first)
    yield from _plan()
    yield from _tender(first)
    yield Deed(77, ELEVEN, "De beheerder legt vast dat adviser2 er twee weken niet is; adviser3 vervangt",
               _imported("absences", _away("adviser2", "adviser3", first + timedelta(days=82))))  # fmt: skip


def _followed(first: date) -> Iterator[Deed]:
    """An orange file that becomes green on its last day."""
    case = f"{ORANGE}/{MAIN}"
    points = "Zorgplannen bijwerken; doelen in de rapportage noemen; afspraken over medicatie vastleggen."
    yield Deed(0, NINE, f"De adviseur start een oranje dossier voor {MAIN}", _orange(MAIN, first))
    yield Deed(2, ELEVEN, f"De adviseur stuurt {MAIN} de verbeterpunten",
               _decided(case, "send_actions", "sent", actions=points))  # fmt: skip
    yield Deed(40, THREE, f"{MAIN} levert aan via de link in de mail",
               _decided(case, "improve", "handed_in", by=MAIN, explanation="Alles is bijgewerkt."))  # fmt: skip
    yield Deed(47, ELEVEN, "De adviseur controleert opnieuw: er ontbreekt nog iets",
               _decided(case, "recheck", "not_in_order", missing="Bij twee dossiers ontbreken de doelen."))  # fmt: skip
    yield Deed(56, THREE, f"{MAIN} vult aan",
               _decided(case, "supplement", "handed_in", by=MAIN, explanation="De doelen staan er nu in."))  # fmt: skip
    yield Deed(63, NINE, "De adviseur controleert opnieuw: in orde", _decided(case, "recheck", "in_order"))
    yield Deed(WEEKS * 7, CLOSING, f"De adviseur oordeelt op de laatste dag: {MAIN} is groen",
               _decided(case, "judge", "green"))  # fmt: skip


def _others(first: date) -> Iterator[Deed]:
    """Orange files beside it: one to be judged today, one in which nobody acts, one that is corrected and turns red."""
    today, late, red, taken_over = "lid-014", "lid-007", "lid-011", "lid-020"
    of_today, of_red = f"{ORANGE}/{today}", f"{ORANGE}/{red}"
    yield Deed(0, ELEVEN, f"De adviseur start een oranje dossier voor {today}", _orange(today, first))
    yield Deed(1, NINE, f"De adviseur stuurt {today} de verbeterpunten",
               _decided(of_today, "send_actions", "sent", actions="Risico's vastleggen."))  # fmt: skip
    yield Deed(3, NINE, f"De adviseur start een oranje dossier voor {late}; daarna doet niemand iets",
               _orange(late, first))  # fmt: skip
    yield Deed(4, NINE, f"De adviseur start een oranje dossier voor {red}", _orange(red, first))
    yield Deed(8, THREE, f"Oranje van {red} blijkt een week later vastgesteld; de adviseur corrigeert de datum",
               _corrected(of_red, first + timedelta(weeks=1), "datum van het verslag genomen"))  # fmt: skip
    yield Deed(30, NINE, f"Een lopend dossier uit de spreadsheet wordt in week 7 overgenomen: {taken_over}",
               _orange(taken_over, first + timedelta(days=30) - timedelta(weeks=7), at_step="improve"))  # fmt: skip
    yield Deed(50, THREE, f"{today} levert aan via de link in de mail",
               _decided(of_today, "improve", "handed_in", by=today, explanation="Het staat er in."))  # fmt: skip
    yield Deed(57, ELEVEN, f"De adviseur controleert {today}: in orde; het oordeel volgt",
               _decided(of_today, "recheck", "in_order"))  # fmt: skip
    yield Deed(58, NINE, f"De adviseur stelt voor {red} rood voor",
               _decided(of_red, "judge", "red", reason="geen voortgang"))  # fmt: skip
    yield Deed(60, ELEVEN, "De directeur bevestigt rood; het vervolgdossier begint",
               _decided(of_red, "confirm_red", "red", by=DIRECTOR, reason="eens met voorstel"))  # fmt: skip
    yield Deed(70, NINE, "De adviseur start een oranje dossier voor lid-028",
               _orange("lid-028", first + timedelta(days=69)))  # fmt: skip


def _plan() -> Iterator[Deed]:
    """A plan of care on which one team gave its opinion, and the other is to give it this week."""
    case = f"{PLANS}/{PLANNER}"
    care = {"sector": "ghz_ggz", "care": "care_24h", "vg7": "nee", "zap": f"@{PLAN}"}
    yield Deed(72, NINE, f"{PLANNER} vraagt goedkeuring van het zorgaanbodplan", _opened(PLANS, PLANNER, by=PLANNER))
    yield Deed(72, ELEVEN, f"{PLANNER} dient het plan in", _decided(case, "file", "filed", by=PLANNER, **care))
    yield Deed(79, THREE, "Het WLZ-team adviseert positief",
               _decided(case, "wlz_opinion", "positive", by="wlz1", reason="past bij locatie"))  # fmt: skip


def _tender(first: date) -> Iterator[Deed]:
    """A tender that closes in nine days: decided by two persons, the papers under way."""
    closes = Calendar().prev_workday(first + timedelta(weeks=WEEKS) + CLOSES_IN, "kantoor")
    case = f"{TENDERS}/{TENDER}"
    yield Deed(23, NINE, "De inkoper neemt het tijdschema van het zorgkantoor over",
               _imported("timetable", timetable(closes), TIMETABLE, by=BUYER))  # fmt: skip
    yield Deed(23, ELEVEN, "De inkoper begint aan de inschrijving",
               _opened(TENDERS, TENDER, by=BUYER, timetable=TIMETABLE))  # fmt: skip
    yield Deed(24, NINE, "De inkoper vraagt de VOG aan", _decided(case, "request_vog", "requested", by=BUYER))
    yield Deed(29, THREE, "De inkoper geeft als eerste een oordeel: inschrijven",
               _decided(case, "advise", "go", by=BUYER))  # fmt: skip
    yield Deed(36, ELEVEN, "De directeur besluit als tweede: wij schrijven in",
               _decided(case, "decide", "go", by=DIRECTOR))  # fmt: skip
    yield Deed(38, THREE, "De inkoper maakt geen bezwaar",
               _decided(case, "object_R-01", "waived", by=BUYER, reason="geen van de stukken raakt ons"))  # fmt: skip
    yield Deed(37, NINE, "De inkoper heeft geen vragen", _decided(case, "ask", "none", by=BUYER))


# --- how each is done


def _opened(procedure: str, subject: str, *, by: str = "", at_step: str = "", **values: str) -> Act:
    return lambda work, people, at: open_case(
        work, people, procedure, subject, values, Doing(by or _adviser(people, subject, at), at), at_step=at_step
    )


def _orange(member: str, since: date, *, at_step: str = "") -> Act:
    return _opened(ORANGE, member, at_step=at_step, orange_on=since.isoformat())


def _decided(case: str, step: str, outcome: str, *, by: str = "", reason: str = "", **values: str) -> Act:
    return lambda work, people, at: decide(
        work, people, case, step, outcome, values, Doing(by or _adviser(people, _subject(case), at), at, reason=reason)
    )


def _corrected(case: str, since: date, reason: str) -> Act:
    return lambda work, people, at: correct(
        work, people, case, {"orange_on": since.isoformat()},
        Doing(_adviser(people, _subject(case), at), at, reason=reason),
    )  # fmt: skip


def _imported(kind: str, table: bytes, name: str = "", *, by: str = ADMIN) -> Act:
    def act(work: Work, people: Directory, at: datetime) -> None:
        done = import_table(work.session, kind, table, by=by, now=at, name=name)
        if done.problems:
            raise Refused(f"{kind}, row {done.problems[0].row}: {done.problems[0].problem}")

    return act


def _away(person: str, deputy: str, since: date) -> bytes:
    return f"person,deputy,from,until\n{person},{deputy},{since},{since + timedelta(days=13)}\n".encode()


def _subject(case: str) -> str:
    return case.partition("/")[2]


def _adviser(people: Directory, member: str, at: datetime) -> str:
    """The adviser of a member, the first where several share it."""
    holders: Sequence[str] = people.holders(ADVISER, subject=member, case="", on=local_day(at))
    return holders[0]
