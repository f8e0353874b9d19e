"""An identity provider in plain sockets that does as it should, but for what a test lets it say.

Of the real ones it has what a client leans on: a code counts once, for one client with its secret, one way back and
one verifier. A certified one is in `tests/real/test_provider.py`; that one cannot be made to lie.
"""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

CLIENT, SECRET = "tijdig", "een geheim: van de + beheerder"
Claims = dict[str, Any]
KEY, NEW_KEY, STRANGE_KEY = (ECKey.generate_key("P-256", {"kid": kid, "use": "sig"}) for kid in ("een", "twee", "een"))


def signed(claims: Claims) -> str:
    return jwt.encode({"alg": "ES256", "kid": "een"}, claims, KEY)


@dataclass
class Provider:
    """What it says and does; a test changes it. `now` is what its clock says."""

    url: str
    now: Callable[[], datetime]
    person: Claims = field(default_factory=dict)
    userinfo: Claims = field(default_factory=dict)
    sign: Callable[[Claims], str] = signed
    says: Claims = field(default_factory=dict)
    """Instead of, or beside, what its metadata say."""
    keys: list[ECKey] = field(default_factory=lambda: [KEY])
    fails: dict[str, int] = field(default_factory=dict)
    """The status of each path at which it is ill."""
    asked: list[str] = field(default_factory=list)
    granted: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: Iterator[int] = field(default_factory=count)

    def signs_in(self, **claims: Any) -> None:
        self.person = {"sub": "1", "email": "ann@zorg.example", "email_verified": True, "groups": ["zorg"]} | claims

    def answer(self, path: str, asked: dict[str, str], headers: Any) -> tuple[int, Claims, str]:
        """Status, what it says, and where it leads to."""
        self.asked.append(path)
        if path in self.fails:
            return self.fails[path], {"error": "server_error"}, ""
        match path:
            case "/.well-known/openid-configuration":
                return 200, self._offers() | self.says, ""
            case "/keys":
                return 200, dict(KeySet(list(self.keys)).as_dict(private=False)), ""
            case "/authorize":
                return 303, {}, self._granted(asked)
            case "/token":
                return *self._token(asked, headers), ""
            case "/userinfo" if headers["Authorization"] == "Bearer een-token":
                return 200, self.userinfo, ""
        return 404, {}, ""

    def _offers(self) -> Claims:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys",
                 "end_session_endpoint": "end", "userinfo_endpoint": "userinfo"}  # fmt: skip
        return {"issuer": self.url} | {name: f"{self.url}/{path}" for name, path in paths.items()}

    def _granted(self, asked: dict[str, str]) -> str:
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        code = f"code-{next(self.codes)}"
        self.granted[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.url})}"

    def _token(self, given: dict[str, str], headers: Any) -> tuple[int, Claims]:
        pair = b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        if dict(parse_qsl(pair.replace(":", "=", 1))) != {CLIENT: SECRET}:
            return 401, {"error": "invalid_client"}
        asked = self.granted.pop(given["code"], None)
        made = urlsafe_b64encode(sha256(given["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if asked is None or (made, given["redirect_uri"]) != (asked["code_challenge"], asked["redirect_uri"]):
            return 400, {"error": "invalid_grant"}
        at = int(self.now().timestamp())
        claims = {"iss": self.url, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked["nonce"]} | self.person
        return 200, {"access_token": "een-token", "token_type": "Bearer", "id_token": self.sign(claims)}


@contextmanager
def provider(now: Callable[[], datetime]) -> Iterator[Provider]:
    """One on a free port of this machine, in a thread."""

    class Conversation(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(dict(parse_qsl(urlsplit(self.path).query)))

        def do_POST(self) -> None:
            self._answer(dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())))

        def _answer(self, asked: dict[str, str]) -> None:
            status, said, to = made.answer(urlsplit(self.path).path, asked, self.headers)
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if to:
                self.send_header("Location", to)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Conversation) as server:
        made = Provider(f"http://127.0.0.1:{server.server_port}", now)
        made.signs_in()
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        server.shutdown()
