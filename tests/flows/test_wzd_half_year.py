"""The Wzd half-year and the yearly analysis, in trial time, through the use cases: C-22 with X-07 and X-12.

Registers are made here, and counted here with nothing of the engine: what is frozen must equal that count.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from flows import PROCEDURES
from flows.wzd_half_year import EACH_HALF_YEAR, EACH_YEAR
from models import schema
from models.case import Case, Log, Payload
from models.message import Link, Mail
from models.operation import Incident, Installation
from models.organisation import Address, Assignment, Person, Subject
from models.session import Store
from tests.databases import Databases
from tijdig.engine.calendar import instant
from tijdig.engine.errors import FourEyes, Refused, TijdigError
from tijdig.service import cases, pins
from tijdig.service.acting import Acting, Caller, acting
from tijdig.service.compared import differences, versions
from tijdig.service.compose import compose
from tijdig.service.documents import content, save
from tijdig.service.dossier import dossier
from tijdig.service.foretell import effects, period, world_of
from tijdig.service.handin import Answer, Mistakes, Receipt, hand_in
from tijdig.service.imports import import_table
from tijdig.service.links import hashed, live_link
from tijdig.service.programmes import install
from tijdig.service.rounds import sweep_round

Golden = Callable[[str, str], None]
WALL = datetime(2026, 1, 5, 8, tzinfo=UTC)
URL = "https://tijdig.example"
REASON = "dit is met de functionaris besproken"
PEOPLE = {
    "adviser1": "kwaliteitsadviseur", "adviser2": "kwaliteitsadviseur", "admin1": "zorgadministratie",
    "wzd1": "wzd-functionaris", "director1": "directeur", "secretary1": "clientenraad",
}  # fmt: skip
MEMBERS = tuple(f"lid-{n:03}" for n in range(1, 101))
H1, H2, YEAR = "wzd-half-year/2026-01..2026-06", "wzd-half-year/2026-07..2026-12", "wzd-year/2026-01..2026-12"


# --- a cooperative in a trial


@dataclass
class Cooperative:
    """One trial installation with its files; its clock stands where the last deed put it."""

    store: Store
    folder: Path

    def at(self, day: str, hour: str = "09:00") -> datetime:
        return instant(date.fromisoformat(day), time.fromisoformat(hour))

    def _do(self, day: str, by: str, deed: Callable[[Acting], Any], reason: str = "", behalf: str = "") -> Any:
        caller = Caller(by, "test", "test", behalf, reason, via="cli")
        at = day if "T" in day else f"{day}T09:00"
        with acting(self.store, caller, at=at, wall=WALL, files=self.folder, url=URL) as doing:
            return deed(doing)

    def begins(self, day: str) -> None:
        """The trial clock is set for the first time."""
        self._do(day, "adviser1", lambda doing: None)

    def opens(self, day: str, procedure: str, subject: str, by: str = "adviser1", **facts: str) -> str:
        return self._do(day, by, lambda d: cases.open_case(d.work, d.people, procedure, subject, facts, d.doing).code)

    def decides(self, day: str, by: str, case: str, step: str, outcome: str, reason: str = "", **form: str) -> None:
        self._do(day, by, lambda d: cases.decide(d.work, d.people, case, step, outcome, form, d.doing), reason)

    def settles(self, day: str, difference: str, holds: str, *, by: str = "wzd1", reason: str = REASON,
                case: str = H1) -> None:  # fmt: skip
        self._do(day, by, lambda d: cases.settle(d.work, d.people, case, difference, holds, d.doing), reason)

    def records(self, day: str, case: str, by: str = "adviser1", **facts: str) -> None:
        self._do(day, by, lambda d: cases.record_facts(d.work, d.people, case, facts, d.doing))

    def corrects(self, day: str, case: str, by: str = "adviser1", **facts: str) -> None:
        self._do(day, by, lambda d: cases.correct(d.work, d.people, case, facts, d.doing), REASON)

    def acts(self, day: str, case: str, act: str, by: str = "adviser1", **given: str) -> None:
        self._do(day, by, lambda d: cases.act(d.work, d.people, case, act, given, d.doing), REASON)

    def sweeps(self, day: str) -> None:
        with self.store.write() as session:
            session.get_one(Installation, 1).trial_now = self.at(day)
        now = self.at(day)
        assert sweep_round(self.store, now=now, wall=now).incidents == []
        with self.store.write() as session:
            compose(session, now=now, url=URL)

    def hands_in(self, day: str, name: str, text: str, case: str = H1) -> None:
        """A register, by whoever keeps it."""
        path = self.folder.parent / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        by, step = {"care_file": ("admin1", "extract"), "officer_log": ("wzd1", "log")}[name]
        self.decides(day, by, case, step, "handed_in", **{name: f"@{path}"})

    def document(self, name: str) -> str:
        path = self.folder.parent / name
        path.write_bytes(name.encode())
        return f"@{path}"

    def delivers(self, day: str, case: str = H1, outcome: str = "sent", receipt: str = "IGJ-1") -> None:
        self.decides(day, "adviser1", case, "send", outcome, sent_on=day, receipt=receipt,
                     proof=self.document(f"bewijs-{receipt}.pdf"))  # fmt: skip

    # --- what came of it

    def session(self) -> Any:
        return self.store.read()

    def state(self, case: str) -> str:
        with self.session() as session:
            return str(dossier(session, case, self._now(session))["state"])

    def facts(self, case: str) -> dict[str, Any]:
        with self.session() as session:
            return dict(dossier(session, case, self._now(session))["facts"])

    def obligation(self, case: str, name: str) -> dict[str, Any]:
        with self.session() as session:
            asked = dossier(session, case, self._now(session))["obligations"]
        return next(each for each in reversed(asked) if each["step"] == name)

    def differences(self, case: str = H1) -> dict[str, Any]:
        with self.session() as session:
            return differences(session, case, self.folder)

    def versions(self, case: str = H1) -> list[dict[str, Any]]:
        with self.session() as session:
            return list(versions(session, case, self.folder, self._now(session))["versions"])

    def subjects(self, procedure: str) -> list[str]:
        with self.session() as session:
            return list(session.exec(select(Case.subject).where(Case.procedure == procedure).order_by(col(Case.id))))

    def heard(self, procedure: str, kinds: Iterable[str] = ("remind", "escalate")) -> list[str]:
        """The messages of a procedure's cases: nominal day, step and rule, and of how many cases they are."""
        with self.session() as session:
            wanted = select(Log).join(Case, col(Case.id) == col(Log.case_id)).where(Case.procedure == procedure)
            rows = session.exec(wanted.where(col(Log.kind).in_(tuple(kinds)), col(Log.overtaken).is_(None))).all()
        counts = Counter((str(row.nominal), *row.key.split("/")[0:1], row.key.split("/")[3]) for row in rows)
        return [f"{' '.join(key)} x{n}" for key, n in sorted(counts.items())]

    def mails(self, person: str, kind: str) -> list[Mail]:
        with self.session() as session:
            return list(session.exec(select(Mail).where(Mail.person_id == person, Mail.kind == kind).order_by(Mail.id)))

    def _now(self, session: Session) -> datetime:
        return session.get_one(Installation, 1).trial_now or WALL


