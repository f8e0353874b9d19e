"""The house of the soak: so many members in two regions, a handful of colleagues, and nothing that happened yet."""

from __future__ import annotations

from datetime import date
from random import Random

from models.operation import Installation
from models.organisation import Address, Assignment, Person, Subject
from tests.service.office import MEMBERS, Office, found

SINCE = date(2020, 1, 1)
REGION = "noord"
COLLEAGUES = {"adviser3": "kwaliteitsadviseur", "director2": "directeur", "boss1": "beheerder"}
"""Beside those of every test office; the third adviser has the members of one region."""


def name(number: int) -> str:
    """The reference of a member, by its number from 0."""
    return f"lid-{number + 1:03d}"


def found_house(address: str, members: int, chance: Random) -> None:
    """An installation for trial time at this address. Some members get letters, some have no address."""
    store = found(address)
    Office(store).choose("red_decider", "directeur")
    fresh = [name(number) for number in range(len(MEMBERS), members)]
    with store.write() as session:
        session.get_one(Installation, 1).mode = "trial"
        session.add_all(Person(id=person, name=person.title()) for person in COLLEAGUES)
        for member in fresh:
            channel = "post" if chance.random() < 0.03 else "mail"
            session.add(Person(id=member, name=member.title(), digest=False, channel=channel))
            session.add(Subject(ref=member, region=REGION if chance.random() < 0.2 else ""))
        session.flush()  # the tables below refer to these
        for person, role in COLLEAGUES.items():
            scope = ("region", REGION) if person == "adviser3" else ("all", "")
            session.add(Assignment(person_id=person, role=role, scope=scope[0], scope_value=scope[1]))
        for person in (*COLLEAGUES, *(member for member in fresh if chance.random() < 0.97)):
            session.add(Address(person_id=person, since=SINCE, email=f"{person}@zorg.example"))
    store.close()
