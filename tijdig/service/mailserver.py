"""A mail server as a channel, reached through Apprise.

Apprise carries the message to our own handler, because its own mail plugin adds a second Message-ID and keeps the
server's answer to itself (apprise 1.13 to 2.2). Any other channel is an Apprise address of its own. Importing Apprise
takes half a second: only who sends mail imports this module.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from itertools import count
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from apprise import Apprise
from apprise.decorators import notify

from tijdig.service.channel import Outcome, Unreachable

SCHEME = "tijdigpost"
TIMEOUT_SECONDS = 20.0
NO_ANSWER = -1
"""The code that smtplib gives for a line without one."""
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(slots=True)
class Server:
    """A mail server, by one connection that lasts as long as it can; each mail is claimed by itself."""

    url: str = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    batch: int = 1
    repeatable: bool = False
    _smtp: smtplib.SMTP | None = None
    _mail: EmailMessage | None = None
    _outcome: Outcome | None = None
    _apprise: Apprise = field(init=False)
    _name: str = field(init=False)

    def __post_init__(self) -> None:
        self._name = f"s{next(_numbers)}"
        self._apprise = Apprise(f"{SCHEME}://{self._name}")
        _servers[self._name] = self

    def send(self, mail: EmailMessage) -> Outcome:
        self._connected()
        self._mail, self._outcome = mail, None
        self._apprise.notify(title="Tijdig", body="post")
        if self._outcome is None:  # Apprise did not reach our handler: nothing was handed over
            return Outcome(None, mail["Message-ID"], temporary=True)
        return self._outcome

    def close(self) -> None:
        _servers.pop(self._name, None)
        self._drop()

    def hand_over(self) -> bool:
        """Called back by Apprise: give the mail in hand to the server, and keep what it answers."""
        assert self._mail is not None
        self._outcome = self._handed_over(self._mail)
        return self._outcome.is_sent

    def _handed_over(self, mail: EmailMessage) -> Outcome:
        id, smtp = mail["Message-ID"], self._connected()
        try:
            code = _announce(smtp, mail)
        except (OSError, smtplib.SMTPException):  # also a server that is silent for too long
            self._drop()
            return Outcome(None, id, temporary=True)
        if code != 354:
            self._reset(code)
            return Outcome(code, id, temporary=code < 500)
        try:
            smtp.send(smtplib.quotedata(mail.as_string()) + "\r\n.\r\n")
            code, _ = smtp.getreply()
        except (OSError, smtplib.SMTPException):
            code = NO_ANSWER
        if code // 100 not in (2, 4, 5):
            self._drop()
            return Outcome(None, id)
        return Outcome(code, id, temporary=400 <= code < 500)

    def _connected(self) -> smtplib.SMTP:
        """The connection, made anew when the server ended it meanwhile."""
        if self._smtp is not None and not _answers(self._smtp):
            self._drop()
        if self._smtp is None:
            try:
                self._smtp = _connect(urlsplit(self.url), self.timeout_seconds)
            except (OSError, smtplib.SMTPException) as error:
                code = getattr(error, "smtp_code", None)
                raise Unreachable(f"{type(error).__name__}{f' {code}' if code else ''}") from error
        return self._smtp

    def _reset(self, code: int) -> None:
        try:
            if code == 421 or self._smtp is None or self._smtp.rset()[0] != 250:
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _announce(smtp: smtplib.SMTP, mail: EmailMessage) -> int:
    """From whom, to whom, data: the code of the first refusal, or 354 when the data may come."""
    code, _ = smtp.mail(parseaddr(mail["From"])[1])
    if code == 250:
        code, _ = smtp.rcpt(parseaddr(mail["To"])[1])
    if code in (250, 251):
        code, _ = smtp.docmd("DATA")
    return code


def _answers(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _connect(url: SplitResult, timeout_seconds: float) -> smtplib.SMTP:
    host, port = url.hostname or "", url.port or _PORTS[url.scheme]
    if url.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout_seconds, context=ssl.create_default_context())
    else:
        smtp = smtplib.SMTP(host, port, timeout=timeout_seconds)
    if url.scheme == "smtp+starttls":
        smtp.starttls(context=ssl.create_default_context())
    if url.username:
        smtp.login(unquote(url.username), unquote(url.password or ""))
    smtp.ehlo_or_helo_if_needed()
    return smtp


# Apprise knows schemes, not objects: its handler is registered once, and finds the server by the name in the address.
_numbers = count(1)
_servers: dict[str, Server] = {}


@notify(on=SCHEME, name="Tijdig post")  # type: ignore[no-untyped-call, untyped-decorator]
def _hand_over(body: str, title: str, notify_type: str, *args: Any, meta: dict[str, Any], **more: Any) -> bool:
    return _servers[meta["host"]].hand_over()
