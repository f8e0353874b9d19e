"""How colleagues get in: passwords, visits, and looking around in a trial."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlmodel import select

from models.access import Attempt, Password, Visit
from models.operation import Event, Installation
from models.session import Store
from tests.service.office import Office
from tijdig.engine.errors import Busy, Refused
from tijdig.service import access

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
GOOD = "een haas in het hoge gras"


@pytest.fixture
def house(office: Office) -> Store:
    with office.store.write() as session:
        access.choose_password(session, "adviser1", GOOD, by="root", wall=NOW)
    return office.store


EASY = [
    pytest.param("adviser1", "te kort", "te kort", id="too short"),
    pytest.param("adviser1", "aaaaaaaaaaaaaaaa", "te raden", id="hardly any different characters"),
    pytest.param("adviser1", "ik ben Adviser1 en ik werk", "te raden", id="holds their own name"),
    pytest.param("lid-001", GOOD, "geen collega", id="a member has a link"),
    pytest.param("niemand", GOOD, "geen collega", id="nobody"),
]


@pytest.mark.parametrize(("person", "password", "why"), EASY)
def test_a_password_that_will_not_do_is_refused(house: Store, person: str, password: str, why: str) -> None:
    with house.write() as session, pytest.raises(Refused, match=why):
        access.choose_password(session, person, password, by="root", wall=NOW)


def test_who_gives_the_right_password_is_in_and_it_is_written_down(house: Store) -> None:
    token = access.sign_in(house, " adviser1 ", GOOD, wall=NOW)

    assert access.visitor(house, token, wall=NOW) == "adviser1"
    with house.read() as session:
        assert session.exec(select(Event.actor).where(Event.kind == "sign_in")).all() == ["adviser1"]


def test_a_wrong_password_and_an_unknown_name_are_refused_in_the_same_words(house: Store) -> None:
    said = set()
    for name, password in (("adviser1", "iets anders dan dat"), ("niemand", GOOD), ("director1", GOOD), ("", "")):
        with pytest.raises(Refused) as refused:
            access.sign_in(house, name, password, wall=NOW)
        said.add((str(refused.value), refused.value.code))

    assert len(said) == 1


def test_ten_mistakes_close_the_door_for_a_quarter_of_an_hour_to_the_right_password_too(house: Store) -> None:
    for _ in range(access.MOST_FAILURES):
        with pytest.raises(Refused, match="horen niet bij elkaar"):
            access.sign_in(house, "adviser1", "iets anders dan dat", wall=NOW)

    with pytest.raises(Refused, match="te vaak"):
        access.sign_in(house, "adviser1", GOOD, wall=NOW + access.WITHIN - timedelta(seconds=1))
    assert access.sign_in(house, "adviser1", GOOD, wall=NOW + access.WITHIN)


def test_the_tenth_mistake_is_written_down_once_and_of_a_name_that_is_nobodys_never(house: Store) -> None:
    for name in ("adviser1", "niemand"):
        for _ in range(access.MOST_FAILURES + 2):
            with pytest.raises(Refused):
                access.sign_in(house, name, "iets anders dan dat", wall=NOW)

    with house.read() as session:
        assert session.exec(select(Event.actor).where(Event.kind == "guessed")).all() == ["adviser1"]


def test_visits_that_are_over_are_thrown_away_when_another_begins(house: Store) -> None:
    access.sign_in(house, "adviser1", GOOD, wall=NOW)
    access.sign_in(house, "adviser1", GOOD, wall=NOW + access.RESTS + timedelta(seconds=1))

    with house.read() as session:
        assert len(session.exec(select(Visit)).all()) == 1


def test_a_password_is_hashed_anew_when_the_house_weighs_heavier(house: Store) -> None:
    with house.write() as session:
        session.get_one(Password, "adviser1").hash = PasswordHasher(time_cost=1, memory_cost=1024).hash(GOOD)

    access.sign_in(house, "adviser1", GOOD, wall=NOW)

    with house.read() as session:
        assert not PasswordHasher().check_needs_rehash(session.get_one(Password, "adviser1").hash)
    assert access.sign_in(house, "adviser1", GOOD, wall=NOW)


def test_a_new_password_opens_the_door_at_once(house: Store) -> None:
    for _ in range(access.MOST_FAILURES):
        with pytest.raises(Refused, match="horen niet bij elkaar"):
            access.sign_in(house, "adviser1", "iets anders dan dat", wall=NOW)

    with house.write() as session:
        access.choose_password(session, "adviser1", f"{GOOD} dan", by="root", wall=NOW)

    assert access.sign_in(house, "adviser1", f"{GOOD} dan", wall=NOW)


def test_what_a_stranger_types_is_kept_no_longer_than_it_counts_and_only_if_it_can_be_a_name(house: Store) -> None:
    for name, wall in (("niemand", NOW), ("x" * (access.LONGEST_NAME + 1), NOW), ("ook niemand", NOW + access.WITHIN)):
        with pytest.raises(Refused, match="horen niet bij elkaar"):
            access.sign_in(house, name, "iets anders dan dat", wall=wall)

    with house.read() as session:
        assert session.exec(select(Attempt.name)).all() == ["ook niemand"]


def test_no_more_passwords_are_weighed_at_once_than_memory_is_kept_for(house: Store) -> None:
    with ExitStack() as others:
        for _ in range(access.AT_ONCE):
            others.enter_context(access.weighing())
        with pytest.raises(Busy):
            access.sign_in(house, "adviser1", GOOD, wall=NOW)

    assert access.sign_in(house, "adviser1", GOOD, wall=NOW)


OVER = [
    pytest.param([timedelta(hours=11)] * 5, True, id="looked each half day"),
    pytest.param([timedelta(hours=12)], False, id="did not look for half a day"),
    pytest.param([timedelta(hours=11)] * 66, False, id="began over thirty days ago"),
]


@pytest.mark.parametrize(("looks", "is_in"), OVER)
def test_a_visit_ends_by_itself(house: Store, looks: list[timedelta], is_in: bool) -> None:
    token, wall, found = access.sign_in(house, "adviser1", GOOD, wall=NOW), NOW, ""

    for after in looks:
        wall += after
        found = access.visitor(house, token, wall=wall)

    assert found == ("adviser1" if is_in else "")


def test_signing_out_ends_the_visit_wherever_its_token_went(house: Store) -> None:
    token, other = (access.sign_in(house, "adviser1", GOOD, wall=NOW) for _ in range(2))

    with house.write() as session:
        access.sign_out(session, token, wall=NOW)

    assert access.visitor(house, token, wall=NOW) == ""
    assert access.visitor(house, other, wall=NOW) == "adviser1"


def test_a_new_password_ends_all_visits_that_an_old_one_began(house: Store) -> None:
    token = access.sign_in(house, "adviser1", GOOD, wall=NOW)

    with house.write() as session:
        access.choose_password(session, "adviser1", f"{GOOD} en klaver", by="root", wall=NOW)

    assert access.visitor(house, token, wall=NOW) == ""
    with pytest.raises(Refused):
        access.sign_in(house, "adviser1", GOOD, wall=NOW)


def test_no_password_stands_anywhere_as_it_was_given(house: Store) -> None:
    token = access.sign_in(house, "adviser1", GOOD, wall=NOW)

    with house.read() as session:
        stored = session.connection().exec_driver_sql("select hash from password").scalar_one()
        visits = session.connection().exec_driver_sql("select token_sha256 from visit").scalars().all()
    assert stored.startswith("$argon2id$")
    assert token not in visits


@pytest.mark.parametrize(("mode", "person", "is_in"), [
    ("trial", "director1", True), ("trial", "lid-001", False), ("live", "director1", False),
])  # fmt: skip
def test_one_looks_as_somebody_in_a_trial_only(office: Office, mode: str, person: str, is_in: bool) -> None:
    with office.store.write() as session:
        session.get_one(Installation, 1).mode = mode
        if is_in:
            assert access.look_as(session, person, wall=NOW)
            return
        with pytest.raises(Refused):
            access.look_as(session, person, wall=NOW)
