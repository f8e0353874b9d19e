"""The identity provider as a party that is asked: what it offers, its keys, and who somebody is (OpenID Connect).

Only what the provider itself answers over the line counts, and of its token only what its keys sign. Sources: OpenID
Connect Core 1.0 section 3.1, Discovery 1.0 section 4, RFC 7636 (PKCE), RFC 9207 (who answers), RFC 8725 (algorithms).
"""

from __future__ import annotations

import json
import logging
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from tijdig.engine.errors import Busy, Refused
from tijdig.settings import IdentityProvider

LOG = logging.getLogger(__name__)

FRESH = timedelta(hours=1)
"""So long what the provider offers and its keys are remembered."""

AGAIN = timedelta(seconds=30)
"""After a failure, or for a key that is not among the known ones, it is not asked again before."""

WITHIN = 10
"""Seconds in which an answer must be whole; each part of it comes within half of that."""

MOST_BYTES = 512 * 1024
"""Of one answer."""

AT_ONCE = 8
"""So many people are signed in at once in a process: a provider that hangs must not keep all threads waiting."""

LEEWAY = 60
"""Seconds that its clock and ours may differ."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures by a key of which we have the public half: `none` and those by a shared secret are refused."""

NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")

DOWN, NOT_VERIFIED = "PROVIDER_DOWN", "NOT_VERIFIED"
UNREACHABLE = "De aanmelddienst van uw organisatie antwoordt niet goed. Wacht enkele minuten en probeer het opnieuw."
UNPROVEN = "Wat de aanmelddienst over u zei, klopt niet of is verlopen. Meld u opnieuw aan."
TOO_MANY = "Er melden zich nu te veel mensen tegelijk aan. Probeer het zo nog eens."

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """What binds an answer of the provider to the browser that asked for it; made anew for each time."""

    state: str
    nonce: str
    verifier: str