@pytest.fixture(scope="module")
def founded(shared_databases: Databases) -> str:
    """The address of an installation with people, 100 members in their group, procedures and programmes."""
    address = shared_databases.new()
    store = Store.at(address)
    schema.upgrade(store)
    with store.write() as session:
        session.add(Installation(uuid="00000000-0000-0000-0000-000000000000", mode="trial", created_at=WALL))
        pins.first_versions(session, now=WALL, by="test")
        pins.publish(session, PROCEDURES, now=WALL, by="test")
        install(session, (EACH_HALF_YEAR, EACH_YEAR), now=WALL)
        session.add_all(Person(id=person, name=person.title()) for person in PEOPLE)
        session.add_all(Person(id=ref, name=f"Boerderij {ref[-3:]}", digest=False) for ref in MEMBERS)
        session.add_all(Subject(ref=ref) for ref in MEMBERS)
        session.flush()
        session.add_all(Assignment(person_id=person, role=role) for person, role in PEOPLE.items())
        session.add_all(Address(person_id=each, since=date.min, email=f"{each}@zorg.example") for each in
                        (*PEOPLE, *MEMBERS))  # fmt: skip
        group = "subject\n" + "\n".join(MEMBERS)
        taken = import_table(session, "cohort", group.encode(), by="test", now=WALL, name="wzd-members")
        assert (taken.added, taken.problems) == (100, ())
    store.close()
    return address


@pytest.fixture
def house(databases: Databases, founded: str, tmp_path: Path) -> Iterator[Cooperative]:
    store = Store.at(databases.copy(founded))
    made = Cooperative(store, tmp_path / "files")
    made.begins("2026-03-02")
    yield made
    store.close()


# --- registers, and a count that owes nothing to the engine


@dataclass(frozen=True)
class Use:
    """One use of involuntary care, as a register has it."""

    member: str
    client: str
    kind: str
    begin: datetime
    end: datetime | None
    emergency: bool

    @property
    def cells(self) -> tuple[str, ...]:
        moments = (f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (self.begin, self.end))
        return (self.member, self.client, self.kind, *moments, "ja" if self.emergency else "nee")


HEADER = ("member", "client", "kind", "begin", "end", "emergency")


def register(uses: Iterable[Use], header: tuple[str, ...] = HEADER) -> str:
    out = StringIO()
    csv.writer(out).writerows([header, *(use.cells for use in uses)])
    return out.getvalue()


def uses(n: int, seed: int = 7) -> list[Use]:
    """So many different uses among the first sixty members, in the first half of 2026."""
    chance, begin = random.Random(seed), datetime(2026, 1, 1, 8, tzinfo=UTC)
    found = []
    for i in range(n):
        at = begin + timedelta(days=chance.randrange(180), minutes=5 * i % 720)
        member, client = f"lid-{chance.randrange(1, 61):03}", f"c-{i:04}"
        end = at + timedelta(minutes=chance.randrange(5, 240)) if chance.random() < 0.9 else None
        found.append(Use(member, client, chance.choice("abcdefghi"), at, end, chance.random() < 0.3))
    return found


def counted(held: Iterable[Use]) -> list[tuple[str, str, str]]:
    """How often each kind was used at each member of the group; a member without any has a nil."""
    counts = Counter((use.member, use.kind) for use in held)
    rows = [(member, kind, str(n)) for (member, kind), n in counts.items()]
    present = {member for member, _ in counts}
    return sorted([*rows, *((member, "", "0") for member in MEMBERS if member not in present)])


