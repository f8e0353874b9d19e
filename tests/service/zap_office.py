"""An office that judges plans: the office of tests, with the people, procedures and settings that ZAP approval asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from flows.zap_approval import ZAP_APPROVAL, ZAP_ARRANGEMENT
from models.organisation import Address, Assignment, Person
from models.session import Store
from tests.databases import Databases
from tests.service.office import Office, found

MORE = {"wlz1": "wlz-team", "behaviour1": "gedragskundige"}
TERMS = {
    "zap_wlz_opinion_term": "10 werkdagen", "zap_quality_opinion_term": "15 werkdagen",
    "vg7_advice_term": "3 weken", "zap_decide_term": "5 werkdagen", "zap_repair_term": "4 weken",
}  # fmt: skip
PLAN = {"zap": "@zap.pdf", "sector": "ghz_ggz", "care": "care_24h", "vg7": "nee"}


@pytest.fixture(scope="session")
def unset(shared_databases: Databases) -> str:
    """The address of an office with all roles, in which nobody chose a term yet."""
    address = shared_databases.new()
    store = found(address, (ZAP_APPROVAL, ZAP_ARRANGEMENT))
    with store.write() as session:
        session.add_all(Person(id=person, name=person.title()) for person in MORE)
        session.flush()
        for person, role in MORE.items():
            session.add(Assignment(person_id=person, role=role))
            session.add(Address(person_id=person, since=date(2020, 1, 1), email=f"{person}@zorg.example"))
    store.close()
    return address


@pytest.fixture(scope="session")
def settled(shared_databases: Databases, unset: str) -> str:
    """The same, in which the house has chosen its terms (X-16); validity is left unset."""
    address = shared_databases.copy(unset)
    office = Office(Store.at(address))
    for setting, value in TERMS.items():
        office.choose(setting, value)
    office.store.close()
    return address


@pytest.fixture
def office(databases: Databases, settled: str) -> Iterator[Office]:
    store = Store.at(databases.copy(settled))
    yield Office(store)
    store.close()


def approve(
    office: Office, member: str = "lid-001", *, by: str = "adviser1", replaces: str = "nee", **plan: str
) -> None:
    """A plan that is filed, judged and approved, all on the office's present day."""
    case = f"zap-approval/{member}"
    office.open("zap-approval", member)
    office.decide(case, "file", "filed", member, **{**PLAN, **plan})
    office.decide(case, "wlz_opinion", "positive", "wlz1")
    office.decide(case, "quality_opinion", "positive", "quality1")
    if plan.get("vg7") == "ja":
        office.decide(case, "vg7_advice", "positive", "behaviour1")
    office.decide(case, "decide", "approved", by, replaces=replaces)
