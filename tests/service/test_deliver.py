"""Mails go out once: claimed, handed over, settled; and what a person settles (design: Notices and mails; law 3)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from models.case import Case, Log, OpenObligation
from models.message import Link, Mail, MailNotice, Notice
from models.operation import Event, Incident, Installation
from models.organisation import Address, Person
from models.pins import Definition
from models.session import Store
from tests.databases import Databases
from tijdig.engine.errors import Misconfigured, Refused
from tijdig.service import links, pins
from tijdig.service.channel import Outcome, Unreachable
from tijdig.service.deliver import LEASE, UNCERTAIN_ONCE, deliver
from tijdig.service.envelope import AGAIN, message_id
from tijdig.service.mailbox import hold_all, outbox, release_all, settle
from tijdig.settings import Settings

NOW = datetime(2021, 10, 11, 8, 0, tzinfo=UTC)  # Monday, 10:00 in Amsterdam
EVENING = datetime(2021, 10, 11, 18, 0, tzinfo=UTC)
WALL = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
REASON = "nagevraagd aan de telefoon"
ON = {"TIJDIG_MAIL": "aan", "TIJDIG_SMTP_URL": "smtp://127.0.0.1:1", "TIJDIG_MAIL_FROM": "Tijdig <kwaliteit@zorg.nl>"}


@dataclass
class Scripted:
    """A channel that answers by the address: an SMTP code, None for no answer after the data, or an error."""

    answers: dict[str, int | Exception | None] = field(default_factory=dict)
    sent: list[EmailMessage] = field(default_factory=list)
    batch: int = 1
    repeatable: bool = False

    def send(self, mail: EmailMessage) -> Outcome:
        self.sent.append(mail)
        answer = self.answers.get(mail["To"], 250)
        if isinstance(answer, Exception):
            raise answer
        return Outcome(answer, mail["Message-ID"], temporary=answer is not None and 400 <= answer < 500)

    def close(self) -> None:
        pass

    @property
    def to(self) -> list[str]:
        return [mail["To"] for mail in self.sent]


@dataclass
class PostOffice:
    """A database with people and mails, and deliveries from it."""

    store: Store
    data: Path
    channel: Scripted = field(default_factory=Scripted)

    def mail(self, person: str = "ann", **more: Any) -> int:
        """A mail that stands ready; the number of it."""
        with self.store.write() as session:
            if session.get(Person, person) is None:
                session.add(Person(id=person, name=person.title()))
                session.flush()
                session.add(Address(person_id=person, since=date(2021, 1, 1), email=f"{person}@zorg.nl"))
            number = len(session.exec(select(Mail)).all()) + 1
            row: dict[str, Any] = {
                "key": f"k{number}", "person_id": person, "address": f"{person}@zorg.nl", "kind": "A",
                "day": NOW.date(), "subject": "Te doen", "text": "Doe dit.\n",
                "html": "<html><body>\n<p>Doe dit.</p></body></html>\n",
                "next_try_at": datetime(1970, 1, 1, tzinfo=UTC),
                "created_at": NOW,
            }  # fmt: skip
            mail = Mail(**row | more)
            session.add(mail)
            session.flush()
            return mail.id or 0

    def about(
        self,
        mail: int,
        *,
        stands: bool = True,
        basis: str = "norm",
        fatal: bool = False,
        late_from: datetime | None = None,
    ) -> None:
        """Let the mail tell a notice about a task."""
        with self.store.write() as session:
            case = Case(code=f"ORA-2021-{mail:03d}", procedure="p", subject="lid-014", definition_id=1, settings_id=1,
                        calendar_id=1, opened_on=NOW.date(), changed_at=NOW, version=12)  # fmt: skip
            session.add(case)
            session.flush()
            entry = Log(case_id=case.id or 0, seq=1, at=NOW, kind="task", key="judge/1/task/", hash=b"h")
            session.add(entry)
            session.flush()
            notice = Notice(
                log_id=entry.id or 0, case_id=case.id or 0, kind="A", role="r", step="judge", round=1, variables="{}",
                fatal=fatal, state="klaar",
            )  # fmt: skip
            session.add(notice)
            session.flush()
            session.add(MailNotice(mail_id=mail, notice_id=notice.id or 0))
            if stands:
                session.add(OpenObligation(
                    case_id=case.id or 0, step="judge", round=1, kind="step", label="Doe", role="r", basis=basis,
                    opened_on=NOW.date(), fatal=fatal, late_from=late_from,
                ))  # fmt: skip

    def deliver(self, now: datetime = NOW, *, wall: datetime = WALL, files: bool = False, **env: str) -> dict[str, int]:
        settings = Settings.read({"TIJDIG_DATA": str(self.data), **(ON | env)})
        return deliver(self.store, now=now, wall=wall, settings=settings, channel=None if files else self.channel)

    def states(self) -> list[str]:
        with self.store.read() as session:
            return list(session.exec(select(Mail.state).order_by(col(Mail.id))))

    def get(self, mail: int = 1) -> Mail:
        with self.store.read() as session:
            return session.get_one(Mail, mail)

    def incidents(self) -> list[str]:
        with self.store.read() as session:
            return sorted(key for key in session.exec(select(Incident.key)) if key)

    def settle(self, mail: int, how: str, reason: str = REASON) -> None:
        with self.store.write() as session:
            settle(session, mail, how, by="bea", reason=reason, now=NOW)


@pytest.fixture(scope="module")
def empty(shared_databases: Databases, migrated: str) -> str:
    address = shared_databases.copy(migrated)
    store = Store.at(address)
    with store.write() as session:
        session.add(Installation(uuid="uuid", mode="live", created_at=NOW))
        pins.first_versions(session, now=NOW, by="test")
        session.add(Definition(procedure="p", revision=1, language=1, sha256="s", snapshot="{}", published_at=NOW))
    store.close()
    return address


@pytest.fixture
def post(databases: Databases, empty: str, tmp_path: Path) -> Iterator[PostOffice]:
    store = Store.at(databases.copy(empty))
    yield PostOffice(store, tmp_path)
    store.close()


# --- what becomes of a mail

ANSWERS = [
    pytest.param(250, "verzonden", "sent", id="accepted"),
    pytest.param(451, "wacht", "waiting", id="refused for now"),
    pytest.param(550, "mislukt", "failed", id="refused for good"),
    pytest.param(None, "onzeker", "uncertain", id="no answer after the data"),
]


@pytest.mark.parametrize(("answer", "state", "counted"), ANSWERS)
def test_what_the_server_answers_is_what_becomes_of_it(post: PostOffice, answer: int | None, state: str, counted: str):
    post.mail()
    post.channel.answers["ann@zorg.nl"] = answer

    counts = post.deliver()

    assert post.states() == [state]
    assert {name: n for name, n in counts.items() if n} == {counted: 1}
    assert post.get().code == answer
    assert post.incidents() == (["mail/1"] if state in ("mislukt", "onzeker") else [])


def test_one_failing_address_holds_nobody_up(post: PostOffice):
    for person in ("ann", "bob", "cor", "dee"):
        post.mail(person)
    post.channel.answers |= {"ann@zorg.nl": 451, "bob@zorg.nl": 550, "cor@zorg.nl": None}

    post.deliver()

    assert post.states() == ["wacht", "mislukt", "onzeker", "verzonden"]


def test_a_mail_is_sent_once(post: PostOffice):
    post.mail()
    post.deliver()

    assert post.deliver(NOW + timedelta(hours=1), wall=WALL + timedelta(hours=1))["sent"] == 0
    assert len(post.channel.sent) == 1


def test_a_refusal_for_now_is_tried_again_later_and_later(post: PostOffice):
    post.mail()
    post.channel.answers["ann@zorg.nl"] = 451
    tried = []
    for minute in range(90):
        before = len(post.channel.sent)
        post.deliver(wall=WALL + timedelta(minutes=minute))
        tried += [minute] * (len(post.channel.sent) - before)

    assert tried == [0, 1, 6, 21, 81]

    post.channel.answers.clear()
    post.deliver(wall=WALL + timedelta(days=1))
    assert post.states() == ["verzonden"]


def test_a_server_that_cannot_be_reached_keeps_all_mails_and_is_one_incident(post: PostOffice):
    post.mail("ann")
    post.mail("bob")
    post.channel.answers["ann@zorg.nl"] = Unreachable("no route")

    assert post.deliver()["waiting"] == 2
    assert post.channel.to == ["ann@zorg.nl"]
    assert post.incidents() == ["mail-server"]

    post.channel.answers.clear()
    assert post.deliver(wall=WALL + timedelta(hours=1))["sent"] == 2
    assert post.incidents() == []


# --- uncertain

STRICT = [
    pytest.param("contract", True, id="a fatal date"),
    pytest.param("wettelijk", False, id="a statutory date"),
]


@pytest.mark.parametrize(("basis", "fatal"), STRICT)
def test_an_uncertain_mail_on_a_strict_date_goes_once_more_and_says_so(post: PostOffice, basis: str, fatal: bool):
    post.about(post.mail(fatal=fatal), basis=basis, fatal=fatal)
    post.channel.answers["ann@zorg.nl"] = None

    assert post.deliver()["waiting"] == 1
    assert post.get().why == UNCERTAIN_ONCE
    assert post.deliver(wall=WALL + timedelta(minutes=2))["uncertain"] == 1
    post.deliver(wall=WALL + timedelta(days=1))

    first, second = post.channel.sent
    assert first["Message-ID"] == second["Message-ID"]
    assert [AGAIN in part.get_content() for mail in (first, second) for part in mail.iter_parts()] == [
        False, False, True, True,
    ]  # fmt: skip
    assert post.states() == ["onzeker"]


def test_a_process_that_died_with_the_data_in_its_hands_leaves_the_mail_uncertain(post: PostOffice):
    post.mail(state="bezig", leased_until=WALL + LEASE)

    post.deliver()
    assert post.states() == ["bezig"]  # its lease may still be used

    post.deliver(wall=WALL + LEASE + timedelta(seconds=1))
    assert post.states() == ["onzeker"]
    assert post.channel.sent == []


# --- at the claim


def test_what_no_longer_stands_is_not_sent(post: PostOffice):
    post.about(post.mail("ann"), stands=False)
    post.about(post.mail("bob"))

    post.deliver()

    assert post.states() == ["vervallen", "verzonden"]
    assert post.get().why == "niet meer nodig: de taak is klaar of vervallen"


def test_yesterdays_digest_is_not_sent(post: PostOffice):
    post.mail(kind="B", day=date(2021, 10, 8))

    post.deliver()

    assert post.states() == ["vervallen"]


def test_a_mail_follows_the_newest_address(post: PostOffice):
    post.mail()
    with post.store.write() as session:
        session.add(Address(person_id="ann", since=NOW.date(), email="ann@nieuw.nl"))

    post.deliver()

    assert post.channel.to == ["ann@nieuw.nl"]
    assert post.get().address == "ann@nieuw.nl"


def test_a_subject_with_a_line_break_fails_and_stops_nobody(post: PostOffice):
    post.mail("ann", subject="Te doen\r\nBcc: alle@zorg.nl")
    post.mail("bob")

    post.deliver()

    assert post.states() == ["mislukt", "verzonden"]
    assert post.channel.to == ["bob@zorg.nl"]


def test_outside_the_window_only_what_would_come_too_late_is_sent(post: PostOffice):
    post.about(post.mail("ann", fatal=True), fatal=True, late_from=datetime(2021, 10, 12, 9, 0, tzinfo=UTC))
    post.about(post.mail("bob", fatal=True), fatal=True, late_from=datetime(2021, 10, 12, 15, 0, tzinfo=UTC))
    post.mail("cor")

    post.deliver(EVENING)

    assert post.states() == ["verzonden", "klaar", "klaar"]


# --- modes


def test_while_mailing_is_off_mails_stay_ready(post: PostOffice):
    post.mail()

    assert post.deliver(TIJDIG_MAIL="uit")["waiting"] == 1
    assert post.states() == ["klaar"]


def test_redirected_mail_says_for_whom_it_was(post: PostOffice):
    post.mail()

    post.deliver(TIJDIG_MAIL="omleiden", TIJDIG_MAIL_REDIRECT="proef@zorg.nl")

    (mail,) = post.channel.sent
    assert mail["To"] == "proef@zorg.nl"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert text.startswith("Oorspronkelijk aan: ann@zorg.nl\n")
    assert "<p>Oorspronkelijk aan: ann@zorg.nl</p>" in html


@pytest.mark.parametrize("missing", ["TIJDIG_SMTP_URL", "TIJDIG_MAIL_FROM"])
def test_mailing_without_a_setting_that_it_needs_is_refused(post: PostOffice, missing: str):
    post.mail()

    with pytest.raises(Misconfigured, match=missing):
        post.deliver(**{missing: ""})


def test_an_example_address_is_never_mailed_from_a_live_installation(post: PostOffice):
    post.mail()
    with post.store.write() as session:
        session.add(Address(person_id="ann", since=NOW.date(), email="ann@zorg.example"))

    post.deliver()

    assert post.states() == ["mislukt"]
    assert post.channel.sent == []


def test_old_news_is_not_sent_when_mailing_goes_on_but_what_is_fatal_is(post: PostOffice):
    old = NOW - timedelta(days=5, minutes=1)
    post.mail("ann", created_at=old)
    post.mail("bob", created_at=old, fatal=True)
    post.mail("cor", created_at=old + timedelta(minutes=2))
    post.mail("dee", created_at=old, attempts=3, state="wacht")

    post.deliver()

    assert post.states() == ["vervallen", "verzonden", "verzonden", "verzonden"]


@pytest.mark.parametrize("env", [{}, {"TIJDIG_MAIL": "uit"}, {"TIJDIG_SMTP_URL": "smtp://mail.zorg.nl"}])
def test_in_a_trial_mails_become_files_whatever_the_settings_say(post: PostOffice, env: dict[str, str]):
    with post.store.write() as session:
        session.get_one(Installation, 1).mode = "trial"
    post.mail(state="bezig", leased_until=WALL + LEASE)  # of a process that died: a file may be written again

    counts = post.deliver(files=True, **{"TIJDIG_SMTP_URL": "", **env})

    assert counts["sent"] == 1
    (file,) = (post.data / "mail").glob("*.eml")
    assert message_from_bytes(file.read_bytes(), policy=default)["To"] == "ann@zorg.nl"
    assert not (post.data / "sent.journal").exists()


# --- what is in it


def test_the_headers_are_those_of_the_spec(post: PostOffice):
    post.mail(thread="ORA-2021-007", subject="Te doen uiterlijk vr 15 okt 2021: één oordeel")

    post.deliver()

    (mail,) = post.channel.sent
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert {name: str(mail[name]) for name in mail if name not in ("Content-Type", "MIME-Version")} == {
        "From": "Tijdig <kwaliteit@zorg.nl>",
        "To": "ann@zorg.nl",
        "Subject": "Te doen uiterlijk vr 15 okt 2021: één oordeel",
        "Date": "Mon, 11 Oct 2021 10:00:00 +0200",
        "Message-ID": message_id("uuid", "k1"),
        "References": str(mail["References"]),
        "Reply-To": "Tijdig <kwaliteit@zorg.nl>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": "nl",
    }
    assert mail["References"].endswith(".dossier@uuid.tijdig>")


def test_a_link_is_in_the_mail_that_goes_out_and_only_its_hash_is_stored(post: PostOffice):
    mark = links.mark(links.Task(1, "judge", 1))
    number = post.mail(
        text=f"Open: https://tijdig.example{mark}\n", html=f'<body><a href="https://t{mark}">x</a></body>'
    )
    post.about(number)
    post.channel.answers["ann@zorg.nl"] = 451
    post.deliver()
    post.deliver(wall=WALL + timedelta(minutes=2))

    first, second = (mail.get_body(("plain",)).get_content().split("/t/")[1].strip() for mail in post.channel.sent)

    assert first == second
    assert len(first) == 43
    assert first in post.channel.sent[0].get_body(("html",)).get_content()
    with post.store.read() as session:
        (link,) = session.exec(select(Link))
        assert link.token_sha256 == links.hashed(first)
        assert (link.person_id, link.case_id, link.step, link.round, link.version) == ("ann", 1, "judge", 1, 12)
        assert first not in post.get().text
        assert links.live_link(session, first, now=NOW) == link
        assert links.live_link(session, first, now=NOW + timedelta(days=400)) is None
        assert links.live_link(session, "x" * 43, now=NOW) is None


def test_a_link_ends_when_it_is_revoked(post: PostOffice):
    number = post.mail(text=f"{links.mark(links.Task(1, 'judge', 1))}\n")
    post.about(number)
    post.deliver()
    token = post.channel.sent[0].get_body(("plain",)).get_content().split("/t/")[1].strip()

    with post.store.write() as session:
        assert links.live_link(session, token, now=NOW)
        assert links.revoke(session, "ann", now=NOW) == 1
    with post.store.write() as session:
        assert links.live_link(session, token, now=NOW) is None


def test_what_may_have_gone_out_is_noted_beside_the_database_first(post: PostOffice):
    post.mail()
    post.channel.answers["ann@zorg.nl"] = RuntimeError("the process dies here")
    with pytest.raises(RuntimeError):
        post.deliver()

    assert (post.data / "sent.journal").read_text().split()[1] == message_id("uuid", "k1")
    assert post.states() == ["bezig"]


# --- what a person settles

SETTLES = [
    pytest.param("onzeker", "resend", "wacht", UNCERTAIN_ONCE, id="an uncertain one again, and it says so"),
    pytest.param("mislukt", "resend", "wacht", REASON, id="a failed one again"),
    pytest.param("onzeker", "arrived", "verzonden", REASON, id="it arrived"),
    pytest.param("aangehouden", "release", "klaar", REASON, id="a held one may go"),
    pytest.param("aangehouden", "drop", "vervallen", REASON, id="a held one may not go"),
]


@pytest.mark.parametrize(("state", "how", "becomes", "why"), SETTLES)
def test_a_person_settles_a_mail(post: PostOffice, state: str, how: str, becomes: str, why: str):
    mail = post.mail(state=state)

    post.settle(mail, how)

    assert (post.get().state, post.get().why) == (becomes, why)
    with post.store.read() as session:
        assert [(event.kind, event.actor) for event in session.exec(select(Event))] == [("settle_mail", "bea")]


SETTLES_NOT = [
    pytest.param("verzonden", "resend", REASON, id="what was sent"),
    pytest.param("aangehouden", "resend", REASON, id="held is not failed"),
    pytest.param("onzeker", "release", REASON, id="uncertain is not held"),
    pytest.param("onzeker", "arrived", "  kort   ", id="without a reason"),
    pytest.param("onzeker", "shred", REASON, id="in another way"),
]


@pytest.mark.parametrize(("state", "how", "reason"), SETTLES_NOT)
def test_what_cannot_be_settled_is_refused(post: PostOffice, state: str, how: str, reason: str):
    mail = post.mail(state=state)

    with pytest.raises(Refused):
        post.settle(mail, how, reason)

    assert post.states() == [state]


def test_settling_a_failure_ends_its_incident(post: PostOffice):
    mail = post.mail()
    post.channel.answers["ann@zorg.nl"] = 550
    post.deliver()

    post.settle(mail, "drop")

    assert post.incidents() == []


def test_a_letter_by_post_is_never_released_to_the_server(post: PostOffice):
    mail = post.mail(state="aangehouden", why="per post: druk het af en verstuur het")

    with pytest.raises(Refused):
        post.settle(mail, "release")
    post.settle(mail, "arrived")

    assert post.states() == ["verzonden"]


def test_a_restored_installation_holds_its_mail_until_it_is_released(post: PostOffice):
    for person, state in (("ann", "klaar"), ("bob", "wacht"), ("cor", "bezig"), ("dee", "aangehouden")):
        post.mail(person, state=state)
    with post.store.write() as session:
        hold_all(session)
    assert post.deliver()["held"] == 3
    assert post.states() == ["aangehouden", "aangehouden", "onzeker", "aangehouden"]

    with post.store.write() as session:
        release_all(session)
    assert post.deliver()["sent"] == 2
    assert post.states() == ["verzonden", "verzonden", "onzeker", "aangehouden"]


def test_the_outbox_traces_a_mail_to_its_case_and_effect(post: PostOffice):
    post.about(post.mail())
    post.mail("bob", state="onzeker")

    with post.store.read() as session:
        first, _ = outbox(session)
        assert (first["mail"], first["cases"], first["effects"]) == (1, ["ORA-2021-001"], ["judge/1/task/"])
        assert [mail["person"] for mail in outbox(session, "onzeker")] == ["bob"]