def frozen(house: Cooperative, version: int = -1, case: str = H1) -> list[tuple[str, ...]]:
    return sorted(tuple(row.values()) for row in house.versions(case)[version]["rows"])


# --- what it must show


def test_a_half_year_of_100_members_with_40_differences_gives_the_figures_of_an_independent_count(
    house: Cooperative,
) -> None:
    both = uses(200)
    only_file, only_log, differ = both[:15], both[15:30], both[30:40]
    longer = [replace(use, emergency=not use.emergency) for use in differ]
    house.sweeps("2026-07-01")
    assert house.subjects("wzd-return") == list(MEMBERS)

    for n, member in enumerate(MEMBERS[:97]):
        own = sum(use.member == member for use in both)
        house.decides(f"2026-07-{2 + n // 10:02}", member, f"wzd-return/{member}", "hand_in", "handed_in",
                      measures=str(own))  # fmt: skip
    house.sweeps("2026-07-14")
    house.sweeps("2026-07-22")
    house.hands_in("2026-07-22", "care_file", register([*only_file, *differ, *both[40:]]))
    house.hands_in("2026-07-22", "officer_log", register([*both[40:], *longer, *only_log]))
    house.decides("2026-07-23", "adviser1", H1, "collect", "accept_missing", "drie leden reageren niet")

    found = house.differences()["differences"]
    kinds = Counter((each["column"], each["care_file"] is None, each["officer_log"] is None) for each in found)
    assert kinds == {(None, False, True): 15, (None, True, False): 15, ("emergency", False, False): 10}
    holds = ["care_file" if n % 3 else "officer_log" for n in range(40)]
    for each, side in zip(found, holds, strict=True):
        with pytest.raises(Refused, match="not settled"):
            house.decides("2026-07-24", "wzd1", H1, "reconcile", "settled")
        house.settles("2026-07-24", each["difference"], side)
    house.decides("2026-07-24", "wzd1", H1, "reconcile", "settled")
    house.delivers("2026-08-03")

    in_file, in_log = set(only_file), set(only_log)
    said = {(each["line"]["member"], each["line"]["client"]): side for each, side in zip(found, holds, strict=True)}
    held = [use for use in both if not (use in in_file and said[use.member, use.client] == "officer_log")
            and not (use in in_log and said[use.member, use.client] == "care_file")]  # fmt: skip
    assert house.facts(H1)["total"] == len(held)
    assert frozen(house) == counted(held)
    told = [replace(use, emergency=not use.emergency) if use in differ and said[use.member, use.client] == "officer_log"
            else use for use in held]  # fmt: skip
    delivered = content(house.folder, house.facts(H1)["delivery"]).decode()
    rows = {tuple(row.values()) for row in csv.DictReader(StringIO(delivered))}
    assert rows == {tuple(cell.replace(" ", "T") for cell in use.cells) for use in told}
    assert house.state(H1) == "sent"
    assert house.heard("wzd-return") == [
        "2026-07-14 hand_in one_week x3", "2026-07-19 hand_in two_days x3", "2026-07-22 hand_in overdue x3"
    ]  # fmt: skip


def test_the_log_carries_the_hashes_and_who_settled_what_why(house: Cooperative) -> None:
    one, two = uses(2)
    reconciled(house, [one], [one, two])
    [open_] = house.differences()["differences"]
    house.settles("2026-07-24", open_["difference"], "officer_log")
    house.decides("2026-07-24", "wzd1", H1, "reconcile", "settled")

    with house.session() as session:
        said = [json.loads(body) for body in session.exec(select(Payload.body).join(Log).order_by(col(Log.id)))]
    settled = [each for each in said if "settled" in each.get("values", {})]
    frozen = [each["values"] for each in said if "figures" in each.get("values", {})]
    assert [(each["values"]["settled"]["holds"], each["reason"]) for each in settled] == [("officer_log", REASON)]
    assert settled[0]["values"]["settled"]["line"] == [two.member, two.client, two.kind, f"{two.begin:%Y-%m-%dT%H:%M}"]
    for values in frozen:
        assert content(house.folder, values["figures"])
        assert content(house.folder, values["delivery"])
    assert not any(two.client in json.dumps(each) for each in frozen)


# --- how it goes


def reconciled(house: Cooperative, care_file: Iterable[Use], officer_log: Iterable[Use]) -> None:
    """A half-year in which both registers are in and the differences are to be settled."""
    house.sweeps("2026-07-01")
    house.hands_in("2026-07-08", "care_file", register(care_file))
    house.hands_in("2026-07-09", "officer_log", register(officer_log))
    house.decides("2026-07-23", "adviser1", H1, "collect", "accept_missing", REASON)


def test_x_07_nothing_in_ons_and_nine_in_the_log_is_reported_when_the_log_holds(house: Cooperative) -> None:
    nine = uses(9)
    reconciled(house, [], nine)

    for each in house.differences()["differences"]:
        house.settles("2026-07-24", each["difference"], "officer_log")
    house.decides("2026-07-24", "wzd1", H1, "reconcile", "settled")

    assert frozen(house) == counted(nine)
    with pytest.raises(Refused, match="'nil' is not possible"):
        house.delivers("2026-07-27", outcome="nil")


