"""Who somebody is here, of whom the identity provider says who they are there, and what its groups open for them.

Groups give access, never assignments: which role somebody has, and over what, is decided here (decision 13).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sqlmodel import Session

from models.operation import Event
from models.session import Store
from tijdig.engine.calendar import local_day
from tijdig.engine.errors import Refused
from tijdig.engine.snapshot import canonical
from tijdig.service.access import PROVIDED, begin
from tijdig.service.clock import set_clock
from tijdig.service.oidc import Claims
from tijdig.service.people import Directory
from tijdig.settings import Access, IdentityProvider

UNNAMED, UNVERIFIED, NOT_KNOWN, NO_ACCESS = "UNNAMED", "UNVERIFIED", "NOT_KNOWN", "NO_ACCESS"
LONGEST = 200
"""Characters of a claim that somebody is known by."""


def enter(store: Store, provider: IdentityProvider, claims: Claims, *, wall: datetime) -> str:
    """Begin the visit of whom these claims are about; gives its token.

    Raises Refused, with a code of its own for each reason; that it was refused is written down.
    """
    person = ""
    try:
        with store.write() as session:
            people, today = Directory.load(session), local_day(set_clock(session, None, wall=wall))
            person = _known_as(people, provider, claims, today)
            access = _access(provider, claims)
            return begin(session, person, how=PROVIDED, wall=wall, administers=access == "beheer")
    except Refused as refusal:
        with store.write() as session:
            _note(session, person, refusal, wall)
        raise


def without_a_way_in(people: Directory, provider: IdentityProvider, on: date) -> tuple[list[str], list[str]]:
    """The colleagues who cannot sign in by their mail address: who has none, and who has one with another."""
    if provider.claim != "email":
        return [], []
    addresses = {each.person: _folded(people.address(each.person, on)) for each in people.colleagues(on)}
    shared = list(addresses.values())
    none = [person for person, address in addresses.items() if not address]
    return none, [person for person, address in addresses.items() if address and shared.count(address) > 1]


def _known_as(people: Directory, provider: IdentityProvider, claims: Claims, on: date) -> str:
    """The colleague here. An address counts only when the provider looked whether it is theirs."""
    value = claims.get(provider.claim)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise Refused(
            f"Uw aanmelddienst geeft het gegeven '{provider.claim}' niet mee, en daaraan herkent Tijdig u. "
            "Vraag wie de aanmelddienst beheert om dat mee te geven.", code=UNNAMED,
        )  # fmt: skip
    if provider.claim == "email" and claims.get("email_verified") is not True:
        raise Refused(
            f"Uw aanmelddienst zegt niet dat het adres {value} van u is (email_verified). "
            "Bevestig het daar, of vraag het aan wie de aanmelddienst beheert.", code=UNVERIFIED,
        )  # fmt: skip
    found = list(_colleagues(people, provider, value.strip(), on))
    if len(found) > 1:
        raise Refused(
            f"Meer dan een collega heeft hier het adres {value}. Vraag de beheerder om ieder een eigen adres te geven.",
            code=NOT_KNOWN,
        )
    if not found:
        raise Refused(
            f"Tijdig kent geen collega met '{value}'. Vraag de beheerder om u zo in te voeren bij Personen.",
            code=NOT_KNOWN,
        )
    return found[0]


def _colleagues(people: Directory, provider: IdentityProvider, value: str, on: date) -> Iterator[str]:
    if provider.claim != "email":
        yield from [value] if people.has_digest(value) else []
        return
    for each in people.colleagues(on):
        if _folded(people.address(each.person, on)) == _folded(value):
            yield each.person


def _folded(address: str) -> str:
    """In small letters; but with others than ASCII as it is: a Kelvin sign in small is a k, and may be another's."""
    return address.lower() if address.isascii() else address


def _access(provider: IdentityProvider, claims: Claims) -> Access:
    """The widest of what somebody's groups open. A single group may stand there without a list."""
    said = claims.get(provider.groups_claim, [])
    groups = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    opened = {provider.groups[group] for group in groups if isinstance(group, str) and group in provider.groups}
    if not opened:
        raise Refused(
            "U bent bekend, maar geen van uw groepen bij de aanmelddienst geeft toegang tot Tijdig. "
            "Vraag wie die groepen beheert om u toe te voegen.", code=NO_ACCESS,
        )  # fmt: skip
    return "beheer" if "beheer" in opened else "werklijst"


def _note(session: Session, person: str, refusal: Refused, wall: datetime) -> None:
    """Without what the provider said: who is no colleague here is nobody of whom we keep an address."""
    detail = canonical({"code": refusal.code, "how": PROVIDED, "via": "web"})
    session.add(Event(at=wall, kind="denied", actor=person, detail=detail))
