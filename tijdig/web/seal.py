"""What a form carries and nobody may make up: signed with the installation's secret and bound to one link.

The seal is at once the proof that the form is ours (CSRF), the version that it showed and its one-time key. It has no
time-out: who thinks for a day may still hand in (ux.md, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from tijdig.service.links import hashed


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it was made: its one-time key and the version of the case that it showed."""

    key: str
    version: int


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs what goes out in a form, and opens what comes back."""

    secret: bytes

    def form(self, token: str, version: int) -> str:
        """A new form for a link; no two are the same."""
        return self._sign("form", token, [token_urlsafe(16), version])

    def opened_form(self, token: str, sealed: str) -> Form | None:
        """The form, if it was made here for this link."""
        opened = self._open("form", token, sealed)
        return Form(*opened) if opened else None

    def document(self, token: str, field: str, kept: dict[str, Any]) -> str:
        """A file that was received with a form that has to be handed in once more."""
        return self._sign(f"document/{field}", token, kept)

    def opened_document(self, token: str, field: str, sealed: str) -> dict[str, Any] | None:
        """The file, if it was received here through this link for this field."""
        opened: dict[str, Any] | None = self._open(f"document/{field}", token, sealed)
        return opened

    def browser(self, person: str) -> str:
        """A browser in which somebody signed in; no two are the same."""
        return self._sign("browser", person, token_urlsafe(16))

    def opened_browser(self, person: str, sealed: str) -> str:
        """What tells it from others, if this person signed in with it; else nothing."""
        return str(self._open("browser", person, sealed) or "")

    def _sign(self, what: str, token: str, said: Any) -> str:
        return str(self._signer(what).dumps([hashed(token), said]))

    def _open(self, what: str, token: str, sealed: str) -> Any:
        try:
            bound_to, said = self._signer(what).loads(sealed)
        except BadSignature:
            return None
        return said if bound_to == hashed(token) else None

    def _signer(self, what: str) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret, salt=f"tijdig/{what}")