def test_x_07_whoever_returned_another_number_than_a_register_has_is_named(house: Cooperative) -> None:
    one, two = uses(2)
    house.sweeps("2026-07-01")
    for member, number in ((one.member, "1"), (two.member, "0"), ("lid-099", "0"), ("lid-100", "3")):
        house.decides("2026-07-06", member, f"wzd-return/{member}", "hand_in", "handed_in", measures=number)
    house.hands_in("2026-07-08", "care_file", register([one]))
    house.hands_in("2026-07-09", "officer_log", register([one, two]))

    found = {each.pop("subject"): tuple(each.values()) for each in house.differences()["returns"]}

    assert found == {two.member: (0, 0, 1), "lid-100": (3, 0, 0)}


def test_a_half_year_without_any_use_is_recorded_and_not_delivered(house: Cooperative) -> None:
    reconciled(house, [], [])
    house.decides("2026-07-24", "wzd1", H1, "reconcile", "equal")

    with pytest.raises(Refused, match="'sent' is not possible"):
        house.delivers("2026-07-27")
    house.decides("2026-07-27", "adviser1", H1, "send", "nil")

    assert house.state(H1) == "nil"
    assert frozen(house) == counted([])
    assert house.obligation(H1, "igj")["state"] == "met"


def test_nobody_acts_and_everybody_hears(house: Cooperative) -> None:
    for day in ("2026-07-01", "2026-07-14", "2026-07-20", "2026-07-29", "2026-08-07", "2026-08-13"):
        house.sweeps(day)

    assert house.heard("wzd-return") == [
        "2026-07-14 hand_in one_week x100", "2026-07-19 hand_in two_days x100", "2026-07-22 hand_in overdue x100",
        "2026-07-29 hand_in week_late x100",
    ]  # fmt: skip
    assert house.heard("wzd-half-year") == [
        "2026-07-16 extract late x1", "2026-07-16 log late x1", "2026-07-28 norm two_weeks x1",
        "2026-07-29 collect late x1", "2026-08-08 norm three_days x1", "2026-08-12 norm overdue x1",
        "2026-08-13 igj overdue x1",
    ]  # fmt: skip


def test_a_corrected_delivery_stands_beside_the_first_as_a_new_version(house: Cooperative) -> None:
    all_ = uses(12)
    reconciled(house, all_[:11], all_[:11])
    assert house.versions() == []
    house.decides("2026-07-24", "wzd1", H1, "reconcile", "equal")
    house.delivers("2026-08-03", receipt="IGJ-1")

    house.acts("2026-09-01", H1, "reopen", step="extract")
    house.hands_in("2026-09-02", "care_file", register(all_))
    assert [each["version"] for each in house.versions()] == [1]
    [late] = house.differences()["differences"]
    house.settles("2026-09-03", late["difference"], "care_file")
    house.decides("2026-09-03", "wzd1", H1, "reconcile", "settled")
    house.delivers("2026-09-04", receipt="IGJ-2")

    first, second = house.versions()
    assert (first["total"], second["total"]) == (11, 12)
    assert (frozen(house, 0), frozen(house, 1)) == (counted(all_[:11]), counted(all_))
    assert [each["then"][-1]["values"]["receipt"] for each in (first, second)] == ["IGJ-1", "IGJ-2"]
    assert first["figures"]["sha256"] != second["figures"]["sha256"]
    assert house.obligation(H1, "igj")["done_on"] == "2026-08-03"  # the first one was in time, and stays so


def test_a_delivery_counts_from_the_day_of_its_receipt_also_when_it_is_recorded_late(house: Cooperative) -> None:
    one = uses(1)
    reconciled(house, one, one)
    house.decides("2026-07-24", "wzd1", H1, "reconcile", "equal")
    house.decides("2026-08-17", "adviser1", H1, "send", "sent", sent_on="2026-08-10", receipt="IGJ-1",
                  proof=house.document("bewijs.pdf"))  # fmt: skip

    assert house.obligation(H1, "igj")["done_on"] == "2026-08-10"


def test_what_was_settled_stands_when_a_register_comes_in_anew_and_still_says_so(house: Cooperative) -> None:
    in_file, in_log, other = uses(3)
    reconciled(house, [in_file], [in_log, other])
    before = {each["line"]["client"]: each["difference"] for each in house.differences()["differences"]}
    for client in (in_file.client, in_log.client):
        house.settles("2026-07-24", before[client], "officer_log")

    house.decides("2026-07-24", "wzd1", H1, "reconcile", "new_extract", REASON)
    house.hands_in("2026-07-27", "care_file", register([replace(in_file, emergency=not in_file.emergency)]))

    again = {each["line"]["client"]: each["holds"] for each in house.differences()["differences"]}
    assert again == {in_file.client: None, in_log.client: "officer_log", other.client: None}
    assert house.facts(H1)["unsettled"] == 2


