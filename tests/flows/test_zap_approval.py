"""From a plan to an arrangement, day by day: C-11 and C-12 of domain/cooperative.md, X-05, X-16 and X-17 as settings.

A row is a day, what somebody does on it, and what comes of it, as in test_orange_status.py.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select, update

from flows.zap_approval import ZAP_APPROVAL, ZAP_ARRANGEMENT
from models.message import Mail
from models.operation import Installation
from models.organisation import Person
from models.session import Store
from tests.databases import Databases
from tests.service.office import Office
from tests.service.zap_office import PLAN, office, settled, unset
from tijdig.engine.errors import AlreadyOpen, FourEyes, Misconfigured, Refused
from tijdig.service.compose import compose

__all__ = ["office", "settled", "unset"]  # fixtures
ZAP, ZGA = "zap-approval/lid-001", "zap-arrangement/lid-001"
Deed = Callable[[Office], list[str]]
Row = tuple[str, Deed, list[str]]


def opens(by: str = "adviser1", **facts: str) -> Deed:
    return lambda office: office.open("zap-approval", "lid-001", by, **facts)


def files(who: str = "lid-001", behalf: str = "", **form: str) -> Deed:
    return lambda office: office.decide(ZAP, "file", "filed", who, behalf=behalf, **{**PLAN, **form})


def decides(who: str, step: str, outcome: str, case: str = ZAP, **form: str) -> Deed:
    return lambda office: office.decide(case, step, outcome, who, **form)


def approves(who: str = "adviser2", **form: str) -> Deed:
    return decides(who, "decide", "approved", **{"replaces": "nee", **form})


def does(who: str, act: str, case: str = ZAP, **given: str) -> Deed:
    return lambda office: office.act(case, act, who, **given)


def records(case: str = ZAP, **facts: str) -> Deed:
    return lambda office: office.record(case, **facts)


def time_passes(office: Office) -> list[str]:
    return office.sweep()


def play(office: Office, rows: list[Row]) -> None:
    for day, deed, lines in rows:
        assert (day, deed(office.on(day))) == (day, lines)


OPENED: Row = ("2026-01-05", opens(), ["open case", "task file > A lid"])
FILED: Row = (
    "2026-01-12", files(),
    ["decide file filed", "task wlz_opinion > A wlz-team", "task quality_opinion > A kwaliteitsteam"],
)  # fmt: skip
FILED_VG7: Row = ("2026-01-12", files(vg7="ja"), [*FILED[2], "task vg7_advice > A gedragskundige"])
WLZ: Row = ("2026-01-14", decides("wlz1", "wlz_opinion", "positive"), ["decide wlz_opinion positive"])
QUALITY: Row = (
    "2026-01-15", decides("quality1", "quality_opinion", "positive"),
    ["decide quality_opinion positive", "task decide > C kwaliteitsadviseur"],
)  # fmt: skip
TOLD = ["decide decide approved > G lid, G zorgadministratie", "open decide zap-arrangement", "close case approved"]
APPROVED: Row = ("2026-01-19", approves(), [*TOLD, "open case"])
RETURNED: Row = (
    "2026-01-19", decides("adviser1", "decide", "returned", missing="Nachtdienst beschrijven."),
    ["decide decide returned > G lid", "task file#2 > A lid"],
)  # fmt: skip

TIMELINES = [
    pytest.param([
        OPENED,
        ("2027-01-05", time_passes, []),
    ], "open", id="C-11 a member that was asked files when it wants (X-16)"),
    pytest.param([OPENED, FILED, WLZ, QUALITY, APPROVED], "approved", id="C-11 two opinions, then the approval"),
    pytest.param([
        OPENED,
        FILED,
        ("2026-01-27", time_passes, ["escalate wlz_opinion late > D directeur"]),
        ("2026-02-03", time_passes, ["escalate quality_opinion late > D directeur"]),
        ("2026-06-01", time_passes, []),
    ], "open", id="C-11 each opinion has its own term"),
    pytest.param([
        OPENED,
        FILED_VG7,
        WLZ,
        ("2026-01-15", decides("quality1", "quality_opinion", "positive"), ["decide quality_opinion positive"]),
        ("2026-01-20", decides("behaviour1", "vg7_advice", "positive"), [
            "decide vg7_advice positive", "task decide > C kwaliteitsadviseur"]),
        ("2026-01-21", approves(), [*TOLD, "open case"]),
    ], "approved", id="C-12 with VG7 the decision waits for the advice too (X-17)"),
    pytest.param([
        OPENED,
        FILED,
        WLZ,
        QUALITY,
        RETURNED,
        ("2026-02-17", time_passes, ["escalate file#2 overdue > D kwaliteitsadviseur"]),  # four weeks and a day
        ("2026-02-20", files(), [
            "decide file#2 filed", "task wlz_opinion#2 > A wlz-team", "task quality_opinion#2 > A kwaliteitsteam"]),
        ("2026-02-23", decides("wlz1", "wlz_opinion", "positive"), ["decide wlz_opinion#2 positive"]),
        ("2026-02-24", decides("quality1", "quality_opinion", "negative"), [
            "decide quality_opinion#2 negative", "task decide#2 > C kwaliteitsadviseur"]),
        ("2026-02-25", decides("adviser2", "decide", "refused"), [
            "decide decide#2 refused > G lid", "close case refused"]),
    ], "refused", id="X-16 returned with a fresh term, judged anew, refused"),
    pytest.param([
        OPENED,
        FILED,
        ("2026-01-13", does("adviser1", "withdraw"), ["close case withdrawn"]),
        ("2026-06-01", time_passes, []),
    ], "withdrawn", id="C-11 withdrawn while it is being judged"),
    pytest.param([
        OPENED,
        FILED,
        WLZ,
        QUALITY,
        RETURNED,
        ("2026-01-26", decides("lid-001", "file", "withdrawn"), ["decide file#2 withdrawn", "close case withdrawn"]),
    ], "withdrawn", id="C-11 the member withdraws by its link instead of repairing"),
    pytest.param([
        OPENED,
        ("2026-01-12", files(sector="vv", care="care_24h"), [
            "decide file filed", "task decide > C kwaliteitsadviseur"]),
        ("2026-01-13", decides("adviser1", "decide", "not_needed"), [
            "decide decide not_needed > G lid", "close case not_needed"]),
    ], "not_needed", id="X-05 what needs no plan is asked of nobody"),
    pytest.param([
        OPENED,
        ("2026-01-12", files(declares_from="2026-03-02"), FILED[2]),
        ("2026-01-27", time_passes, ["escalate wlz_opinion late > D directeur"]),
        ("2026-02-03", time_passes, ["escalate quality_opinion late > D directeur"]),
        ("2026-02-13", time_passes, ["remind before_care two_weeks > E kwaliteitsadviseur"]),
        ("2026-03-02", time_passes, ["escalate before_care overdue > D directeur"]),
    ], "open", id="C-11 no decision before the first declaration"),
    pytest.param([
        OPENED,
        FILED,
        ("2026-01-20", records(left_on="2026-02-02"), []),
        ("2026-02-02", time_passes, ["escalate wlz_opinion late > D directeur", "close case left"]),
    ], "left", id="the member leaves meanwhile"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "state"), TIMELINES)
def test_a_plan_day_by_day(office: Office, rows: list[Row], state: str):
    play(office, rows)

    assert office.state(ZAP) == state


# --- what the decision hangs on

READY: list[Row] = [OPENED, FILED, WLZ, QUALITY]
QUALITY_NEGATIVE: Row = (
    "2026-01-15", decides("quality1", "quality_opinion", "negative"),
    ["decide quality_opinion negative", "task decide > C kwaliteitsadviseur"],
)  # fmt: skip


def ready(office: Office, *rows: Row) -> None:
    play(office, list(rows))
    office.on("2026-01-19")


@pytest.mark.parametrize(
    ("binding", "state"),
    [pytest.param("nee", "approved", id="X-16 as it stands: the KA decides"),
     pytest.param("ja", "open", id="the other reading: a negative opinion binds")],
)  # fmt: skip
def test_a_negative_opinion_is_weighed_or_binds_as_the_house_chose(office: Office, binding: str, state: str):
    office.choose("zap_opinion_binding", binding)
    ready(office, OPENED, FILED, WLZ, QUALITY_NEGATIVE)

    if state == "open":
        with pytest.raises(Refused, match="'approved' is not possible now"):
            approves()(office)
    else:
        approves()(office)
    assert office.state(ZAP) == state


def test_with_one_opinion_required_the_decision_does_not_wait_for_the_other(office: Office):
    office.choose("zap_opinions_required", "1")

    play(office, [OPENED, FILED, ("2026-01-14", WLZ[1], [*WLZ[2], "task decide > C kwaliteitsadviseur"]), APPROVED])


def test_an_opinion_that_is_passed_over_does_not_count_as_given(office: Office):
    play(office, [OPENED, FILED, WLZ])

    assert does("adviser1", "not-applicable", step="quality_opinion")(office) == []
    assert office.tasks(ZAP) == []


ADVICES = [
    pytest.param("ja", "positive", True, id="X-17 before: positive"),
    pytest.param("ja", "negative", False, id="X-17 before: negative"),
    pytest.param("nee", "positive", True, id="X-17 after: positive already"),
    pytest.param("nee", "negative", False, id="X-17 after: negative already"),
    pytest.param("nee", "", True, id="X-17 after: not given yet"),
]


@pytest.mark.parametrize(("first", "advice", "may"), ADVICES)
def test_vg7_is_approved_only_as_far_as_the_advice_goes(office: Office, first: str, advice: str, may: bool):
    office.choose("vg7_before_start", first)
    office.on("2026-01-05").open("zap-approval", "lid-001")
    files(vg7="ja")(office)
    if advice:
        office.decide(ZAP, "vg7_advice", advice, "behaviour1")
    office.decide(ZAP, "wlz_opinion", "positive", "wlz1")
    office.decide(ZAP, "quality_opinion", "positive", "quality1")

    if may:
        approves()(office)
    else:
        with pytest.raises(Refused, match="'approved' is not possible now"):
            approves()(office)
    assert office.tasks(ZGA if may else ZAP) == (
        [] if advice and may else ["vg7_advice gedragskundige"] if may else ["decide kwaliteitsadviseur"]
    )


def test_without_the_advice_on_vg7_nothing_is_decided_while_it_must_come_first(office: Office):
    play(office, [OPENED, FILED_VG7, WLZ])
    office.decide(ZAP, "quality_opinion", "positive", "quality1")
    assert office.tasks(ZAP) == ["vg7_advice gedragskundige"]

    does("adviser1", "not-applicable", step="vg7_advice")(office)

    with pytest.raises(Refused, match="'approved' is not possible now"):
        approves()(office)


@pytest.mark.parametrize("outcome", ["approved", "refused"])
def test_a_decision_says_why(office: Office, outcome: str):
    ready(office, *READY)

    with pytest.raises(Refused, match="reason of at least 10"):
        office.decide(ZAP, "decide", outcome, "adviser1", reason="te kort", replaces="nee")


def test_a_plan_is_returned_with_what_is_missing(office: Office):
    ready(office, *READY)

    with pytest.raises(Refused, match="needs 'missing'"):
        office.decide(ZAP, "decide", "returned", "adviser1")


def test_a_plan_is_filed_with_its_document_and_what_it_is_about(office: Office):
    office.open("zap-approval", "lid-001")

    for name in PLAN:
        with pytest.raises(Refused, match=f"needs '{name}'"):
            office.decide(ZAP, "file", "filed", "lid-001", **{k: v for k, v in PLAN.items() if k != name})


# --- what needs a plan

SCOPES = [
    # sector, care, zap_scope_vv, zap_scope_ghz_ggz, whether opinions are asked
    ("vv", "vpt", "nee", "ja", True),
    ("vv", "care_24h", "nee", "ja", False),
    ("vv", "responsibility_24h", "nee", "ja", False),
    ("vv", "care_24h", "ja", "ja", True),
    ("vv", "responsibility_24h", "ja", "nee", True),
    ("ghz_ggz", "vpt", "nee", "nee", True),
    ("ghz_ggz", "care_24h", "nee", "nee", True),
    ("ghz_ggz", "responsibility_24h", "nee", "ja", True),
    ("ghz_ggz", "responsibility_24h", "ja", "nee", False),
]


@pytest.mark.parametrize(("sector", "care", "vv", "ghz_ggz", "asked"), SCOPES, ids=lambda value: str(value))
def test_which_care_needs_a_plan_is_read_as_the_house_chose(
    office: Office, sector: str, care: str, vv: str, ghz_ggz: str, asked: bool
):
    office.choose("zap_scope_vv", vv)
    office.choose("zap_scope_ghz_ggz", ghz_ggz)
    office.open("zap-approval", "lid-001")

    files(sector=sector, care=care)(office)

    opinions = ["quality_opinion kwaliteitsteam", "wlz_opinion wlz-team"]
    assert office.tasks(ZAP) == (opinions if asked else ["decide kwaliteitsadviseur"])


# --- four eyes

EYES = [
    # what was done other than usual, who decides for whom, whether that is refused
    pytest.param({"filed": ("adviser1", "lid-001")}, "adviser1", "", True, id="who entered the plan for the member"),
    pytest.param({"filed": ("adviser1", "lid-001")}, "adviser2", "adviser1", True, id="the deputy of who entered it"),
    pytest.param({"filed": ("adviser1", "lid-001")}, "adviser2", "", False, id="a colleague of who entered it"),
    pytest.param({"recorded": {"zap": "@zap.pdf"}}, "adviser1", "", True, id="who put the plan in the dossier"),
    pytest.param({"recorded": {"missing": "Niets"}}, "adviser1", "", False, id="who noted something else"),
    pytest.param({"opened": {"vg7": "nee"}}, "adviser1", "", True, id="who filled it in when opening the dossier"),
    pytest.param({"corrected": {"care": "vpt"}}, "adviser1", "", True, id="who corrected what the plan is about"),
    pytest.param({"advised": ("adviser1", "wlz1")}, "adviser1", "", True, id="a deputy who gave an opinion"),
    pytest.param({"advised": ("adviser1", "wlz1")}, "adviser2", "", False, id="a colleague of that deputy"),
    pytest.param({}, "wlz1", "adviser1", True, id="who gave an opinion, as deputy of the adviser"),
    pytest.param({}, "adviser1", "", False, id="who only opened the dossier"),
    pytest.param({"advised": ("beheer", "wlz1")}, "beheer", "", True, id="who may do everything in a trial"),
]  # fmt: skip


@pytest.mark.parametrize(("did", "who", "behalf", "refused"), EYES)
def test_who_entered_the_plan_or_gave_an_opinion_does_not_decide(
    office: Office, did: dict[str, Any], who: str, behalf: str, refused: bool
):
    _judged_by(office, **did)
    office.absent("adviser1", "2026-01-12", "2026-01-16", deputy=who if behalf else None)
    office.on("2026-01-12")

    def decide() -> list[str]:
        return office.decide(ZAP, "decide", "approved", who, behalf=behalf, replaces="nee")

    if refused:
        with pytest.raises(FourEyes):
            decide()
    else:
        assert decide()[:3] == TOLD


def _judged_by(
    office: Office, *, opened: dict[str, str] | None = None, recorded: dict[str, str] | None = None,
    corrected: dict[str, str] | None = None, filed: tuple[str, str] = ("lid-001", ""),
    advised: tuple[str, str] = ("wlz1", ""),
) -> None:  # fmt: skip
    """A plan up to its decision, each thing done by (whom, for whom)."""
    if "beheer" in advised:
        with office.store.write() as session:
            session.exec(select(Installation)).one().mode = "trial"
    office.absent("wlz1", "2026-01-05", "2026-01-09", deputy=advised[0] if advised[0].startswith("adviser") else None)
    office.on("2026-01-05").open("zap-approval", "lid-001", **(opened or {}))
    if recorded:
        office.record(ZAP, **recorded)
    files(*filed)(office)
    if corrected:
        office.correct(ZAP, **corrected)
    office.decide(ZAP, "wlz_opinion", "positive", advised[0], behalf=advised[1])
    office.decide(ZAP, "quality_opinion", "positive", "quality1")


# --- who opens, and on what


@pytest.mark.parametrize(
    ("who", "refused"), [("adviser1", False), ("lid-001", False), ("lid-002", True), ("wlz1", True), ("admin1", True)]
)
def test_the_adviser_or_the_member_itself_opens_it(office: Office, who: str, refused: bool):
    if refused:
        with pytest.raises(Refused, match="U mag dit niet afronden"):
            office.open("zap-approval", "lid-001", who)
    else:
        assert office.open("zap-approval", "lid-001", who)[0] == "open case"


def test_without_terms_no_plan_is_taken_in_and_it_says_what_to_set(unset: str, databases: Databases):
    bare = Office(Store.at(databases.copy(unset)))

    with pytest.raises(Misconfigured, match="tijdig set zap_repair_term"):
        bare.open("zap-approval", "lid-001")
    bare.store.close()


def test_a_member_has_one_plan_in_hand_and_files_another_after_it(office: Office):
    play(office, READY)
    with pytest.raises(AlreadyOpen, match="ZAP-2026-001"):
        office.open("zap-approval", "lid-001")

    approves()(office)

    assert office.open("zap-approval", "lid-001")[0] == "open case"


# --- what was approved runs on

APPROVAL: list[Row] = [*READY, APPROVED]


def test_an_approval_stands_without_end_while_validity_is_unset(office: Office):
    play(office, [*APPROVAL, ("2036-01-05", time_passes, [])])

    assert (office.state(ZGA), office.tasks(ZGA)) == ("open", [])


RENEWALS = [
    pytest.param("renewing", [
        "decide renew renewing", "open renew zap-approval", "close case renewing", "open case", "task file > A lid",
    ], id="a new plan is asked"),
    pytest.param("expiring", ["decide renew expiring > G lid, G zorgadministratie", "close case expiring"],
                 id="it runs out"),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "lines"), RENEWALS)
def test_with_a_validity_the_adviser_is_asked_before_the_end(office: Office, outcome: str, lines: list[str]):
    office.choose("zap_validity", "2 jaar")
    office.choose("zap_renewal_lead", "3 maanden")

    play(office, [
        *APPROVAL,
        ("2027-10-18", time_passes, []),
        ("2027-10-19", time_passes, ["task renew > A kwaliteitsadviseur"]),
        ("2027-10-20", decides("adviser1", "renew", outcome, ZGA), lines),
    ])  # fmt: skip


def test_a_renewal_that_nobody_asks_goes_to_the_director_when_the_approval_is_over(office: Office):
    office.choose("zap_validity", "2 jaar")

    play(office, [
        *APPROVAL,
        ("2028-01-19", time_passes, ["task renew > A kwaliteitsadviseur"]),
        ("2028-01-20", time_passes, ["escalate valid overdue > D directeur"]),
    ])  # fmt: skip


def test_an_unset_validity_is_unset_again(office: Office):
    office.choose("zap_validity", "2 jaar")
    office.choose("zap_validity", "geen")

    play(office, [*APPROVAL, ("2036-01-05", time_passes, [])])


def test_what_was_approved_before_tijdig_is_entered_by_the_director_alone(office: Office):
    known = {"approved_on": "2022-05-02", "sector": "vv", "care": "vpt", "vg7": "nee", "decision": "brief-2022-14"}

    with pytest.raises(Refused, match="De rol directeur"):
        office.open("zap-arrangement", "lid-001", "adviser1", **known)
    assert office.open("zap-arrangement", "lid-001", "director1", **known) == ["open case"]


@pytest.mark.parametrize("act", ["correct", "reopen"])
def test_an_adviser_alone_gives_no_approval_afterwards(office: Office, act: str):
    play(office, APPROVAL)
    if act == "reopen":
        does("adviser1", "withdraw", ZGA)(office)

    with pytest.raises(Refused, match="De rol directeur"):
        office.correct(ZGA, approved_on="2026-01-05") if act == "correct" else does(
            "adviser1", "reopen", ZGA, step="renew"
        )(office)


def test_an_approval_is_taken_back_only_after_what_it_gave_was_cancelled(office: Office):
    play(office, APPROVAL)

    with pytest.raises(Refused, match=r"ZGA-2026-001 follows from 'decide'.*tijdig act ZGA-2026-001 cancel"):
        does("adviser2", "take-back", step="decide")(office)

    does("adviser2", "cancel", ZGA)(office)
    assert does("adviser2", "take-back", step="decide")(office) == ["task decide#2 > C kwaliteitsadviseur"]


@pytest.mark.parametrize("setting", sorted({s.id for p in (ZAP_APPROVAL, ZAP_ARRANGEMENT) for s in p.settings}))
def test_every_setting_is_explained(setting: str):
    assert f"`{setting}`" in (Path(__file__).parents[2] / "docs/zap.md").read_text()


# --- what the mails say

MAILS = [
    # what is played, to whom the mail goes, how its subject begins, the file that it reads as
    pytest.param([OPENED], "lid-001", "Te doen", "file", id="the member is asked for a plan"),
    pytest.param([OPENED, FILED_VG7], "wlz1", "Te doen", "opinion", id="an opinion is asked"),
    pytest.param([*READY, RETURNED], "lid-001", "Nog iets", "returned", id="returned"),
    pytest.param([*READY, RETURNED], "lid-001", "Te doen", "repair", id="and asked again, with a date"),
    pytest.param([*READY, APPROVED], "lid-001", "Goedgekeurd", "approved", id="approved"),
    pytest.param([*READY, ("2026-01-19", decides("adviser2", "decide", "refused"), [
        "decide decide refused > G lid", "close case refused"])], "lid-001", "Niet", "refused", id="refused"),
    pytest.param([
        OPENED,
        ("2026-01-12", files(sector="vv"), ["decide file filed", "task decide > C kwaliteitsadviseur"]),
        ("2026-01-19", decides("adviser2", "decide", "not_needed"), [
            "decide decide not_needed > G lid", "close case not_needed"]),
    ], "lid-001", "Geen", "not-needed", id="not needed"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "person", "subject", "name"), MAILS)
def test_a_mail_reads_as_its_golden_file(
    office: Office, golden: Callable[[str, str], None], rows: list[Row], person: str, subject: str, name: str
):
    with office.store.write() as session:
        session.exec(update(Person).where(Person.id == person).values(digest=False))  # a mail for each matter
    play(office, rows[:-1])
    composed(office, person)
    play(office, rows[-1:])

    [mail] = [mail for mail in composed(office, person) if mail.subject.startswith(subject)]

    said = f"Onderwerp: {mail.subject}\n\n{mail.text}"
    golden(f"mail/zap-{name}.txt", re.sub(r"Nummer: \w+", "Nummer: 4F1C09AB", said))
    shown = html.unescape(re.sub(r"<[^>]+>", " ", re.sub("</?strong>", "", mail.html)))
    assert shown.split() == mail.text.split()


def composed(office: Office, person: str) -> list[Mail]:
    """The mails to somebody that are made now."""
    with office.store.write() as session:
        before = set(session.exec(select(Mail.id)))
        compose(session, now=office.now, url="https://tijdig.example")
        return [mail for mail in session.exec(select(Mail).where(Mail.person_id == person)) if mail.id not in before]
