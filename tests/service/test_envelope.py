"""How a stored mail goes out."""

from datetime import UTC, date, datetime
from email.message import EmailMessage

import pytest

from models.message import Mail
from tijdig.service.envelope import envelope, thread_id

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def sent(html: str, installation: str = "x") -> EmailMessage:
    mail = Mail(
        key="notice/1", person_id="lid-014", address="lid-014@zorg.example", kind="E", day=date(2026, 1, 5),
        subject="Herinnering", text="Doe dit.\n", html=html, thread="ORA-2026-001", next_try_at=NOON, created_at=NOON,
    )  # fmt: skip
    return envelope(
        mail, sender="a@b.example", to=mail.address, installation=installation, now=NOON, reveal=str, notes=["Let op"]
    )


@pytest.mark.parametrize(
    ("html", "kinds"),
    [("<body><p>Doe dit.</p></body>\n", ["multipart/alternative", "text/plain", "text/html"]), ("", ["text/plain"])],
    ids=["text-and-html", "text-alone"],
)
def test_a_mail_goes_out_in_the_forms_that_it_has(html: str, kinds: list[str]):
    message = sent(html)

    assert [part.get_content_type() for part in message.walk()] == kinds
    assert message.get_body(("plain",)).get_content() == "Let op\n\nDoe dit.\n"
    assert message["Content-Language"] == "nl"


def test_the_thread_of_a_dossier_stands_in_its_header_as_it_is():
    installation = "0f8d7a52-9c1e-4a37-8f60-3b5d2c1e9a47"

    assert thread_id(installation, "ORA-2026-001").encode() in sent("", installation).as_bytes()
