"""A stored mail as it goes out: identity, headers, the tokens in its links, and lines that delivery adds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from html import escape

from models.message import Mail
from tijdig.engine.calendar import ZONE

AGAIN = "Dit bericht kunt u dubbel krijgen: wij weten niet zeker of het de eerste keer is aangekomen."

NUMBER_LENGTH = 8

THREAD_LENGTH = 16
"""A longer id than this makes does not fit on a line of its own: the header would be encoded, and no reader threads."""


def message_id(installation: str, key: str) -> str:
    """The Message-ID of a mail, from its unique key and the installation's id; a replay after a restore has it too."""
    return f"<{_hash(installation, key)}@{installation}.tijdig>"


def thread_id(installation: str, case: str) -> str:
    """What all mails about one dossier refer to."""
    return f"<{_hash(installation, f'dossier/{case}')[:THREAD_LENGTH]}.dossier@{installation}.tijdig>"


def _hash(installation: str, key: str) -> str:
    return sha256(f"{installation}/{key}".encode()).hexdigest()[:32]


def number_of(message_id: str) -> str:
    """The number that a reader may call: the beginning of the Message-ID."""
    return message_id[1 : 1 + NUMBER_LENGTH].upper()


def envelope(
    mail: Mail,
    *,
    sender: str,
    to: str,
    installation: str,
    now: datetime,
    reveal: Callable[[str], str],
    notes: list[str],
) -> EmailMessage:
    """The message as it goes out. `notes` are lines above the text. Raises ValueError for a header that cannot be."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"], message["To"], message["Subject"] = _mailbox(sender), _mailbox(to), mail.subject
    message["Date"] = format_datetime(now.astimezone(ZONE))
    message["Message-ID"] = message_id(installation, mail.key)
    if mail.thread:
        message["References"] = thread_id(installation, mail.thread)
    message["Reply-To"] = _mailbox(sender)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message.set_content(_above_text(reveal(mail.text), notes), cte="quoted-printable")
    if mail.html:
        message.add_alternative(_above_html(reveal(mail.html), notes), subtype="html", cte="quoted-printable")
    message["Content-Language"] = "nl"  # last: the parts take along every Content- header that stands there before
    return message


def _mailbox(written: str) -> Address:
    name, address = parseaddr(written)
    return Address(name, addr_spec=address)


def _above_text(text: str, notes: list[str]) -> str:
    return "\n".join([*notes, "", text]) if notes else text


def _above_html(html: str, notes: list[str]) -> str:
    head, body, rest = html.partition("<body")
    tag, end, content = rest.partition(">")
    return head + body + tag + end + "".join(f"\n<p>{escape(note)}</p>" for note in notes) + content
