"""Notices become mails: alone or in the digest, when, for whom, and what lapses (ux.md section 6)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, delete, select

from models.case import Case, Log, OpenObligation
from models.message import Mail, MailNotice, Notice
from models.operation import Incident, Installation
from models.organisation import Absence, Address, Assignment, Person, Subject
from models.pins import Definition
from models.seal import Seal
from models.session import Store
from tijdig.engine import DueRule, Procedure, Step, days
from tijdig.engine.calendar import instant, midnight
from tijdig.service import pins
from tijdig.service.compose import compose
from tijdig.service.envelope import message_id
from tijdig.service.incidents import passed, raise_incident
from tijdig.service.mailbox import settle

ADVISER, MEMBER, DIRECTOR = "kwaliteitsadviseur", "lid", "directeur"
MONDAY, FRIDAY = date(2021, 10, 11), date(2021, 10, 15)
FAR = date(2021, 12, 31)
URL = "https://tijdig.example"

PROCEDURE = Procedure(
    "orange-status", "ORA", "Oranje dossier", 1, "lid", owner=ADVISER, late_to=DIRECTOR, facts=(),
    steps=(Step("judge", "Geef een oordeel", ADVISER, due=DueRule(after="opened:judge", within=days(1))),),
)  # fmt: skip


def at(clock: str, day: date = MONDAY) -> datetime:
    return instant(day, time.fromisoformat(clock))


EARLY = at("00:00")


@dataclass
class Office:
    """An installation in which a test puts open obligations and notices."""

    session: Session
    told: dict[int, str] = field(default_factory=dict)

    def person(self, id: str, role: str = "", *, email: str | None = None, **more: Any) -> None:
        self.session.add(Person(id=id, name=id.title(), **more))
        self.session.flush()
        self.session.add(
            Address(person_id=id, since=date(2021, 1, 1), email=f"{id}@zorg.nl" if email is None else email)
        )
        if role:
            self.session.add(Assignment(person_id=id, role=role))

    def member(self, id: str, **more: Any) -> None:
        self.person(id, digest=False, **more)

    def case(self, subject: str = "lid-014") -> int:
        number = len(self.session.exec(select(Case)).all()) + 1
        row = Case(code=f"ORA-2021-{number:03d}", procedure="orange-status", subject=subject, definition_id=1,
                   settings_id=1, calendar_id=1, opened_on=MONDAY, changed_at=EARLY)  # fmt: skip
        self.session.add(row)
        self.session.flush()
        assert row.id
        return row.id

    def asked(
        self, case: int, step: str = "judge", *, role: str = ADVISER, due: date | None = FRIDAY, basis: str = "norm",
        fatal: bool = False, start_on: date | None = None, assignee: str = "", kind: str = "step", late: str = "",
    ) -> None:  # fmt: skip
        late_from = datetime.fromisoformat(late) if late else midnight(due + timedelta(days=1)) if due else None
        self.session.add(OpenObligation(
            case_id=case, step=step, round=1, kind=kind, label="Geef een oordeel", role=role, assignee=assignee,
            opened_on=MONDAY, start_on=start_on, nominal=due, due=due, late_from=late_from, safe=due, basis=basis,
            fatal=fatal,
        ))  # fmt: skip

    def notice(
        self, kind: str, case: int, role: str = ADVISER, step: str = "judge", *, key: str = "", fatal: bool = False,
        summary: bool = False, created: datetime = EARLY, **said: Any,
    ) -> Notice:  # fmt: skip
        said = {"title": "Oranje dossier", "asks": "Geef een oordeel", "due": str(FRIDAY), "basis": "norm"} | said
        row = Notice(
            log_id=self.logged(case, key or f"{step}/1/{kind}/", created), case_id=case, kind=kind, role=role,
            step=step, round=1, fatal=fatal, summary=summary, variables=json.dumps(said), not_before=created,
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row

    def logged(self, case: int, key: str, at: datetime) -> int:
        """The log entry of a key, made where it is not there yet."""
        row = self.session.exec(select(Log).where(Log.case_id == case, Log.key == key)).first()
        row = row or Log(case_id=case, seq=1, at=at, kind="remind", key=key, hash=b"h")
        self.session.add(row)
        self.session.flush()
        return row.id or 0

    def compose(self, clock: str = "08:00", day: date = MONDAY) -> list[tuple[str, str]]:
        """Compose; give kind and person of each mail that came of it."""
        before = {mail.id for mail in self.mails}
        compose(self.session, now=at(clock, day), url=URL)
        return sorted((mail.kind, mail.person_id) for mail in self.mails if mail.id not in before)

    @property
    def mails(self) -> list[Mail]:
        self.session.flush()
        self.session.expire_all()
        return list(self.session.exec(select(Mail).order_by(col(Mail.id))))

    @property
    def incidents(self) -> list[str]:
        return sorted(key for key in self.session.exec(select(Incident.key)) if key)

    def state(self, notice: Notice) -> tuple[str, str]:
        self.session.refresh(notice)
        return notice.state, notice.why


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    with store.write() as session:
        session.add(Installation(uuid="0f8d", mode="live", created_at=at("06:00")))
        pins.first_versions(session, now=at("06:00"), by="test")
        pins.publish(session, [PROCEDURE], now=at("06:00"), by="test")
        session.add(Subject(ref="lid-014"))
        office = Office(session)
        office.person("ann", ADVISER)
        office.person("dir", DIRECTOR)
        office.member("lid-014")
        yield office


# --- alone or in the digest

THURSDAY_WEEK = date(2021, 10, 18)
ROUTES = [
    pytest.param("A", {"start_on": MONDAY}, {}, "A", id="a task to pick up now goes alone"),
    pytest.param("A", {"start_on": date(2021, 10, 18)}, {}, "A", id="a task for in five office days goes alone"),
    pytest.param(
        "A", {"start_on": date(2021, 10, 19)}, {}, "B", id="a task for in six office days waits for the digest"
    ),
    pytest.param("A", {"start_on": FAR, "basis": "wettelijk"}, {}, "A", id="a statutory task goes alone"),
    pytest.param("A", {"start_on": FAR, "fatal": True, "basis": "contract"}, {}, "A", id="a fatal task goes alone"),
    pytest.param("C", {}, {}, "C", id="an approval goes alone"),
    pytest.param("E", {}, {}, "B", id="a reminder rides in the digest"),
    pytest.param("E", {"basis": "wettelijk"}, {}, "E", id="a statutory reminder goes alone"),
    pytest.param("E", {"fatal": True}, {}, "E", id="a fatal reminder goes alone"),
    pytest.param(
        "F", {}, {"before": "2021-11-12", "after": "2021-12-31"}, "B", id="a changed date rides in the digest"
    ),
    pytest.param("G", {}, {"outcome": "Groen", "day": "2021-10-08"}, "B", id="a decision rides in the digest"),
]


@pytest.mark.parametrize(("kind", "asked", "said", "mail"), ROUTES)
def test_what_a_colleague_is_told_alone_and_what_waits_for_the_digest(
    office: Office, kind: str, asked: dict[str, Any], said: dict[str, Any], mail: str
):
    case = office.case()
    office.asked(case, due=FAR, **asked)
    office.notice(kind, case, due=str(FAR), **said)

    assert office.compose() == [(mail, "ann")]


@pytest.mark.parametrize(
    ("new", "basis", "fatal", "mails"),
    [
        pytest.param(5, "intern", False, ["A"] * 5, id="a-few"),
        pytest.param(6, "intern", False, ["B"], id="many-are-an-overview"),
        pytest.param(6, "contract", True, ["A"] * 6 + ["B"], id="fatal"),
        pytest.param(6, "wettelijk", False, ["A"] * 6 + ["B"], id="statutory"),
    ],
)
def test_of_many_tasks_that_begin_soon_a_colleague_gets_one_overview(
    office: Office, new: int, basis: str, fatal: bool, mails: list[str]
):
    for _ in range(new):
        case = office.case()
        office.asked(case, start_on=MONDAY, basis=basis, fatal=fatal, due=FAR)
        office.notice("A", case, basis=basis, fatal=fatal)
    office.asked(office.case(), due=FRIDAY if "B" in mails else FAR)

    assert [kind for kind, person in office.compose() if person == "ann"] == mails


def test_what_rides_with_many_others_is_named_in_the_overview(office: Office):
    for number in range(7):
        case = office.case(f"lid-{number:03d}")
        office.asked(case, start_on=MONDAY, due=FAR)
        office.notice("A", case)

    office.compose()

    [mail] = [mail for mail in office.mails if mail.person_id == "ann"]
    assert [f"lid {number:03d}" in mail.text.lower() for number in range(7)] == [True] * 7


@pytest.mark.parametrize("kind", ["A", "E", "F", "G"])
def test_a_member_gets_a_mail_for_each_matter_and_never_a_digest(office: Office, kind: str):
    case = office.case()
    office.asked(case, role=MEMBER, due=FRIDAY)
    office.notice(kind, case, MEMBER, before="2021-10-12", after=str(FRIDAY), outcome="Groen")

    assert office.compose() == [(kind, "lid-014")]
    assert office.compose(day=date(2021, 10, 12)) == []


def test_an_escalation_goes_alone_once_the_term_is_over(office: Office):
    case = office.case()
    office.asked(case, due=date(2021, 10, 8))
    office.notice("D", case, DIRECTOR)

    assert office.compose() == [("B", "ann"), ("D", "dir")]


# --- the digest

DIGESTS = [
    pytest.param(date(2021, 10, 8), "1 verlopen", id="overdue"),
    pytest.param(MONDAY, "1 deze week", id="today"),
    pytest.param(date(2021, 10, 17), "1 deze week", id="sunday is this week"),
    pytest.param(date(2021, 10, 18), None, id="next week is nothing yet"),
    pytest.param(None, None, id="without a date"),
]


@pytest.mark.parametrize(("due", "counts"), DIGESTS)
def test_a_digest_holds_what_is_open_now_and_nothing_is_no_mail(office: Office, due: date | None, counts: str | None):
    office.asked(office.case(), due=due)

    assert office.compose() == ([("B", "ann")] if counts else [])
    assert [mail.subject for mail in office.mails] == ([f"Uw werk op ma 11 okt 2021: {counts}"] if counts else [])


def test_at_most_one_digest_a_day_and_the_rest_rides_tomorrow(office: Office):
    case = office.case()
    office.asked(case)
    assert office.compose("07:30") == [("B", "ann")]

    reminder = office.notice("E", case, created=at("11:00"))
    assert office.compose("11:30") == []
    assert office.state(reminder) == ("gepland", "")

    office.mails[0].state = "verzonden"
    assert office.compose("07:30", date(2021, 10, 12)) == [("B", "ann")]
    assert office.state(reminder) == ("samengevoegd", "")
    assert "herinnering" in office.mails[-1].text


def test_a_digest_that_never_went_out_makes_room_for_todays_and_nothing_in_it_is_lost(office: Office):
    case = office.case()
    office.asked(case, due=FAR)
    moved = office.notice("F", case, before="2021-11-12", after=str(FAR))
    assert office.compose() == [("B", "ann")]

    assert office.compose(day=date(2021, 10, 14)) == [("B", "ann")]

    old, new = office.mails
    assert (old.state, old.why) == ("vervallen", "opgevolgd door een later dagoverzicht")
    assert "van vr 12 nov naar vr 31 dec 2021" in new.text
    assert office.state(moved) == ("samengevoegd", "")


def test_a_goal_is_not_listed_beside_the_step_that_serves_it(office: Office):
    case = office.case()
    office.asked(case)
    office.asked(case, "norm", kind="goal")

    office.compose()

    assert office.mails[0].text.count("▲") == 1


def test_the_digest_counts_what_others_do_in_my_cases(office: Office):
    case = office.case()
    office.asked(case)
    office.asked(case, "improve", role=MEMBER, due=FAR)

    office.compose()

    assert "Wacht op anderen: 1." in office.mails[0].text


# --- people, as late as can be


def test_a_deputy_gets_it_namens(office: Office):
    office.person("bob")
    office.session.add(Absence(person_id="ann", since=MONDAY, until=MONDAY, deputy_id="bob"))
    case = office.case()
    office.asked(case)
    office.notice("C", case)

    assert office.compose() == [("B", "bob"), ("C", "bob")]
    assert all("namens Ann" in mail.text for mail in office.mails)


def test_a_taken_task_reminds_who_took_it_only(office: Office):
    office.person("bob", ADVISER)
    case = office.case()
    office.asked(case, assignee="bob", basis="wettelijk", due=FAR)
    office.notice("E", case)

    assert office.compose() == [("E", "bob")]


def test_one_mail_for_who_is_told_in_two_roles(office: Office):
    office.session.add(Assignment(person_id="dir", role=ADVISER))
    case = office.case()
    office.asked(case, due=date(2021, 10, 8), basis="wettelijk")
    notices = [office.notice("E", case, role) for role in (DIRECTOR, ADVISER)]

    office.compose()

    assert sorted(mail.person_id for mail in office.mails if mail.kind == "E") == ["ann", "dir"]
    assert {office.state(notice)[0] for notice in notices} <= {"klaar", "samengevoegd"}


def test_a_role_that_nobody_holds_is_an_incident_once_and_the_notice_waits(office: Office):
    case = office.case()
    office.asked(case, role="wzd-functionaris", due=FAR, basis="wettelijk")
    notice = office.notice("A", case, "wzd-functionaris")

    assert office.compose() == []
    assert office.compose("09:00") == []
    assert office.incidents == ["mail-role/wzd-functionaris/lid-014"]
    assert office.session.exec(select(Incident.count)).one() == 1
    assert office.state(notice) == ("gepland", "")

    office.person("wim", "wzd-functionaris")
    assert office.compose("10:00") == [("A", "wim")]
    assert office.incidents == []


@pytest.mark.parametrize("email", ["", "ann", "a@b.nl, c@d.nl", "a@b.nl\nBcc: c@d.nl", "ann@zörg.nl"])
def test_an_address_that_cannot_be_used_is_an_incident_and_the_notice_waits(office: Office, email: str):
    office.person("eve", "inkoper", email=email)
    case = office.case()
    office.asked(case, role="inkoper", due=FAR)
    notice = office.notice("C", case, "inkoper")

    assert office.compose() == []
    assert office.incidents == ["mail-address/eve"]
    assert office.state(notice) == ("gepland", "")


def test_a_letter_by_post_waits_for_the_office_to_print_it(office: Office):
    office.member("lid-022", channel="post", email="")
    case = office.case("lid-022")
    office.asked(case, role=MEMBER)
    notice = office.notice("A", case, MEMBER)

    office.compose()

    (mail,) = office.mails
    assert (mail.kind, mail.state, mail.address) == ("A", "aangehouden", "")
    assert "/t/" not in mail.text
    assert office.incidents == [f"print/{mail.id}"]
    assert office.state(notice) == ("klaar", "")


# --- what lapses, and what comes together

LAPSES = [
    pytest.param("A", None, "niet meer nodig: de taak is klaar of vervallen", id="a task that is done"),
    pytest.param("E", {"due": None}, "de termijn is opgeschort", id="a reminder of a suspended term"),
    pytest.param("D", {"due": FRIDAY}, "de termijn is verlengd", id="an escalation of an extended term"),
]


@pytest.mark.parametrize(("kind", "asked", "why"), LAPSES)
def test_what_no_longer_stands_is_not_told(office: Office, kind: str, asked: dict[str, Any] | None, why: str):
    case = office.case()
    if asked:
        office.asked(case, **asked)
    notice = office.notice(kind, case)

    office.compose("05:00")  # also outside the window: what is over is over

    assert office.state(notice) == ("vervallen", why)


def test_a_decision_that_was_taken_back_is_not_told(office: Office):
    case = office.case()
    notice = office.notice("G", case, MEMBER, outcome="Groen")
    office.session.add(Log(case_id=case, seq=1, at=at("06:30"), kind="take-back", key="act/3", hash=b"h"))

    assert office.compose() == []
    assert office.state(notice) == ("vervallen", "het besluit is teruggenomen")


def test_after_an_outage_a_member_gets_the_task_without_the_reminders_that_followed(office: Office):
    case = office.case()
    office.asked(case, role=MEMBER)
    task = office.notice("A", case, MEMBER, created=at("06:00", date(2021, 9, 1)))
    late = [office.notice("E", case, MEMBER, key=f"judge/1/remind/{n}", created=at("06:00")) for n in range(2)]

    assert office.compose() == [("A", "lid-014")]
    assert office.state(task)[0] == "klaar"
    assert [office.state(notice)[0] for notice in late] == ["samengevoegd", "samengevoegd"]


def test_moves_that_follow_each_other_are_told_as_one(office: Office):
    case = office.case()
    office.asked(case, role=MEMBER, due=FRIDAY)
    office.notice("F", case, MEMBER, key="a", before="2021-10-12", after="2021-10-14", created=at("05:00"))
    office.notice("F", case, MEMBER, key="b", before="2021-10-14", after=str(FRIDAY), created=at("06:00"))

    assert office.compose() == [("F", "lid-014")]
    assert "van di 12 okt naar vr 15 okt 2021" in office.mails[0].text


def test_what_was_overdue_at_the_take_over_comes_in_one_mail(office: Office):
    for _ in range(3):
        case = office.case()
        office.asked(case, due=date(2021, 10, 8), role=MEMBER)
        office.notice("D", case, DIRECTOR, summary=True)

    assert office.compose() == [("D", "dir")]
    assert office.mails[0].subject == "Termijnen verlopen: 3 termijnen uit lopend werk"


# --- when

WINDOW = [
    pytest.param("07:29", MONDAY, 0, id="before half past seven"),
    pytest.param("07:30", MONDAY, 1, id="at half past seven"),
    pytest.param("16:59", MONDAY, 1, id="just before five"),
    pytest.param("17:00", MONDAY, 0, id="at five"),
    pytest.param("10:00", date(2021, 10, 9), 0, id="on saturday"),
    pytest.param("10:00", date(2022, 4, 27), 0, id="on a holiday"),
    pytest.param("10:00", date(2022, 5, 5), 1, id="on 5 May, when the office is open"),
]


@pytest.mark.parametrize(("clock", "day", "sent"), WINDOW)
def test_mail_goes_out_in_office_hours(office: Office, clock: str, day: date, sent: int):
    case = office.case()
    office.asked(case, role=MEMBER)
    office.notice("A", case, MEMBER, created=at("06:00", date(2021, 10, 1)))

    assert len(office.compose(clock, day)) == sent


PASSES = [
    pytest.param("2021-10-12T11:29+02:00", True, 1, id="less than four working hours left tomorrow"),
    pytest.param("2021-10-12T11:30+02:00", True, 0, id="four working hours left tomorrow"),
    pytest.param("2021-10-12T06:00+02:00", True, 1, id="late before the window opens"),
    pytest.param("2021-10-11T17:00+02:00", True, 0, id="late already"),
    pytest.param("2021-10-12T11:00+02:00", False, 0, id="not fatal"),
]


@pytest.mark.parametrize(("late", "fatal", "sent"), PASSES)
def test_only_fatal_mail_that_would_come_too_late_passes_the_window(office: Office, late: str, fatal: bool, sent: int):
    case = office.case()
    office.asked(case, role=MEMBER, late=late, fatal=fatal)
    office.notice("E", case, MEMBER, fatal=fatal)

    assert len(office.compose("18:00")) == sent


def test_a_notice_waits_for_its_moment(office: Office):
    case = office.case()
    office.asked(case, due=date(2021, 10, 8))
    office.notice("D", case, DIRECTOR, created=at("00:00", date(2021, 10, 12)))

    assert office.compose() == [("B", "ann")]
    assert office.compose(day=date(2021, 10, 12)) == [("B", "ann"), ("D", "dir")]


# --- too much at once


def fill(office: Office, number: int, **said: Any) -> None:
    for n in range(number):
        ref = f"lid-{n + 100}"
        office.member(ref)
        case = office.case(ref)
        office.asked(case, role=MEMBER, fatal=said.get("fatal", False))
        office.notice("A", case, MEMBER, **said)


def test_a_storm_is_held_above_the_limit_and_told_once(office: Office):
    office.person("bea", "beheerder")
    fill(office, 3)
    case = office.case("lid-100")
    for n in range(60):  # 7 people with a role: the limit is 50
        office.notice("G", case, MEMBER, key=f"k{n}", outcome="Groen")

    office.compose()

    held = [mail for mail in office.mails if mail.state == "aangehouden"]
    assert len(held) == 13
    assert {mail.why for mail in held} == {"te veel berichten in één ronde"}
    assert [mail.person_id for mail in office.mails if mail.kind == "alarm"] == ["bea"]
    assert office.incidents == ["storm"]

    for mail in held:
        mail.state = "klaar"  # somebody let it go
    office.compose("08:05")
    assert office.incidents == []


def test_what_a_person_let_go_leaves_room_for_what_comes_next(office: Office):
    case = office.case()

    def compose(clock: str, number: int) -> list[Mail]:
        """So many mails more; gives those that are held."""
        for n in range(number):
            office.notice("G", case, MEMBER, key=f"{clock}/{n}", outcome="Groen")
        office.compose(clock)
        return [mail for mail in office.mails if mail.state == "aangehouden"]

    assert compose("08:00", 30) == []
    held = compose("08:55", 100)
    for mail in held:
        settle(office.session, mail.id or 0, "release", by="bea", reason="Ze mogen alle gaan", now=at("09:00"))

    assert len(held) == 80  # of the 50 of an hour
    assert compose("09:05", 5) == []
    assert len(compose("09:06", 50)) == 25


@pytest.mark.parametrize("said", [{"fatal": True}, {"released": True}], ids=["fatal", "previewed"])
def test_fatal_mail_and_a_previewed_bulk_act_are_never_held(office: Office, said: dict[str, Any]):
    case = office.case()
    office.asked(case, role=MEMBER)
    for n in range(60):
        office.notice("G", case, MEMBER, key=f"k{n}", outcome="Groen", **said)

    office.compose()

    assert {mail.state for mail in office.mails} == {"klaar"}
    assert office.incidents == (["storm"] if "fatal" in said else [])


def test_an_incident_that_stays_open_is_told_each_office_day_until_it_is_mended(office: Office):
    office.person("bea", "beheerder")
    stands = raise_incident(office.session, "case", "case/ORA-2021-001", cause="C.", mend="M.", now=at("08:00"))

    def told(hour: str, day: date = MONDAY) -> list[tuple[str, str]]:
        return [mail for mail in office.compose(hour, day) if mail != ("seal", "bea")]

    assert told("09:00") == []  # not yet a day
    tuesday, friday, saturday = (MONDAY + timedelta(days=n) for n in (1, 4, 5))
    assert told("09:00", tuesday) == [("alarm", "bea")]
    assert told("15:00", tuesday) == []
    assert told("09:00", friday) == [("alarm", "bea")]
    assert told("09:00", saturday) == []
    passed(office.session, [stands.key or ""], by="beheer", now=at("10:00", friday))
    assert told("09:00", MONDAY + timedelta(days=7)) == []


def test_administrators_get_the_head_of_the_installation_chain_each_office_day(office: Office):
    office.person("bea", "beheerder")
    office.notice("G", office.case(), MEMBER, outcome="Groen")

    assert ("seal", "bea") in office.compose("09:00")
    assert office.compose("15:00") == []
    assert office.compose("09:00", MONDAY + timedelta(days=5)) == []  # a Saturday

    sealed = {seal.hash.hex() for seal in office.session.exec(select(Seal))}
    letter = next(mail for mail in office.mails if mail.kind == "seal")
    assert {line for line in letter.text.replace(" ", "\n").splitlines() if len(line) == 64} <= sealed


def test_a_trial_sends_no_head_and_seals_all_the_same(office: Office):
    office.session.exec(select(Installation)).one().mode = "trial"
    office.person("bea", "beheerder")

    assert office.compose("09:00") == []
    assert "case" in office.session.exec(select(Seal.kind)).all()


def test_a_definition_that_cannot_be_read_keeps_nobody_from_the_digest(office: Office):
    unread = Definition(procedure="later", revision=1, language=99, snapshot="{}", sha256="x", published_at=at("06:00"))
    office.session.add(unread)
    office.asked(office.case(), due=FRIDAY)

    assert ("B", "ann") in office.compose()


# --- identity


def test_a_replay_after_a_restore_gives_the_same_message_id(office: Office):
    case = office.case()
    office.asked(case, role=MEMBER)
    notice = office.notice("A", case, MEMBER)
    office.compose()
    first = message_id("0f8d", office.mails[0].key)
    for table in (MailNotice, Mail):
        office.session.exec(delete(table))
    notice.state = "gepland"
    office.session.flush()

    office.compose()

    assert [message_id("0f8d", mail.key) for mail in office.mails] == [first]


def test_composing_twice_adds_nothing(office: Office):
    case = office.case()
    office.asked(case)
    office.notice("C", case)

    assert len(office.compose()) == 2
    assert office.compose("08:01") == []
