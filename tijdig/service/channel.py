"""Where mail leaves Tijdig: one seam, `Channel.send`. Here is the folder of a trial; `mailserver` is the real thing."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the outside said of a mail: the SMTP code, or None when nothing was said.

    Without a code, `temporary` says that the mail was never handed over; else it was, and nobody knows what came of it.
    """

    code: int | None
    message_id: str
    temporary: bool = False
    impossible: str = ""
    """Why it was not even tried."""

    @property
    def is_sent(self) -> bool:
        return self.code is not None and self.code < 400

    @property
    def is_uncertain(self) -> bool:
        return self.code is None and not self.temporary and not self.impossible


class Unreachable(Exception):  # noqa: N818 - it says what is the case
    """The mail server itself cannot be used now; no mail is to blame."""


class Channel(Protocol):
    """Where mails go. `batch` mails are claimed at a time; `repeatable` when sending one twice is no harm."""

    batch: int
    repeatable: bool

    def send(self, mail: EmailMessage) -> Outcome:
        """Hand the mail over. Raises Unreachable when no mail could be."""
        ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Files:
    """Mails as `.eml` files in a folder, named by their Message-ID."""

    folder: Path
    batch: int = 100
    repeatable: bool = True

    def send(self, mail: EmailMessage) -> Outcome:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = mail["Message-ID"].strip("<>").partition("@")[0]
        (self.folder / f"{name}.eml").write_bytes(mail.as_bytes())
        return Outcome(250, mail["Message-ID"])

    def close(self) -> None:
        pass


def is_loopback(url: str) -> bool:
    """Whether a server runs on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
