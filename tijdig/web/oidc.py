"""Signing in by the identity provider of the organisation: going there, coming back, and signing out there too.

What binds the way back to the browser that went is a key in a cookie of a few minutes, sealed here. State, nonce and
verifier derive from that key with the installation's secret: nothing is kept here, and the cookie tells none of them.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import compare_digest, token_urlsafe
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tijdig.engine.errors import Busy, Refused
from tijdig.service.identity import NO_ACCESS, NOT_KNOWN, UNNAMED, UNVERIFIED, enter
from tijdig.service.oidc import DOWN, NOT_VERIFIED, Proof, Provider
from tijdig.web.house import House, Instead, TheHouse
from tijdig.web.visit import SIGN_IN, local_path, name_of, welcome

router = APIRouter(default_response_class=HTMLResponse)

THERE, BACK, LEFT = f"{SIGN_IN}/organisatie", f"{SIGN_IN}/terug", "/afgemeld"
COOKIE = "tijdig_aanmelding"
TAKES = timedelta(minutes=15)
"""So long somebody may take to sign in there."""

EXPIRED, DENIED = "EXPIRED", "DENIED"
LAPSED = "Het aanmelden duurde te lang, was al gedaan, of begon in een andere browser. Begin opnieuw."
NOT_LET_IN = "Uw aanmelddienst liet u niet door, of u brak het aanmelden af. Probeer het opnieuw."
HEADINGS = {
    DOWN: "Aanmelden kan nu even niet", NOT_VERIFIED: "Uw aanmelding klopt niet",
    EXPIRED: "Begin opnieuw met aanmelden", DENIED: "U bent niet aangemeld",
    UNNAMED: "Tijdig weet niet wie u bent", UNVERIFIED: "Uw adres is niet bevestigd",
    NOT_KNOWN: "Tijdig kent u niet", NO_ACCESS: "U hebt geen toegang",
}  # fmt: skip
ANOTHER = f"{THERE}?ander=ja"
"""For who is in at the provider as somebody whom we do not let in."""
STATUS = {DOWN: 503, EXPIRED: 400, NOT_VERIFIED: 400}


def provider_of(house: TheHouse) -> Provider:
    """The identity provider (a dependency); without one there are no such pages."""
    if house.provider is None:
        raise Instead("not_found", 404)
    return house.provider


TheProvider = Annotated[Provider, Depends(provider_of)]


@dataclass(frozen=True, slots=True)
class Going:
    """Somebody on the way to the provider: with which proof, since when, and where they want to come out."""

    proof: Proof
    since: datetime
    to: str


@router.get(THERE)
def go(house: TheHouse, provider: TheProvider, naar: str = "/", ander: str = "") -> Response:
    """To the sign-in page of the provider, with `ander` also for who is in there already.

    Nothing is kept here: the browser carries what it will have to show.
    """
    key, wall = token_urlsafe(32), house.wall()
    try:
        door = provider.door(_proof(house, key), wall=wall, anew=bool(ander))
    except Refused as refusal:
        return _refused(house, refusal)
    response = RedirectResponse(door, 303)
    _keep(response, house, _sealer(house).dumps([key, int(wall.timestamp()), local_path(naar)]))
    return response


@router.get(BACK)
def come_back(
    request: Request, house: TheHouse, provider: TheProvider, code: str = "", state: str = "", iss: str = "",
    error: str = "",
) -> Response:  # fmt: skip
    """Back from the provider, with a code that counts once. Only the browser that went gets in."""
    try:
        going = _going(house, request.cookies.get(name_of(house, COOKIE), ""), state)
    except Refused as refusal:
        return _refused(house, refusal)  # a made-up answer does not take away the way back of the true one
    try:
        if error or not code:
            raise Refused(NOT_LET_IN, code=DENIED)
        claims = provider.claims(code, going.proof, issuer=iss, wall=house.wall())
        token = enter(house.store, provider.known, claims, wall=house.wall())
    except Refused as refusal:
        return _forgotten(_refused(house, refusal), house)
    return _forgotten(welcome(RedirectResponse(going.to, 303), house, token), house)


@router.get(LEFT)
def left(house: TheHouse, provider: TheProvider) -> HTMLResponse:
    """Signed out here, and how to sign out there too: a form may not lead to another site, a link may."""
    way_out = provider.way_out(f"{house.settings.url}{SIGN_IN}", wall=house.wall())
    return house.page("signed_out", way_out=way_out)


# --- the browser that went


def _going(house: House, sealed: str, state: str) -> Going:
    """Who went, if this browser did, lately, and this is the answer to that. Raises Refused."""
    try:
        key, since, to = _sealer(house).loads(sealed)
    except BadSignature:
        raise Refused(LAPSED, code=EXPIRED) from None
    going = Going(_proof(house, key), datetime.fromtimestamp(since, UTC), local_path(to))
    is_lately = timedelta(0) <= house.wall() - going.since + timedelta(seconds=1) <= TAKES
    if not is_lately or not compare_digest(going.proof.state.encode(), state.encode(errors="replace")):
        raise Refused(LAPSED, code=EXPIRED)
    return going


def _proof(house: House, key: str) -> Proof:
    return Proof(*(_derived(house, what, key) for what in ("state", "nonce", "verifier")))


def _derived(house: House, what: str, key: str) -> str:
    """43 characters that only this installation can make of a key (RFC 7636 asks for at least as many)."""
    made = hmac.digest(house.seal.secret, f"tijdig/oidc/{what}/{key}".encode(), "sha256")
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def _sealer(house: House) -> URLSafeSerializer:
    return URLSafeSerializer(house.seal.secret, salt="tijdig/oidc")


def _keep(response: Response, house: House, sealed: str) -> None:
    """Lax: the way back starts at the provider's site."""
    response.set_cookie(
        name_of(house, COOKIE), sealed, max_age=int(TAKES.total_seconds()), httponly=True, samesite="lax",
        secure=house.is_secure, path="/",
    )  # fmt: skip


def _forgotten(response: Response, house: House) -> Response:
    """Once, whatever came of it."""
    response.delete_cookie(name_of(house, COOKIE), path="/", secure=house.is_secure, httponly=True, samesite="lax")
    return response


def _refused(house: House, refusal: Refused) -> HTMLResponse:
    """A page with why, and what to do about it. What the rules say elsewhere goes its usual way."""
    if isinstance(refusal, Busy) or refusal.code not in HEADINGS:
        raise refusal
    code = refusal.code
    another = ANOTHER if code in (UNNAMED, UNVERIFIED, NOT_KNOWN, NO_ACCESS) else ""
    return house.page(
        "sign_in_refused", STATUS.get(code, 403), heading=HEADINGS[code], why=str(refusal), another=another
    )
