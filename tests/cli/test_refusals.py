"""What cannot be done says so: exit status 1 or 2, place and mend on stderr, nothing on stdout, nothing half done."""

import os
from pathlib import Path

import pytest
from sqlalchemy import select

import flows
from models.schema import METADATA
from models.session import Store
from tests.cli.conftest import Ran, Tijdig, sql
from tijdig.engine import Close, DueRule, Procedure, Step, days

CASE = "orange-status/lid-014"
BY = ("--by", "beheer")
START = ("start", "orange-status", "--subject", "lid-014")


def contents() -> list[tuple[object, ...]]:
    """All that the database holds, but for what was logged outside the cases (a denial)."""
    store = Store.at(os.environ["TIJDIG_DATABASE_URL"])
    with store.read() as session:
        tables = [table for table in METADATA.sorted_tables if table.name != "event"]
        held = [(table.name, *row) for table in tables for row in session.connection().execute(select(table))]
    store.close()
    return sorted(held, key=repr)


BAD: list[tuple[str, tuple[str, ...], str]] = [
    ("unknown-fact", (*START, "--set", "orange=2026-01-05", *BY),
     "orange-status has no fact 'orange'. Its facts are: orange_on"),
    ("missing-fact", ("start", "orange-status", "--subject", "lid-015", *BY),
     "opens with 'orange_on' (Oranje vastgesteld). Give it: --set orange_on=…."),
    ("wrong-date", (*START, "--set", "orange_on=2026-02-30", *BY),
     "'2026-02-30' is geen datum. Vul een datum in, bijvoorbeeld"),
    ("no-pair", (*START, "--set", "orange_on", *BY), "'orange_on' is no NAME=VALUE. Write for example"),
    ("wrong-moment", (*START, "--set", "orange_on=2026-01-05", *BY, "--at", "morgen"),
     "'morgen' is not a moment. Write"),
    ("skipped-hour", (*START, "--set", "orange_on=2026-01-05", *BY, "--at", "2026-03-29T02:30"),
     "02:30 on 2026-03-29 does not exist"),
    ("clock-back", ("sweep", "--at", "2025-12-31"), "only goes forwards. Give that moment or a later one."),
    ("unknown-procedure", ("start", "orange", "--subject", "lid-014", *BY),
     "There is no procedure 'orange'. Published are:"),
    ("unknown-member", ("start", "orange-status", "--subject", "lid-999", *BY),
     "There is no member 'lid-999'. Import it first"),
    ("second-case", (*START, "--set", "orange_on=2026-01-05", *BY),
     "already has an open case of orange-status: ORA-2026-001. Go on"),
    ("unknown-case", ("case", "ORA-1999-001"), "There is no case 'ORA-1999-001'. Name it as"),
    ("unknown-user", ("decide", CASE, "judge", "green", "--by", "nobody"),
     "'nobody' is hier niet bekend. Gebruik een persoon"),
    ("without-the-role", ("decide", CASE, "judge", "green", "--by", "buyer1"),
     "U mag dit niet afronden. De rol kwaliteitsadviseur"),
    ("handed-to-who-cannot-do-it",
     ("act", CASE, "hand-over", "--set", "step=judge", "person=buyer1", "--reason", "zij heeft nu tijd", *BY),
     "buyer1 heeft de rol kwaliteitsadviseur niet voor ORA-2026-001 en kan ‘Geef een oordeel: groen of rood’ niet "
     "afronden. Kies iemand die haar wel heeft (adviser1, adviser2, adviser3, adviser4), of geef de rol eerst"),
    ("stale-version", ("decide", CASE, "judge", "green", *BY, "--version", "7"),
     "(you saw version 7, it is now 1). Look at it again"),
    ("unknown-step", ("decide", CASE, "oordeel", "green", *BY), "has no step 'oordeel'. Its steps are: send_actions"),
    ("unknown-outcome", ("decide", CASE, "judge", "groen", *BY), "has no outcome 'groen'. Choose one of: green, red."),
    ("step-not-open", ("decide", CASE, "confirm_red", "red", *BY), "is not open (waiting). Do first what it waits for"),
    ("without-reason", ("decide", CASE, "judge", "red", *BY), "at least 10 characters. Say why in --reason."),
    ("stray-field", ("decide", CASE, "judge", "green", *BY, "--set", "audit=1"), "has no field 'audit'"),
    ("known-fact", ("record", CASE, "orange_on=2026-01-06", *BY), "is already known (2026-01-05). Correct it instead"),
    ("no-such-file", ("record", CASE, "evidence=@nergens.pdf", *BY),
     "nergens.pdf cannot be read (No such file or directory)."),
    ("bsn", ("record", CASE, "explanation=cliënt 111222333", *BY), "Dit lijkt op een BSN. Haal het weg."),
    ("unknown-setting", ("set", "orange", "2 weken", *BY, "--reason", "zomaar"),
     "There is no setting 'orange'. There are:"),
    ("wrong-setting", ("set", "orange_term", "lang", *BY, "--reason", "zomaar"),
     "'lang' is not a term. Write a whole number"),
    ("setting-by-nobody", ("set", "orange_term", "2 weken", "--by", "nobody", "--reason", "x"),
     "'nobody' is hier niet bekend."),
    ("not-suspendable", ("act", CASE, "suspend", "--set", "step=norm", *BY, "--reason", "er is geen haast"),
     "U mag dit niet afronden."),
    ("unknown-incident", ("retry", "7"), "There is no open incident 7. See: tijdig incidents."),
    ("period-turned", ("simulate", "--from", "2026-02-01", "--until", "2026-01-01"),
     "lies before --from (2026-02-01). Turn them"),
    ("period-missing", ("simulate", "--load"), "Which period is missing. Give --from and --until, or --year."),
    ("period-twice", ("simulate", "--year", "--from", "2026-02-01"), "Give either that, or --from and --until."),
    ("plan-for-nobody", ("plan-ics", "--role", "kok"), "'kok' is hier geen rol. De rollen zijn:"),
    ("plan-nowhere", ("plan-ics", "--role", "lid", "--out", "nergens/plan.ics"),
     "nergens/plan.ics cannot be written (No such file or directory)."),
    ("unknown-kind", ("export", "klanten"), "'klanten' kan niet als tabel. Kies uit: people"),
]  # fmt: skip

