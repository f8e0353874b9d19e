"""What mails say, whole (ux.md section 6): golden files, and the same words in text and HTML."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tijdig.engine.calendar import Calendar, midnight
from tijdig.service.letters import (
    Digest,
    Letter,
    Reader,
    alarm_letter,
    digest_letter,
    head_letter,
    incidents_letter,
    notice_letter,
    overdue_letter,
)
from tijdig.service.matters import Matter, Pending

Golden = Callable[[str, str], None]

MONDAY = date(2021, 10, 11)
NOW = datetime(2021, 10, 11, 6, 0, tzinfo=UTC)
READER = Reader("ann", MONDAY, "https://tijdig.example", "4F1C09AB")

JUDGE = Matter(
    7, "ORA-2021-007", "lid-014", False, "judge", 1, True, "step", "Geef een oordeel: groen of rood",
    "kwaliteitsadviseur", "", date(2021, 10, 15), "", midnight(date(2021, 10, 16)), date(2021, 10, 15), "norm",
)  # fmt: skip
GOAL = replace(JUDGE, step="norm", kind="goal", asks="Groen of rood", role="")
EVIDENCE = replace(JUDGE, step="improve", asks="Lever het bewijs aan", role="lid")
ACTIONS = replace(
    JUDGE, case_id=9, code="ORA-2021-009", subject="lid-031", step="send_actions",
    asks="Stuur het lid de verbeterpunten",
    due=date(2021, 10, 8), late_from=midnight(date(2021, 10, 9)), safe=date(2021, 10, 8), basis="intern",
)  # fmt: skip
TENDER = replace(
    JUDGE, case_id=11, code="INS-2021-001", subject="ZK-2021-03", step="filed", asks="Dien de inschrijving in",
    role="inkoper", due=date(2021, 10, 29), due_time="17:00", basis="contract", fatal=True,
    late_from=datetime(2021, 10, 29, 15, tzinfo=UTC), safe=date(2021, 10, 29),
)  # fmt: skip
VISIT = replace(
    JUDGE, case_id=3, code="BEZ-2021-003", subject="lid-009", step="visit", asks="Bedrijfsbezoek",
    due=date(2021, 11, 15), late_from=midnight(date(2021, 11, 16)), safe=date(2021, 11, 15),
)  # fmt: skip


def notice(kind: str, matter: Matter, role: str = "", **said: Any) -> Pending:
    about = {"title": "Oranje dossier", "asks": matter.asks, "responsible": matter.role, **said}
    key = f"{matter.step}/1/{kind}/"
    return Pending(1, key, kind, role or matter.role, about, matter.fatal, False, NOW, matter)


LETTERS = {
    "task": lambda: notice_letter(
        notice("A", replace(JUDGE, start_on=date(2021, 10, 13)), escalates_on="2021-10-18", escalates_to="directeur"),
        READER,
    ),
    "task-fatal-with-hour": lambda: notice_letter(notice("A", TENDER, title="Inschrijving"), READER),
    "task-without-date": lambda: notice_letter(
        notice("A", replace(JUDGE, due=None, late_from=None, safe=None, basis=""), undated="X-16"), READER
    ),
    "task-namens": lambda: notice_letter(notice("A", JUDGE), replace(READER, behalf="Anna de Vries")),
    "task-by-post": lambda: notice_letter(notice("A", EVIDENCE), replace(READER, channel="post")),
    "task-uncertain": lambda: notice_letter(notice("A", replace(VISIT, uncertain=True)), READER),
    "approval": lambda: notice_letter(
        notice("C", replace(JUDGE, asks="Besluit over het zorgaanbodplan", code="ZAP-2021-004", subject="lid-022",
                            due=date(2021, 10, 13), basis="intern", role="directeur"), title="ZAP-goedkeuring"),
        READER,
    ),
    "escalation": lambda: notice_letter(
        notice("D", ACTIONS, "directeur", reminded=["2021-09-24", "2021-10-01"]), READER
    ),
    "escalation-never-reminded": lambda: notice_letter(notice("D", ACTIONS, "directeur"), READER),
    "overdue-when-taken-over": lambda: overdue_letter(
        [notice("D", ACTIONS, "directeur"), notice("D", TENDER, "directeur")], READER
    ),
    "reminder": lambda: notice_letter(notice("E", EVIDENCE, told_on="2021-07-23"), READER),
    "reminder-on-the-last-day": lambda: notice_letter(
        notice("E", EVIDENCE), replace(READER, today=date(2021, 10, 15))
    ),
    "reminder-to-who-looks-after-it": lambda: notice_letter(
        notice("E", EVIDENCE, "kwaliteitsadviseur", told_on="2020-12-23"), READER
    ),
    "changed": lambda: notice_letter(
        notice("F", VISIT, before="2021-11-12", after="2021-11-15", reason="de boerderij is die dag dicht"), READER
    ),
    "decision": lambda: notice_letter(
        notice("G", replace(JUDGE, closed=True, stands=False), "lid", outcome="Groen", day="2021-10-14"),
        replace(READER, person="lid-014"),
    ),
    "decision-case-goes-on": lambda: notice_letter(
        notice("G", replace(JUDGE, stands=False), "kwaliteitsadviseur", outcome="Geen rood", day="2021-10-14",
               responsible="directeur"), READER
    ),
    "alarm-nothing-held": lambda: alarm_letter(63, 0, 50, "beheerder", READER),
    "alarm": lambda: alarm_letter(63, 13, 50, "beheerder", READER),
    "incidents": lambda: incidents_letter(
        [("ORA-2021-009: the database is locked.", "Mend what it names, then: tijdig retry.", date(2021, 10, 8)),
         ("De rol wzd-functionaris wordt door niemand bezet.", "Wijs de rol toe.", date(2021, 10, 7))],
        "beheerder", READER,
    ),
    "seal": lambda: head_letter(123, "3f9a" * 16, 1, "beheerder", READER),
    "seal-after-a-restore": lambda: head_letter(123, "3f9a" * 16, 2, "beheerder", READER),
    "digest": lambda: digest_letter(
        Digest(
            [(ACTIONS, ""), (JUDGE, "Anna de Vries")],
            [(notice("E", JUDGE), ""), (notice("A", TENDER), ""), (notice("E", EVIDENCE, "kwaliteitsteam"), ""),
             (notice("F", VISIT, before="2021-11-12"), ""),
             (notice("G", JUDGE, outcome="Groen", day="2021-10-08"), "")],
        ),
        NOW, Calendar(), replace(READER, waiting=4),
    ),
    "digest-of-one": lambda: digest_letter(Digest([(ACTIONS, "")], []), NOW, Calendar(), READER),
    "reminder-of-a-goal": lambda: notice_letter(
        notice("E", GOAL, "kwaliteitsadviseur"), READER
    ),
    "reminder-suspension-ends": lambda: notice_letter(
        notice("E", replace(JUDGE, step="answer", kind="goal", asks="Antwoord op de klacht", role="", due=None),
               "klachtenfunctionaris", rule="suspension_ends", nominal="2021-10-13"), READER
    ),
    "escalation-of-a-goal": lambda: notice_letter(
        notice("D", GOAL, "directeur"), READER
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_reads_as_its_golden_file(name: str, golden: Golden):
    letter = LETTERS[name]()

    golden(f"mail/{name}.txt", f"Onderwerp: {letter.subject}\n\n{letter.text}")
    golden(f"mail/{name}.html", letter.html)


@pytest.mark.parametrize("name", LETTERS)
def test_text_and_html_say_the_same_words(name: str):
    letter = LETTERS[name]()

    assert words(letter.text) == words(html.unescape(re.sub(r"<[^>]+>", " ", re.sub("</?strong>", "", letter.html))))


@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_ends_by_saying_why(name: str):
    closing = LETTERS[name]().text.splitlines()[-1]

    assert re.fullmatch(
        r"Waarom krijgt u dit bericht\? U hebt de rol .+ voor .+\. Regel: .+\. Klopt dit niet\? "
        r"(Antwoord op dit bericht|Bel of schrijf ons)\. Nummer: 4F1C09AB\.", closing,
    )  # fmt: skip


def test_what_people_wrote_cannot_become_html_or_a_second_line_of_the_subject():
    sly = notice(
        "F", replace(VISIT, asks="Bezoek <b>nu</b>\r\nBcc: x@y.example"), before="2021-11-12", reason="a <i>b</i>"
    )

    letter = notice_letter(sly, READER)

    assert letter.subject == "Nieuwe datum: bezoek <b>nu</b> Bcc: x@y.example lid 009, nu uiterlijk ma 15 nov 2021"
    assert "<i>" not in letter.html
    assert "A &lt;i&gt;b&lt;/i&gt;." in letter.html


def test_a_long_title_is_cut_in_the_subject_and_whole_in_the_text():
    asks = "Controleer of alle verbeteracties uit de dossiercontrole van het vorige jaar aantoonbaar zijn uitgevoerd"

    letter = notice_letter(notice("A", replace(JUDGE, asks=asks)), READER)

    assert letter.subject == (
        "Te doen uiterlijk vr 15 okt 2021: "
        "controleer of alle verbeteracties uit de dossiercontrole van het vorige jaar…, lid 014"
    )
    assert f"Wat doet u? {asks}." in letter.text


def test_a_digest_shows_what_fits_and_says_how_much_more_there_is():
    many = [(replace(ACTIONS, subject=f"lid-{n:03d}"), "") for n in range(1, 44)]

    letter = digest_letter(Digest(many, []), NOW, Calendar(), READER)

    assert letter.subject == "Uw werk op ma 11 okt 2021: 43 verlopen"
    assert letter.text.count("■") == 40
    assert "- en nog 3, zie Mijn werk: https://tijdig.example/" in letter.text


def words(text: str) -> list[str]:
    return [word for word in text.split() if word != "-"]


def test_letters_hold_no_images_and_no_tracker():
    for make in LETTERS.values():
        letter: Letter = make()
        assert not re.search(r"<(img|script|link|iframe)|url\(", letter.html)


OWN = replace(EVIDENCE, procedure="orange-12w")


@pytest.mark.parametrize(
    ("kind", "rule", "subject"),
    [
        ("E", "reminder_w4", "Herinnering: nog acht weken"),
        ("E", "reminder_w8", "Herinnering: nog vier weken"),
        ("D", "escalated", "Escalatie: termijn van twaalf weken verstreken"),  # its words for any escalation
        ("E", "by_hand", "Herinnering: lever het bewijs aan, lid 014, uiterlijk vr 15 okt 2021 (nog 4 dagen)"),
    ],
)
def test_a_procedure_brings_its_own_words_for_a_rule_or_a_letter(kind: str, rule: str, subject: str):
    assert notice_letter(notice(kind, OWN, rule=rule, told_on="2021-07-23"), READER).subject == subject


def test_own_words_without_html_are_text_alone_and_may_name_the_member():
    reader = replace(READER, name_of={"lid-014": "Zorgboerderij De Hoeve"}.__getitem__)

    letter = notice_letter(notice("E", OWN, rule="reminder_w4", told_on="2021-07-23"), reader)

    assert letter.html == ""
    assert letter.text == (
        "Geachte Zorgboerderij De Hoeve, uw dossier staat sinds 2021-07-23 op oranje. Uiterlijk 2021-10-15 moet het op "
        "groen staan. Stuur uw voortgang aan uw kwaliteitsadviseur.\n"
    )