def test_where_the_house_wants_equal_registers_a_settled_difference_still_holds_the_report(house: Cooperative) -> None:
    with house.store.write() as session:
        pins.choose(session, "wzd_mismatch_blocks_report", "ja", by="adviser1", reason=REASON, now=WALL)
    one, two = uses(2)
    reconciled(house, [one], [one, two])
    house.settles("2026-07-24", house.differences()["differences"][0]["difference"], "care_file")

    with pytest.raises(Refused, match="'settled' is not possible"):
        house.decides("2026-07-24", "wzd1", H1, "reconcile", "settled")
    house.decides("2026-07-24", "wzd1", H1, "reconcile", "new_log", REASON)
    house.hands_in("2026-07-24", "officer_log", register([one]))
    house.decides("2026-07-24", "wzd1", H1, "reconcile", "equal")

    assert frozen(house) == counted([one])


# --- what is refused, with its place and mend

ROW = "lid-001,c-1,b,2026-02-03 14:30,2026-02-03 15:00,nee"
HEAD = ",".join(HEADER)
BAD_REGISTERS = {
    "a column is missing": (f"member,client,kind,begin,end\n{ROW[:-4]}", "rij 1, emergency", "ontbreekt"),
    "a column too many, with names": (f"{HEAD},naam\n{ROW},Jan", "rij 1, naam", "hoort hier niet"),
    "a row twice": (f"{HEAD}\n{ROW}\n{ROW}", "rij 3, member", "staat ook in rij 2"),
    "a row twice, its day written otherwise": (
        f"{HEAD}\n{ROW}\n{ROW.replace('2026-02-03 14', '3-2-2026 14')}", "rij 3, member", "staat ook in rij 2"),
    "a BSN": (f"{HEAD}\n{ROW.replace('c-1', '123456782')}", "rij 2, client", "BSN"),
    "a BSN without its zero": (f"{HEAD}\n{ROW.replace('c-1', '10000008')}", "rij 2, client", "BSN"),
    "a BSN with points": (f"{HEAD}\n{ROW.replace('c-1', '123.456.782')}", "rij 2, client", "BSN"),
    "a name": (f"{HEAD}\n{ROW.replace('c-1', 'Jan de Boer')}", "rij 2, client", "letters, cijfers"),
    "a name alone": (f"{HEAD}\n{ROW.replace('c-1', 'Jansen')}", "rij 2, client", "nooit een naam"),
    "a name that could be a reference": (f"{HEAD}\n{ROW.replace('c-1', 'Piet.de-Vries')}", "rij 2, client", "nooit"),
    "no client": (f"{HEAD}\n{ROW.replace('c-1', '')}", "rij 2, client", "leeg"),
    "an unknown member": (f"{HEAD}\n{ROW.replace('lid-001', 'lid-900')}", "rij 2, member", "importeer"),
    "no such kind": (f"{HEAD}\n{ROW.replace(',b,', ',z,')}", "rij 2, kind", "Kies uit: a, b"),
    "a day without an hour": (f"{HEAD}\n{ROW.replace(' 14:30', '')}", "rij 2, begin", "dag en tijd"),
    "an hour that the clock skips": (
        f"{HEAD}\n{ROW.replace('2026-02-03 14:30', '2026-03-29 02:30').replace('2026-02-03 15:00', '')}",
        "rij 2, begin", "skips"),
    "an end before its begin": (f"{HEAD}\n{ROW.replace('15:00', '14:00')}", "rij 2, end", "ligt voor"),
    "of another half-year": (f"{HEAD}\n{ROW.replace('2026-02-03', '2025-02-03')}", "rij 2, begin", "valt buiten"),
    "neither yes nor no": (f"{HEAD}\n{ROW.replace('nee', 'soms')}", "rij 2, emergency", "ja, nee"),
    "nothing at all": ("\n", "rij 1", "leeg"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["care_file", "officer_log"])
@pytest.mark.parametrize(("text", "place", "said"), BAD_REGISTERS.values(), ids=BAD_REGISTERS)
def test_a_register_with_a_problem_is_refused_whole(
    opened: Cooperative, name: str, text: str, place: str, said: str
) -> None:
    with pytest.raises(Refused) as refusal:
        opened.hands_in("2026-07-08", name, text)

    assert f"{place}: " in str(refusal.value)
    assert said in str(refusal.value)
    assert name not in opened.facts(H1)


@pytest.fixture(scope="module")
def opened(
    founded: str, shared_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cooperative]:
    """A half-year that was just opened; what is refused leaves it as it is."""
    store = Store.at(shared_databases.copy(founded))
    made = Cooperative(store, tmp_path_factory.mktemp("wzd") / "files")
    made.begins("2026-03-02")
    made.sweeps("2026-07-01")
    yield made
    store.close()


BSN = f"{HEAD}\n{ROW.replace('c-1', '123456782')}"


@pytest.mark.parametrize(
    ("by", "text"),
    [
        pytest.param("admin1", BSN, id="with-a-BSN"),
        pytest.param("wzd1", f"{HEAD}\n{ROW}", id="by-who-may-not"),
    ],
)
def test_of_a_register_that_is_refused_nothing_stays_on_disk(house: Cooperative, by: str, text: str) -> None:
    house.sweeps("2026-07-01")
    path = house.folder.parent / "ons.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(Refused):
        house.decides("2026-07-08", by, H1, "extract", "handed_in", care_file=f"@{path}")

    assert stored(house) == []


def test_a_refused_act_takes_no_file_away_that_was_handed_in_before(house: Cooperative) -> None:
    house.sweeps("2026-07-01")
    house.hands_in("2026-07-08", "care_file", f"{HEAD}\n{ROW}\n")
    before = stored(house)

    with pytest.raises(Refused):
        house.hands_in("2026-07-08", "care_file", f"{HEAD}\n{ROW}\n")

    assert stored(house) == before != []


def stored(house: Cooperative) -> list[str]:
    """The files that the installation keeps."""
    return [path.name for path in house.folder.rglob("*") if path.is_file()]


def test_a_register_that_comes_in_by_the_page_is_read_as_by_command(house: Cooperative) -> None:
    house.sweeps("2026-07-01")
    token, now = "een-sleutel", house.at("2026-07-08")
    with house.store.write() as session:
        case = session.exec(select(Case).where(Case.procedure == "wzd-half-year")).one()
        mail = session.exec(select(Mail).where(Mail.person_id == "lid-001")).one()
        session.add(Link(token_sha256=hashed(token), mail_id=mail.id, person_id="admin1", case_id=case.id,
                         step="extract", round=1, version=case.version, expires_on=date(2026, 12, 31)))  # fmt: skip
        version = case.version

    def comes_in(text: str) -> Any:
        kept = save(house.folder, "ons.csv", BytesIO(text.encode()))
        with house.store.write() as session:
            answer = Answer("formulier", version, documents={"care_file": kept})
            way = live_link(session, token, now=now)
            return hand_in(session, way, answer, via="link", now=now, files=house.folder)

    wrong, left = comes_in(f"{HEAD}\n{ROW}\n{ROW}\n"), stored(house)
    right = comes_in(f"{HEAD}\n{ROW}\n")

    assert isinstance(wrong, Mistakes)
    assert left == []
    assert "rij 3, member: " in wrong.problems["care_file"]
    assert isinstance(right, Receipt)
    assert house.facts(H1)["care_file"]["name"] == "ons.csv"


Deed = Callable[[Cooperative, str], None]
REFUSED: dict[str, tuple[Deed, type[TijdigError], str]] = {
    "an unknown difference": (lambda h, _: h.settles("2026-07-24", "00000000", "care_file"), Refused, "reconcile"),
    "an unknown register": (lambda h, d: h.settles("2026-07-24", d, "figures"), Refused, "care_file, officer_log"),
    "without a reason": (lambda h, d: h.settles("2026-07-24", d, "care_file", reason="zo"), Refused, "10 characters"),
    "by somebody without the role": (
        lambda h, d: h.settles("2026-07-24", d, "care_file", by="admin1"), Refused, "wzd-functionaris"),
    "a BSN in the reason": (
        lambda h, d: h.settles("2026-07-24", d, "care_file", reason="cliënt 123456782 heeft"), Refused, "BSN"),
    "a count that somebody types": (
        lambda h, _: h.records("2026-07-24", H1, unsettled="0"), Refused, "geteld uit de registers"),
    "a count that somebody corrects": (
        lambda h, _: h.corrects("2026-07-24", H1, differences="0"), Refused, "geteld uit de registers"),
    "a count in a form": (
        lambda h, _: h.decides("2026-07-24", "wzd1", H1, "reconcile", "settled", unsettled="0"), Refused, "geteld uit"),
    "a register beside its step": (
        lambda h, _: h.records("2026-07-24", H1, care_file=h.document("x.csv")), Refused, "step 'extract'"),
    "an end with a difference open": (
        lambda h, d: h.decides("2026-07-24", "wzd1", H1, "reconcile", "settled"), Refused, "1 of 1"),
    "equal while they differ": (
        lambda h, d: h.decides("2026-07-24", "wzd1", H1, "reconcile", "equal"), Refused, "1 of 1"),
}  # fmt: skip


@pytest.fixture(scope="module")
def differing(
    founded: str, shared_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cooperative]:
    """A half-year with one difference; what is refused leaves it as it is."""
    store = Store.at(shared_databases.copy(founded))
    made = Cooperative(store, tmp_path_factory.mktemp("wzd") / "files")
    made.begins("2026-03-02")
    one, two = uses(2)
    reconciled(made, [one], [one, two])
    yield made
    store.close()


@pytest.mark.parametrize(("deed", "error", "said"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(differing: Cooperative, deed: Deed, error: type[TijdigError], said: str) -> None:
    [only] = differing.differences()["differences"]

    with pytest.raises(error, match=said):
        deed(differing, only["difference"])

    assert differing.differences()["unsettled"] == 1


# --- half-years beside each other

HALF = {"period_from": "2026-01-01", "period_until": "2026-06-30", "igj_on": "2026-08-12"}
OVERLAPS = {
    "the same days": HALF,
    "a day at the end": {**HALF, "period_from": "2026-06-30", "period_until": "2026-09-30"},
    "days inside it": {**HALF, "period_from": "2026-02-01", "period_until": "2026-02-02"},
    "all around it": {**HALF, "period_from": "2025-12-01", "period_until": "2026-12-31"},
}


@pytest.mark.parametrize("facts", OVERLAPS.values(), ids=OVERLAPS)
def test_a_half_year_that_overlaps_another_one_is_refused(opened: Cooperative, facts: dict[str, str]) -> None:
    with pytest.raises(Refused, match="WZH-2026-001 is about do 1 jan 2026 to di 30 jun 2026"):
        opened.opens("2026-07-08", "wzd-half-year", "met de hand", **facts)


def test_a_half_year_that_ends_before_it_begins_is_refused(opened: Cooperative) -> None:
    with pytest.raises(Refused, match="lies before"):
        opened.opens("2026-07-08", "wzd-half-year", "x", **{**HALF, "period_until": "2025-12-31"})


def test_a_period_may_not_be_corrected_into_another_half_year(house: Cooperative) -> None:
    house.sweeps("2026-07-01")
    house.sweeps("2027-01-01")

    with pytest.raises(Refused, match="WZH-2026-001 is about"):
        house.corrects("2027-01-04", H2, period_from="2026-06-30")


def test_what_somebody_opened_by_hand_the_programme_does_not_open_again(house: Cooperative) -> None:
    house.opens("2026-06-29", "wzd-half-year", "eerste halfjaar", **HALF)

    house.sweeps("2026-07-01")
    house.sweeps("2027-01-01")

    assert house.subjects("wzd-half-year") == ["eerste halfjaar", "2026-07..2026-12"]


@pytest.mark.parametrize(
    ("facts", "apart"),
    [
        pytest.param(HALF, [], id="of-the-same-period"),
        pytest.param({**HALF, "period_from": "2026-02-01"}, ["wzd-half-years"], id="of-part-of-it"),
    ],
)
def test_a_year_ahead_opens_no_half_year_that_somebody_opened_by_hand(
    house: Cooperative, facts: dict[str, str], apart: list[str]
) -> None:
    house.opens("2026-06-29", "wzd-half-year", "eerste halfjaar", **facts)
    now = house.at("2026-06-29", "10:00")

    with house.session() as session:
        within = period("2026-06-29", "2026-12-31", now=now)
        world = world_of(session, within, now=now, scenario="nobody", script=None)
        foretold = {each["case"] for each in effects(world, within, procedure="wzd-half-year")}

    assert foretold == {"WZH-2026-001"}
    assert [each.case for each in world.apart] == apart


def test_a_half_year_opened_in_error_makes_room_again(house: Cooperative) -> None:
    house.opens("2026-06-29", "wzd-half-year", "verkeerd", **{**HALF, "period_from": "2026-02-01"})
    house.acts("2026-06-29", "wzd-half-year/verkeerd", "cancel")

    house.sweeps("2026-07-01")

    assert house.subjects("wzd-half-year") == ["verkeerd", "2026-01..2026-06"]


def test_after_an_outage_each_missed_half_year_opens_once_on_its_own_day(house: Cooperative) -> None:
    house.sweeps("2027-07-05")
    house.sweeps("2027-07-06")

    with house.session() as session:
        found = select(Case.subject, Case.opened_on).where(col(Case.procedure).in_(("wzd-half-year", "wzd-year")))
        opened = session.exec(found.order_by(col(Case.id))).all()
        assert session.exec(select(Incident).where(Incident.kind == "programme")).all() == []
    assert sorted((str(day), subject) for subject, day in opened) == [
        ("2026-07-01", "2026-01..2026-06"), ("2027-01-01", "2026-01..2026-12"), ("2027-01-01", "2026-07..2026-12"),
        ("2027-07-01", "2027-01..2027-06"),
    ]  # fmt: skip


# --- the yearly analysis


def drafted(house: Cooperative, uses: str = "12") -> None:
    """A year of which the half-years do not stand in Tijdig: its figure is typed, with the reason."""
    house.sweeps("2027-01-01")
    for half in (H1, H2):
        house.acts("2027-01-02", half, "cancel")
    house.decides("2027-01-04", "adviser1", YEAR, "add_up", "typed", "de halfjaren staan op papier", uses=uses)
    if uses != "0":
        house.decides("2027-03-15", "adviser1", YEAR, "draft", "drafted", analysis=house.document("a.pdf"))


def freezes(house: Cooperative, half: str, day: str, found: list[Use]) -> None:
    """The figures of a half-year are frozen: both registers say the same."""
    house.decides(day, "adviser1", half, "collect", "accept_missing", "de rest volgt op papier")
    for name in ("care_file", "officer_log"):
        house.hands_in(day, name, register(found), half)
    house.decides(day, "wzd1", half, "reconcile", "equal")


def test_the_uses_of_a_year_are_those_that_were_frozen_in_its_half_years(house: Cooperative) -> None:
    house.sweeps("2026-07-01")
    freezes(house, H1, "2026-07-24", uses(3))
    house.sweeps("2027-01-01")
    with pytest.raises(Refused, match="WZH-2027-001 has no 'total' yet"):
        house.decides("2027-02-01", "adviser1", YEAR, "add_up", "added")
    with pytest.raises(Refused, match="WZH-2027-001 has no 'total' yet"):
        house.decides("2027-02-01", "adviser1", YEAR, "add_up", "typed", "er was niets te melden", uses="0")
    freezes(house, H2, "2027-02-02", [])

    with pytest.raises(Refused, match="'uses' follows from WZH-2026-001, WZH-2027-001: 3"):
        house.decides("2027-02-03", "adviser1", YEAR, "add_up", "typed", "er was niets te melden", uses="0")
    house.decides("2027-02-03", "adviser1", YEAR, "add_up", "added")

    assert house.facts(YEAR)["uses"] == 3
    with pytest.raises(Refused, match="follows from the step 'add_up'"):
        house.corrects("2027-02-03", YEAR, uses="0")
    with pytest.raises(Refused, match="'nil' is not possible"):
        house.decides("2027-02-03", "adviser1", YEAR, "draft", "nil", analysis=house.document("a.pdf"))


def test_a_half_year_that_is_done_again_has_no_figure_until_it_is_frozen_anew(house: Cooperative) -> None:
    house.sweeps("2026-07-01")
    freezes(house, H1, "2026-07-24", uses(3))
    house.sweeps("2027-01-01")
    freezes(house, H2, "2027-02-02", [])
    house.acts("2027-02-03", H1, "take-back", step="log")

    with pytest.raises(Refused, match="WZH-2026-001 has no 'total' yet"):
        house.decides("2027-02-04", "adviser1", YEAR, "add_up", "added")


def test_what_half_a_year_in_tijdig_says_is_the_least_that_can_be_typed(house: Cooperative) -> None:
    house.sweeps("2026-07-01")
    freezes(house, H1, "2026-07-24", uses(3))
    house.sweeps("2027-01-01")
    house.acts("2027-01-02", H2, "cancel")
    with pytest.raises(Refused, match="1 jul 2026"):
        house.decides("2027-02-01", "adviser1", YEAR, "add_up", "added")
    with pytest.raises(Refused, match="at least 3"):
        house.decides("2027-02-01", "adviser1", YEAR, "add_up", "typed", "de rest staat op papier", uses="2")

    house.decides("2027-02-01", "adviser1", YEAR, "add_up", "typed", "de rest staat op papier", uses="5")
    house.acts("2027-02-02", YEAR, "take-back", step="add_up")
    house.decides("2027-02-02", "adviser1", YEAR, "add_up", "typed", "de rest staat op papier", uses="4")

    assert house.facts(YEAR)["uses"] == 4


def test_the_analysis_goes_by_the_council_and_the_director_to_the_inspectorate_before_july(house: Cooperative) -> None:
    drafted(house)
    assert house.obligation(YEAR, "igj")["due"] == "2027-06-30"
    assert house.obligation(YEAR, "ccr_reacts")["due"] == "2027-04-12"

    with pytest.raises(Refused, match="ccr_reaction"):
        house.decides("2027-04-05", "secretary1", YEAR, "ccr_reacts", "reacted")
    house.decides("2027-04-05", "secretary1", YEAR, "ccr_reacts", "reacted", ccr_reaction=house.document("ccr.pdf"))
    house.decides("2027-04-12", "adviser2", YEAR, "finish", "final", analysis=house.document("b.pdf"))
    with pytest.raises(Refused, match="directeur"):
        house.decides("2027-04-13", "adviser1", YEAR, "approve", "approved")
    house.decides("2027-04-14", "director1", YEAR, "approve", "returned", "de cijfers van juli ontbreken")
    house.decides("2027-04-15", "adviser2", YEAR, "finish", "final", analysis=house.document("c.pdf"))
    house.decides("2027-04-16", "director1", YEAR, "approve", "approved")
    with pytest.raises(Refused, match="proof"):
        house.decides("2027-04-19", "adviser1", YEAR, "send", "sent", sent_on="2027-04-19", receipt="IGJ-9")
    house.delivers("2027-04-19", YEAR, receipt="IGJ-9")

    assert house.state(YEAR) == "sent"


def test_who_wrote_the_analysis_does_not_approve_it_not_even_as_director(house: Cooperative) -> None:
    with house.store.write() as session:
        session.add(Assignment(person_id="adviser1", role="directeur"))
    drafted(house)
    house.decides("2027-04-05", "secretary1", YEAR, "ccr_reacts", "no_reaction", "de raad ziet ervan af")
    house.decides("2027-04-12", "adviser2", YEAR, "finish", "final")

    with pytest.raises(FourEyes):
        house.decides("2027-04-13", "adviser1", YEAR, "approve", "approved")


def test_a_year_without_any_use_is_recorded_and_not_delivered(house: Cooperative) -> None:
    drafted(house, uses="0")

    with pytest.raises(Refused, match="'drafted' is not possible"):
        house.decides("2027-03-15", "adviser1", YEAR, "draft", "drafted", analysis=house.document("a.pdf"))
    house.decides("2027-03-15", "adviser1", YEAR, "draft", "nil")

    assert house.state(YEAR) == "nil"


def test_when_nobody_writes_the_analysis_the_director_hears(house: Cooperative) -> None:
    for day in ("2027-01-01", "2027-04-10", "2027-06-03", "2027-06-24", "2027-07-01"):
        house.sweeps(day)

    assert house.heard("wzd-year") == [
        "2027-03-25 add_up late x1", "2027-06-02 igj four_weeks x1", "2027-06-23 igj one_week x1",
        "2027-07-01 igj overdue x1",
    ]  # fmt: skip


# --- what members read


def test_what_a_member_is_asked_and_reminded_of_reads_as_its_golden_file(house: Cooperative, golden: Golden) -> None:
    for day in ("2026-07-01", "2026-07-14"):
        house.sweeps(day)

    for name, kind in (("task", "A"), ("reminder", "E")):
        [mail] = house.mails("lid-001", kind)
        golden(f"mail/wzd-return-{name}.txt", f"Onderwerp: {mail.subject}\n\n{mail.text}")