class Down(Exception):  # noqa: N818 - said to a person as Refused
    """The provider did not answer, or not as it should; `why` is for the log and for `doctor`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(slots=True)
class Provider:
    """An identity provider, asked over the line. Threads may use it at once."""

    known: IdentityProvider
    back: str
    """The address to which it sends people back."""
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=WITHIN / 2))
    _lock: Lock = field(default_factory=Lock)
    _room: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))
    _offers: dict[str, Any] = field(default_factory=dict)
    _keys: KeySet = field(default_factory=lambda: KeySet([]))
    _asked_at: datetime | None = None
    _failed_at: datetime | None = None

    # --- what a visitor's browser is sent to

    def door(self, proof: Proof, *, wall: datetime, anew: bool = False) -> str:
        """The address at which somebody signs in there: `anew`, also who is in there already, perhaps as another.

        Raises Refused when the provider does not answer.
        """
        challenge = _base64(sha256(proof.verifier.encode()).digest())
        asked = {
            "response_type": "code", "client_id": self.known.client_id, "redirect_uri": self.back,
            "scope": self.known.scope, "state": proof.state, "nonce": proof.nonce, "code_challenge": challenge,
            "code_challenge_method": "S256", "ui_locales": "nl", **({"prompt": "login"} if anew else {}),
        }  # fmt: skip
        with self.asking():
            return _with(self._offered(wall)["authorization_endpoint"], asked)

    def way_out(self, after: str, *, wall: datetime) -> str:
        """The address at which somebody signs out there too; empty when it has none, or does not answer now."""
        try:
            with self.asking():
                offered = self._offered(wall).get("end_session_endpoint", "")
        except Refused:
            return ""
        asked = {"client_id": self.known.client_id, "post_logout_redirect_uri": after, "ui_locales": "nl"}
        return _with(offered, asked) if offered else ""

    # --- who comes back

    def claims(self, code: str, proof: Proof, *, issuer: str, wall: datetime) -> Claims:
        """What the provider says of who came back with a code; `issuer` is who said to answer, if anybody did.

        Raises Refused when it does not answer, or when what it says does not verify.
        """
        with self.asking():
            offered = self._offered(wall)
            required = offered.get("authorization_response_iss_parameter_supported") is True
            if (issuer or required) and issuer != self.known.issuer:
                raise _unproven("the answer is of another issuer")
            token = self._exchanged(offered, code, proof)
            claims = self._verified(str(token.get("id_token", "")), proof.nonce, wall)
            return self._completed(claims, str(token.get("access_token", "")), offered)

    def _exchanged(self, offered: Mapping[str, Any], code: str, proof: Proof) -> dict[str, Any]:
        """The tokens for a code: it counts once, and only with the verifier that nobody else has."""
        endpoint = offered["token_endpoint"]
        given = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.back,
            "code_verifier": proof.verifier,
        }  # fmt: skip
        headers, secret, basic = {}, self.known.client_secret, "client_secret_basic"
        if basic in offered.get("token_endpoint_auth_methods_supported", [basic]):
            pair = f"{quote_plus(self.known.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            given |= {"client_id": self.known.client_id, "client_secret": secret}
        status, answer = self._answer("POST", endpoint, data=given, headers=headers)
        if status in (400, 401):
            error = str(answer.get("error", ""))[:40]
            if error == "invalid_grant":
                raise _unproven("the code was used before, or is not of this browser")
            raise Down(f"{endpoint} refuses this client ({status}, {error!r}): look at its id and secret")
        if status != 200:
            raise Down(f"{endpoint} answered {status}")
        return answer

    def _verified(self, id_token: str, nonce: str, wall: datetime) -> dict[str, Any]:
        """The claims of a token that the provider signed, now, for us and for this browser."""
        us = self.known.client_id
        wanted = jwt.JWTClaimsRegistry(
            now=int(wall.timestamp()), leeway=LEEWAY,
            iss={"essential": True, "value": self.known.issuer}, sub={"essential": True},
            aud={"essential": True, "value": us}, exp={"essential": True}, iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        try:
            claims = self._signed(id_token, wall)
            wanted.validate(claims)
        except (JoseError, ValueError) as error:
            raise _unproven(f"{type(error).__name__}, {str(error)[:200]!r}") from None
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if claims.get("azp", us if audience == [us] else "") != us:
            raise _unproven("the token was issued to another client")
        return claims

    def _signed(self, id_token: str, wall: datetime) -> dict[str, Any]:
        """What a token says, if one of the provider's keys signed it; for a new key they are asked for once more."""
        try:
            return jwt.decode(id_token, self._keys_of(wall), algorithms=ALGORITHMS).claims
        except InvalidKeyIdError:
            return jwt.decode(id_token, self._keys_of(wall, after=AGAIN), algorithms=ALGORITHMS).claims

    def _completed(self, claims: dict[str, Any], access_token: str, offered: Mapping[str, Any]) -> Claims:
        """With what the provider says elsewhere, when a claim that is needed does not stand in its token."""
        endpoint = offered.get("userinfo_endpoint", "")
        needed = {self.known.claim, self.known.groups_claim}
        if not endpoint or not access_token or needed <= claims.keys():
            return claims
        bearer = {"Authorization": f"Bearer {access_token}"}
        status, more = self._answer("GET", endpoint, headers=bearer)
        if status != 200:
            raise Down(f"{endpoint} answered {status}")
        if more.get("sub") != claims["sub"]:
            raise _unproven("userinfo is about another person")
        return {**more, **claims}

    # --- what it offers

    def look(self, *, wall: datetime) -> Mapping[str, Any]:
        """What it offers and its keys, asked anew: for `doctor`. Raises Down with why not."""
        return self._discovered(wall)

    def _offered(self, wall: datetime) -> Mapping[str, Any]:
        with self._lock:
            return self._offers if _is_within(self._asked_at, FRESH, wall) else self._discovered(wall)

    def _keys_of(self, wall: datetime, *, after: timedelta = FRESH) -> KeySet:
        """Its keys, asked anew when they are older than `after`."""
        with self._lock:
            if not _is_within(self._asked_at, after, wall):
                self._discovered(wall)
            return self._keys

    def _discovered(self, wall: datetime) -> Mapping[str, Any]:
        if _is_within(self._failed_at, AGAIN, wall):
            raise Down("it did not answer a moment ago")
        try:
            offers = self._metadata()
            keys = KeySet.import_key_set(self._fetched(offers["jwks_uri"]))  # type: ignore[arg-type]
        except (Down, JoseError, KeyError, TypeError, ValueError) as error:
            self._failed_at = wall
            why = error.why if isinstance(error, Down) else f"its keys cannot be read ({type(error).__name__})"
            raise Down(why) from None
        self._offers, self._keys, self._asked_at, self._failed_at = offers, keys, wall, None
        return offers

    def _metadata(self) -> dict[str, Any]:
        """What it offers, at the addresses that it names itself; over http only where it is itself (this machine)."""
        issuer = self.known.issuer
        offers = self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if offers.get("issuer") != issuer:
            raise Down(f"it calls itself {offers.get('issuer')!r}: set TIJDIG_OIDC_ISSUER to exactly that")
        schemes = ("https://", "http://") if issuer.startswith("http://") else ("https://",)
        for name in (*NEEDED, "userinfo_endpoint", "end_session_endpoint"):
            address = offers.get(name)
            if (address or name in NEEDED) and not str(address).startswith(schemes):
                raise Down(f"its {name} is {address!r}, to which nothing secret can go")
        return offers

    def close(self) -> None:
        self._http.close()

    # --- over the line

    def _fetched(self, address: str) -> dict[str, Any]:
        status, answer = self._answer("GET", address)
        if status != 200:
            raise Down(f"{address} answered {status}")
        return answer

    def _answer(self, method: str, address: str, **given: Any) -> tuple[int, dict[str, Any]]:
        """Status and JSON object of an answer, which is not followed elsewhere. Raises Down when there is none."""
        until, body = monotonic() + WITHIN, b""
        try:
            with self._http.stream(method, address, **given) as answer:
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES or monotonic() > until:
                        raise Down(f"{address} sends too much, or too slowly")
            said = json.loads(body) if answer.status_code in (200, 400, 401) else {}
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Down(f"{address} does not answer ({type(error).__name__})") from None
        except ValueError:
            raise Down(f"{address} answered no JSON") from None
        return answer.status_code, said if isinstance(said, dict) else {}

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Room to ask the provider. Raises Busy when there is none, and Refused for whom it does not answer."""
        if not self._room.acquire(blocking=False):
            raise Busy(TOO_MANY)
        try:
            yield
        except Down as down:
            LOG.warning("the identity provider %s: %s", self.known.issuer, down.why)
            raise Refused(UNREACHABLE, code=DOWN) from None
        finally:
            self._room.release()


def _unproven(why: str) -> Refused:
    LOG.warning("a sign-in was refused: %s", why)
    return Refused(UNPROVEN, code=NOT_VERIFIED)


def _is_within(moment: datetime | None, span: timedelta, wall: datetime) -> bool:
    return moment is not None and timedelta(0) <= wall - moment < span


def _with(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
