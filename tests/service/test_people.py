"""Who holds a role, who stands in, and as whom somebody may act (design: People and roles; law 8)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from models.operation import Installation
from models.organisation import Absence, Address, Assignment, Person, Subject
from models.session import Store
from tijdig.engine.errors import Refused
from tijdig.service.people import Directory, Need, Recipient, Right

DAY = date(2021, 10, 11)
ADVISER, MEMBER = "kwaliteitsadviseur", "lid"


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    with store.write() as session:
        session.add(Installation(uuid="u", mode="live", created_at=datetime(2021, 1, 1, tzinfo=UTC)))
        session.add_all(Person(id=p, name=p.title()) for p in ("ann", "bob", "cor", "dee"))
        session.add(Person(id="lid-014", name="Lid 014", digest=False))
        session.add_all([Subject(ref="lid-014", region="noord"), Subject(ref="lid-031", region="zuid")])
        session.flush()  # an assignment refers to these
        yield session


def adviser(person: str, scope: str = "all", value: str = "", **period: date) -> Assignment:
    return Assignment(person_id=person, role=ADVISER, scope=scope, scope_value=value, **period)


def away(person: str, deputy: str | None, since: date = DAY, until: date = DAY) -> Absence:
    return Absence(person_id=person, since=since, until=until, deputy_id=deputy)


def told(session: Session, role: str = ADVISER, subject: str = "lid-014", case: str = "ORA-2021-007", **more: str):
    return Directory.load(session).recipients(role, subject=subject, case=case, on=DAY, **more)


NARROW = [
    pytest.param([adviser("ann")], ("ann",), id="who holds it everywhere"),
    pytest.param([adviser("ann"), adviser("bob", "region", "noord")], ("bob",), id="a region beats everywhere"),
    pytest.param([adviser("ann"), adviser("bob", "region", "zuid")], ("ann",), id="another region does not count"),
    pytest.param(
        [adviser("bob", "region", "noord"), adviser("cor", "subject", "lid-014")],
        ("cor",),
        id="a member beats its region",
    ),
    pytest.param(
        [adviser("cor", "subject", "lid-014"), adviser("dee", "case", "ORA-2021-007")], ("dee",), id="a case beats all"
    ),
    pytest.param([adviser("bob"), adviser("ann")], ("ann", "bob"), id="holders of one level share the work"),
    pytest.param([adviser("ann", since=date(2021, 10, 12))], (), id="from tomorrow is not today"),
    pytest.param([adviser("ann", until=DAY)], ("ann",), id="until today is today too"),
    pytest.param([adviser("ann", "region", "")], (), id="a region without a name covers nobody"),
    pytest.param([], (), id="nobody"),
]


@pytest.mark.parametrize(("held", "holders"), NARROW)
def test_the_narrowest_scope_that_has_anybody_wins(session: Session, held: list[Assignment], holders: tuple[str]):
    session.add_all(held)

    directory = Directory.load(session)

    assert directory.holders(ADVISER, subject="lid-014", case="ORA-2021-007", on=DAY) == holders


ABSENT = [
    pytest.param([], (Recipient("ann"), Recipient("bob")), id="all there"),
    pytest.param([away("ann", "cor")], (Recipient("bob"), Recipient("cor", "ann")), id="the deputy acts namens"),
    pytest.param([away("ann", "bob")], (Recipient("bob"),), id="a holder who stands in is told once, as holder"),
    pytest.param([away("ann", None)], (Recipient("bob"),), id="without a deputy the others share the work"),
    pytest.param([away("ann", "cor"), away("cor", "dee")], (Recipient("bob"),), id="one hop: a deputy has no deputy"),
    pytest.param([away("ann", None), away("bob", None)], (), id="all away"),
    pytest.param([away("ann", "cor", until=date(2021, 10, 10), since=date(2021, 10, 1))],
                 (Recipient("ann"), Recipient("bob")), id="back since yesterday"),
]  # fmt: skip


@pytest.mark.parametrize(("absences", "recipients"), ABSENT)
def test_who_is_away_is_replaced_by_the_deputy(
    session: Session, absences: list[Absence], recipients: tuple[Recipient, ...]
):
    session.add_all([adviser("ann"), adviser("bob"), *absences])

    assert told(session) == recipients


def test_a_taken_task_speaks_to_who_took_it_or_to_the_deputy(session: Session):
    session.add_all([adviser("ann"), adviser("bob")])
    assert told(session, assignee="ann") == (Recipient("ann"),)

    session.add(away("ann", "cor"))
    assert told(session, assignee="ann") == (Recipient("cor", "ann"),)


def test_a_taken_task_of_who_is_away_without_deputy_falls_back_to_the_role(session: Session):
    session.add_all([adviser("ann"), adviser("bob"), away("ann", None)])

    assert told(session, assignee="ann") == (Recipient("bob"),)


def test_a_member_holds_its_role_for_itself_only(session: Session):
    assert told(session, MEMBER) == (Recipient("lid-014"),)
    assert told(session, MEMBER, subject="lid-031") == ()


def test_a_colleague_is_no_member_of_itself(session: Session):
    session.add(Subject(ref="ann"))

    assert told(session, MEMBER, subject="ann") == ()


def test_who_holds_a_role_over_a_subject_by_name_shares_it_with_the_member_itself(session: Session):
    session.add(Person(id="family", name="Familie", digest=False))
    session.flush()
    session.add(Assignment(person_id="family", role=MEMBER, scope="subject", scope_value="lid-014"))

    assert told(session, MEMBER) == (Recipient("family"), Recipient("lid-014"))


def test_a_role_that_nobody_is_there_for_on_a_day_is_a_gap(session: Session):
    session.add_all([adviser("ann", until=date(2021, 12, 22)), away("ann", None, date(2021, 11, 1), date(2021, 11, 5))])
    days = [date(2021, 10, 29), date(2021, 11, 3), date(2021, 12, 22), date(2021, 12, 23)]
    needs = [Need(ADVISER, "lid-014", "ORA-2021-007", day) for day in days]

    assert [gap.day for gap in Directory.load(session).gaps(needs)] == [date(2021, 11, 3), date(2021, 12, 23)]


MAY = [
    pytest.param("ann", "", Right("ann", ADVISER), id="a holder, in the own right"),
    pytest.param("cor", "", Right("cor", ADVISER, "bob"), id="a deputy, namens the holder who is away"),
    pytest.param("cor", "bob", Right("cor", ADVISER, "bob"), id="a deputy who says for whom"),
    pytest.param("bob", "", Right("bob", ADVISER), id="a holder who is away and acts all the same"),
]
MAY_NOT = [
    pytest.param("dee", "", id="somebody else"),
    pytest.param("cor", "ann", id="namens somebody who is there"),
    pytest.param("ann", "dee", id="namens somebody who has no right either"),
    pytest.param("zed", "", id="unknown"),
]


@pytest.fixture
def staffed(session: Session) -> Session:
    session.add_all([adviser("ann"), adviser("bob"), away("bob", "cor")])
    return session


@pytest.mark.parametrize(("person", "behalf", "right"), MAY)
def test_who_may_act(staffed: Session, person: str, behalf: str, right: Right):
    directory = Directory.load(staffed)

    assert directory.may_act(person, [ADVISER], subject="lid-014", case="C", on=DAY, behalf=behalf) == right


@pytest.mark.parametrize(("person", "behalf"), MAY_NOT)
def test_who_may_not_act(staffed: Session, person: str, behalf: str):
    with pytest.raises(Refused):
        Directory.load(staffed).may_act(person, [ADVISER], subject="lid-014", case="C", on=DAY, behalf=behalf)


def test_a_refusal_says_whose_right_it_is(staffed: Session):
    with pytest.raises(Refused, match=r"^U mag dit niet afronden\. De rol kwaliteitsadviseur \(ann, bob\) wel\.$"):
        Directory.load(staffed).may_act("dee", [ADVISER], subject="lid-014", case="C", on=DAY)


def test_the_office_may_enter_for_a_member_but_not_for_a_colleague(staffed: Session):
    directory = Directory.load(staffed)
    at = {"subject": "lid-014", "case": "C", "on": DAY, "enters": [ADVISER]}

    assert directory.may_act("ann", [MEMBER], behalf="lid-014", **at) == Right("ann", MEMBER, "lid-014")
    with pytest.raises(Refused):
        directory.may_act("ann", [MEMBER], **at)  # not without saying for whom
    with pytest.raises(Refused):
        directory.may_act("ann", [ADVISER], behalf="cor", **at)


@pytest.mark.parametrize(("mode", "allowed"), [("trial", True), ("live", False)])
def test_beheer_may_do_everything_in_a_trial_only(session: Session, mode: str, allowed: bool):
    session.get_one(Installation, 1).mode = mode
    directory = Directory.load(session)

    if allowed:
        right = directory.may_act("beheer", [MEMBER], subject="lid-014", case="C", on=DAY, behalf="lid-014")
        assert right == Right("beheer", MEMBER, "lid-014")
    else:
        with pytest.raises(Refused):
            directory.may_act("beheer", [MEMBER], subject="lid-014", case="C", on=DAY)


def test_an_address_counts_from_its_day(session: Session):
    session.add(Address(person_id="ann", since=date(2021, 1, 1), email="ann@zorg.example"))
    session.add(Address(person_id="ann", since=date(2021, 10, 12), email="ann@nieuw.example"))
    directory = Directory.load(session)

    assert directory.address("ann", DAY) == "ann@zorg.example"
    assert directory.address("ann", date(2021, 10, 12)) == "ann@nieuw.example"
    assert directory.address("bob", DAY) == ""


def test_roles_and_stand_ins_of_a_person(staffed: Session):
    directory = Directory.load(staffed)

    assert directory.roles_of("ann", DAY) == (ADVISER,)
    assert directory.stands_in_for("cor", DAY) == ("bob",)
    assert directory.held_roles(DAY) == {ADVISER, MEMBER, "zorgaanbieder"}
    assert directory.active(DAY) == 3  # ann, bob and the member
