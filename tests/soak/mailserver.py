"""A mail server by chance: it keeps what it took, refuses some, goes silent after others, and is dead for days."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from random import Random

from tests.checker.post import Captured
from tijdig.service.channel import Outcome, Unreachable


@dataclass
class MailServer:
    """What the outside got is in `caught`, each as often as it arrived."""

    chance: Random
    caught: list[Captured] = field(default_factory=list)
    is_dead: bool = False
    is_well: bool = False
    """Nothing goes wrong any more."""
    batch: int = 20
    repeatable: bool = False

    def send(self, mail: EmailMessage) -> Outcome:
        throw = 1.0 if self.is_well else self.chance.random()
        if self.is_dead or throw < 0.003:
            raise Unreachable
        if throw < 0.02:  # it took the data or it did not, and said nothing
            if throw < 0.01:
                self.caught.append(_arrived(mail))
            return Outcome(None, mail["Message-ID"])
        if throw < 0.05:
            return Outcome(451, mail["Message-ID"], temporary=True)
        if throw < 0.06:
            return Outcome(550, mail["Message-ID"])
        self.caught.append(_arrived(mail))
        return Outcome(250, mail["Message-ID"])

    def close(self) -> None:
        pass


def _arrived(mail: EmailMessage) -> Captured:
    """As it is read: to write each as it goes over the line, and parse it time and again, takes minutes in a year."""
    body = mail.get_body(("plain",))
    assert body
    subject = " ".join(str(mail["Subject"]).split())
    return Captured(str(mail["Message-ID"]), str(mail["To"]), subject, body.get_content())
