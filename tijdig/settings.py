"""What an installation sets in its environment. Read once, at the edge; the engine and the services get values.

Each setting NAME may also stand in a file, named by NAME_FILE (a mounted secret). Empty counts as not set.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Literal, TypeVar, get_args
from urllib.parse import urlsplit

from tijdig.engine.errors import Misconfigured

MailMode = Literal["uit", "omleiden", "aan"]
Access = Literal["werklijst", "beheer"]
"""What a group of the identity provider opens: the pages of one's work, or those and the pages of administrators."""
T = TypeVar("T")
LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Where colleagues sign in by OpenID Connect, what says who they are, and which of its groups opens what."""

    issuer: str
    """As the provider itself writes it, to the last slash."""
    client_id: str
    client_secret: str = field(repr=False)
    groups: Mapping[str, Access]
    claim: str = "email"
    """What is compared with the people here: their mail address, or any other claim with their id."""
    groups_claim: str = "groups"
    scope: str = "openid email profile"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the environment. What may hold a password stays out of `repr`."""

    data: Path
    """The folder of the embedded database, of captured mail and of files."""
    database_url: str = field(repr=False)
    mail: MailMode
    smtp_url: str | None = field(repr=False)
    mail_from: str | None
    mail_redirect: str | None
    """The one mailbox that all mail goes to in the mode `omleiden`."""
    url: str
    """The base of links in mails, without a slash at its end."""
    port: int
    """The first of the ports that `serve` uses."""
    provider: IdentityProvider | None = None
    """None where colleagues have local accounts only."""
    scanner: tuple[str, ...] = ()
    """The command that looks at each file that comes in; without one nobody looks."""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings in this environment, or their defaults.

        Raises Misconfigured for a value that cannot be right. Whether the mail settings are complete is asked where
        mail is sent: a trial needs none of them.
        """

        def get(name: str, parse: Callable[[str], T], default: T) -> T:
            return _parsed(environ, name, parse, default)

        data = get("TIJDIG_DATA", Path, Path("data"))
        port = get("TIJDIG_PORT", _port, 8420)
        return cls(
            data=data,
            database_url=get("TIJDIG_DATABASE_URL", _database_url, f"sqlite:///{data / 'tijdig.db'}"),
            mail=get("TIJDIG_MAIL", _mail_mode, "uit"),
            smtp_url=get("TIJDIG_SMTP_URL", _smtp_url, None),
            mail_from=get("TIJDIG_MAIL_FROM", _mail_address, None),
            mail_redirect=get("TIJDIG_MAIL_REDIRECT", _mail_address, None),
            url=get("TIJDIG_URL", _url, f"http://127.0.0.1:{port}"),
            port=port,
            provider=_provider(environ),
            scanner=get("TIJDIG_SCANNER", _command, ()),
        )


REQUIRED = ("TIJDIG_OIDC_ISSUER", "TIJDIG_OIDC_CLIENT_ID", "TIJDIG_OIDC_CLIENT_SECRET", "TIJDIG_OIDC_GROUPS")
OPTIONAL = ("TIJDIG_OIDC_CLAIM", "TIJDIG_OIDC_GROUPS_CLAIM", "TIJDIG_OIDC_SCOPE")


def _provider(environ: Mapping[str, str]) -> IdentityProvider | None:
    """The identity provider; None when nothing of it is set. Raises Misconfigured when only a part is."""
    given = [name for name in (*REQUIRED, *OPTIONAL) if _value(environ, name) is not None]
    missing = [name for name in REQUIRED if name not in given]
    if not given:
        return None
    if missing:
        said = f"{given[0]} is set, but this is missing: {', '.join(missing)}."
        raise Misconfigured(f"{said} Set that too, or nothing that begins with TIJDIG_OIDC.")
    return IdentityProvider(
        issuer=_parsed(environ, "TIJDIG_OIDC_ISSUER", _issuer, ""),
        client_id=_parsed(environ, "TIJDIG_OIDC_CLIENT_ID", str, ""),
        client_secret=_parsed(environ, "TIJDIG_OIDC_CLIENT_SECRET", str, ""),
        groups=_parsed(environ, "TIJDIG_OIDC_GROUPS", _groups, {}),
        claim=_parsed(environ, "TIJDIG_OIDC_CLAIM", _claim, "email"),
        groups_claim=_parsed(environ, "TIJDIG_OIDC_GROUPS_CLAIM", _claim, "groups"),
        scope=_parsed(environ, "TIJDIG_OIDC_SCOPE", _scope, "openid email profile"),
    )


def _parsed(environ: Mapping[str, str], name: str, parse: Callable[[str], T], default: T) -> T:
    value = _value(environ, name)
    if value is None:
        return default
    try:
        return parse(value)
    except ValueError as error:
        raise Misconfigured(f"{name} {error}") from None  # the value may be a secret


def _value(environ: Mapping[str, str], name: str) -> str | None:
    direct, path = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if direct and path:
        raise Misconfigured(f"{name} and {name}_FILE are both set. Keep one of them.")
    if not path:
        return direct or None
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise Misconfigured(f"{name}_FILE names {path}, which cannot be read ({why}). Mend the path.") from None


def _database_url(value: str) -> str:
    if not re.match(r"(sqlite|postgres(ql)?)(\+\w+)?://", value):
        raise ValueError("is no database address. Give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE.")
    return value


def _mail_mode(value: str) -> MailMode:
    for mode in get_args(MailMode):
        if value == mode:
            return mode  # type: ignore[no-any-return]
    raise ValueError(f"is '{value}'. Give uit (no mail goes out), omleiden (all to one mailbox) or aan.")


def _smtp_url(value: str) -> str:
    if not _is_address(value, "smtp", "smtps", "smtp+starttls"):
        raise ValueError("is no mail server. Give smtp://USER:PASSWORD@HOST:PORT, smtps://… or smtp+starttls://….")
    return value


def _mail_address(value: str) -> str:
    if not re.fullmatch(r"([^<>\r\n]*<)?[^@\s<>]+@[^@\s<>]+>?", value):
        raise ValueError(f"is '{value}', which is no mail address. Give it as name@example.org.")
    return value


def _command(value: str) -> tuple[str, ...]:
    words = tuple(shlex.split(value))
    if not which(words[0]):
        raise ValueError(f"begins with '{words[0]}', which is no command here. Give its whole path.")
    return words


def _url(value: str) -> str:
    if not _is_address(value, "http", "https"):
        raise ValueError(f"is '{value}', to which no link can lead. Give it as https://tijdig.example.org.")
    return value.rstrip("/")


def _issuer(value: str) -> str:
    """Over http only on this machine: what goes over the line makes somebody an administrator."""
    if not _is_address(value, "https") and not (_is_address(value, "http") and urlsplit(value).hostname in LOCAL):
        raise ValueError(f"is '{value}', which is no identity provider. Give it as https://login.example.org/…")
    if urlsplit(value).query or urlsplit(value).fragment:
        raise ValueError(f"is '{value}'. Give the issuer alone, without what follows a ? or #.")
    return value


def _groups(value: str) -> dict[str, Access]:
    pairs = [pair.rpartition("=") for pair in re.split(r"[;\n]", value) if pair.strip()]
    for group, _, access in pairs:
        if not group.strip() or access.strip() not in get_args(Access):
            raise ValueError(f"is '{value}'. Give GROUP=werklijst or GROUP=beheer, with a ; between two of them.")
    return {group.strip(): access.strip() for group, _, access in pairs}  # type: ignore[misc]


def _claim(value: str) -> str:
    if not re.fullmatch(r"[^\s\"'{}]+", value):
        raise ValueError(f"is '{value}'. Give the name of one claim, such as email.")
    return value


def _scope(value: str) -> str:
    if "openid" not in value.split():
        raise ValueError(f"is '{value}'. Give openid and what else is needed, with spaces: openid email profile.")
    return " ".join(value.split())


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65_535):
        raise ValueError(f"is '{value}'. Give a port number from 1 to 65535.")
    return int(value)


def _is_address(value: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # urlsplit and port refuse brackets and numbers that cannot be
        return False