NO_JSON = ("export", "plan-ics")
"""What these give is a file."""


@pytest.mark.parametrize(("words", "says"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_refusal_says_what_and_what_to_do_and_leaves_all_as_it_was(
    orange: Tijdig, words: tuple[str, ...], says: str
) -> None:
    before = contents()
    moves = words[0] in ("start", "decide", "record", "act") and "--at" not in words

    done = orange(*words, *(("--at", "2026-01-20") if moves else ()), *(() if words[0] in NO_JSON else ("--json",)))

    assert (done.status, done.out) == (1, "")
    assert says in done.err
    assert "Traceback" not in done.err
    assert contents() == before


USAGE = [
    ((), "Er is geen opdracht ''."),
    (("besluit",), "Er is geen opdracht 'besluit'."),
    (("swep",), "Bedoelt u 'sweep'?"),
    (("decide", CASE, "judge", "green"), "--by PERSOON"),
    (("decide", CASE, "judge", "green", "--by", "beheer", "--batch", "x.csv"), "--batch"),
    (("start", "orange-status"), "--subject"),
    (("act", CASE, "verlengen", "--by", "beheer"), "take-back"),
    (("record", CASE, "audit=1"), "--by"),
    (("decide", CASE, "judge", "green", "--by", "beheer", "--version", "een"), "--version"),
    (("cases", "--sorteer"), "--sorteer"),
    (("settle", "1", "weg", "--by", "beheer"), "resend"),
    (("simulate", "--subject", "lid-014", "--from", "2026-01-01", "--until", "2026-02-01"), "PROCEDURE"),
    (("simulate", "orange-status", "--subject", "lid-014", "--year", "--load"), "--load gaat over alle dossiers"),
    (("simulate", "--year", "--script", "x.csv", "--scenario", "on-time"), "--scenario on-time gaat niet samen"),
    (("simulate", "--year", "--scenario", "soms"), "on-time"),
    (("plan-ics",), "--role of --person"),
    (("plan-ics", "--role", "lid", "--person", "lid-014"), "--role of --person"),
]


@pytest.mark.parametrize(
    ("words", "says"), USAGE, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_wrong_usage_is_status_2(trial: Tijdig, words: tuple[str, ...], says: str) -> None:
    done = trial(*words)

    assert (done.status, done.out) == (2, "")
    assert says in done.err


def test_a_role_that_nobody_holds_and_a_required_setting_are_named(tijdig: Tijdig, tmp_path: Path) -> None:
    tijdig("init", "--trial")
    (tmp_path / "members.csv").write_text("reference,name,email\nlid-001,Lid 1,lid1@leden.example\n", encoding="utf-8")
    tijdig("import", "members", tmp_path / "members.csv")
    words = ("start", "orange-status", "--subject", "lid-001", "--set", "orange_on=2026-01-05", "--at", "2026-01-05")

    by_member = tijdig(*words, "--by", "lid-001")
    unset = tijdig(*words, "--by", "beheer")

    assert by_member.status == unset.status == 1
    assert "kwaliteitsadviseur (nu door niemand bezet)" in by_member.err
    assert (
        "Setting 'red_decider' (Rol die rood bevestigt) is required and nobody set it. Set it first: tijdig set"
        in unset.err
    )
    assert tijdig("cases", "--json").json == []
    assert tijdig("sweep", "--at", "2026-01-01").status == 0  # the clock never moved


def test_of_two_decisions_on_one_version_the_second_is_stale(orange: Tijdig) -> None:
    words = ("decide", CASE, "judge", "green", *BY, "--version", "1")

    first, second = orange(*words), orange(*words)

    assert (first.status, second.status) == (0, 1)
    assert "(you saw version 1, it is now 2)" in second.err
    assert [row["kind"] for row in orange("case", CASE, "--json").json["log"]].count(
        "decide"
    ) == 2  # the act, its effect


def test_a_denied_act_is_logged_outside_the_case(orange: Tijdig) -> None:
    assert orange("decide", CASE, "judge", "red", "--by", "director1").status == 1

    [(actor, detail)] = sql("select actor, detail from event where kind = 'denied'")
    assert actor == "director1"
    assert '"command":"decide"' in detail


def test_who_proposed_red_may_not_confirm_it_not_even_beheer(orange: Tijdig) -> None:
    reason = ("--reason", "de plannen blijven achter")
    assert orange("decide", CASE, "judge", "red", *BY, *reason).status == 0

    done = orange("decide", CASE, "confirm_red", "red", *BY, *reason)

    assert done.status == 1
    assert (
        "beheer acted in step 'judge' and may not decide in step 'confirm_red'. Somebody else must decide." in done.err
    )
    assert orange("decide", CASE, "confirm_red", "red", "--by", "director1", *reason).status == 0


FILES = {
    "no-file": (None, "cannot be read (No such file or directory)."),
    "no-csv": ('procedure,subject,by,at\n"open', "rij 2"),
    "not-utf-8": (b"procedure,subject,by,at\n\xff\xfe", "UTF-8"),
    "no-column": ("procedure,subject\norange-status,lid-001\n", "De kolom 'by' ontbreekt"),
    "one-bad-row": (
        "procedure,subject,by,at,orange_on\norange-status,lid-001,beheer,2026-01-05,2026-01-05\n"
        "orange-status,lid-999,beheer,2026-01-05,2026-01-05\n", "rij 3: There is no member 'lid-999'"),
    "descending": (
        "procedure,subject,by,at,orange_on\norange-status,lid-001,beheer,2026-01-06,2026-01-05\n"
        "orange-status,lid-002,beheer,2026-01-05,2026-01-05\n", "rij 3, at:"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_opens_nothing(trial: Tijdig, tmp_path: Path, name: str) -> None:
    content, says = FILES[name]
    file = tmp_path / "start.csv"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = contents()

    done = trial("start", "--batch", file)

    assert (done.status, done.out) == (1, "")
    assert says in done.err
    assert contents() == before


def test_a_definition_that_cannot_work_is_not_published(trial: Tijdig, monkeypatch: pytest.MonkeyPatch) -> None:
    mute = Procedure(
        "broken", code="BRO", title="Kapot", revision=1, subject="lid", owner="kwaliteitsadviseur", late_to="",
        facts=(), steps=(Step("look", "Kijk", "kwaliteitsadviseur", due=DueRule(after="begin", within=days(5)),
                    outcomes=(Close("seen", "Gezien"),)),),
    )  # fmt: skip
    before = contents()
    monkeypatch.setattr(flows, "PROCEDURES", (*flows.PROCEDURES, mute))

    done = trial("publish", "--json")

    assert done.status == 1
    assert {(p["procedure"], p["place"], p["code"]) for p in done.json["problems"]} == {
        ("broken", "step 'look'", "UNKNOWN_NAME"), ("broken", "step 'look'", "MUTE"),
    }  # fmt: skip
    assert all(problem["mend"] in done.err for problem in done.json["problems"])
    assert contents() == before
    assert trial("init").status == 1


def test_a_changed_definition_needs_a_higher_revision(trial: Tijdig, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    changed = replace(flows.PROCEDURES[1], title="Rood, maar anders")
    monkeypatch.setattr(flows, "PROCEDURES", (flows.PROCEDURES[0], changed))

    assert "Give the changed definition a higher revision." in trial("publish").err


def test_a_command_without_database_says_how_to_make_one(tijdig: Tijdig) -> None:
    done = tijdig("cases")

    assert (done.status, done.out) == (1, "")
    assert "Run `tijdig init`" in done.err


def test_an_unexpected_error_says_what_to_do(orange: Tijdig) -> None:
    sql("alter table case_ rename to mislaid")

    done: Ran = orange("cases")

    assert (done.status, done.out, len(done.err.splitlines())) == (1, "", 2)
    assert "Traceback" not in done.err


def test_live_stays_live(tijdig: Tijdig) -> None:
    tijdig("init")

    refused = tijdig("init", "--trial")
    clocked = tijdig("sweep", "--at", "2026-01-01")

    assert (refused.status, clocked.status) == (1, 1)
    assert "This database is live and stays so." in refused.err
    assert "Leave --at out." in clocked.err
