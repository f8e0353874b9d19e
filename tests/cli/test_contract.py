"""Every command gives what the contract says, and outside scripts rely on."""

import os
import subprocess
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.cli.conftest import Tijdig, sql
from tijdig.cli import COMMANDS

CASE = "orange-status/lid-014"
EFFECT = {"case", "subject", "step", "kind", "rule", "nominal", "key", "overtaken"}


def at(moment: str, *words: str) -> tuple[str, ...]:
    return (*words, "--by", "beheer", "--at", moment, "--json")


def test_init_makes_the_database_and_says_its_mode(tijdig: Tijdig) -> None:
    made = {"database": os.environ["TIJDIG_DATABASE_URL"], "mode": "trial"}

    assert tijdig("init", "--trial", "--json").json == made
    assert tijdig("init", "--json").json["mode"] == "trial"  # a second time brings it up to date, and changes no mode
    assert tijdig("cases", "--json").json == []


def test_procedures_and_the_snapshot_of_one(trial: Tijdig) -> None:
    rows = {row["id"]: row for row in trial("procedures", "--json").json}

    assert set(rows["orange-status"]) == {"id", "code", "title", "revision", "sha256"}
    assert rows["orange-status"]["code"] == "ORA"
    snapshot = trial("show", "orange-status", "--json").json
    assert snapshot["procedure"] == "orange-status"
    assert [step["step"] for step in snapshot["steps"]][-2:] == ["judge", "confirm_red"]


def test_a_procedure_reads_as_sentences(trial: Tijdig) -> None:
    lines = trial("show", "orange-status").out.splitlines()

    assert "Doel · Groen of rood: uiterlijk 12 weken na Oranje vastgesteld. [norm] Bron: JP KPI 15." in lines
    assert "    Te laat (overdue): naar directeur." in lines


def test_a_case_opens_and_the_same_request_opens_it_once(trial: Tijdig) -> None:
    words = at("2026-01-05", "start", "orange-status", "--subject", "lid-014", "--set", "orange_on=2026-01-05")

    first, again = trial(*words, "--request-id", "R1"), trial(*words, "--request-id", "R1")

    assert first.json["case"] == again.json["case"] == "ORA-2026-001"
    assert {effect["kind"] for effect in first.json["effects"]} == {"open", "task"}
    assert again.json["effects"] == []


def test_the_plan_of_a_start_writes_nothing(trial: Tijdig) -> None:
    words = at("2026-01-05", "start", "orange-status", "--subject", "lid-014", "--set", "orange_on=2026-01-05")

    plan = trial(*words, "--plan").json

    assert plan["case"] is None
    assert {(notice["kind"], notice["step"], notice["role"]) for notice in plan["notices"]} == {
        ("A", "send_actions", "kwaliteitsadviseur"), ("A", "improve", "lid"), ("A", "judge", "kwaliteitsadviseur"),
    }  # fmt: skip
    assert trial("cases", "--json").json == []
    assert trial("sweep", "--at", "2026-01-01").status == 0  # the clock did not move either


def test_cases_show_the_date_that_they_are_judged_by(orange: Tijdig) -> None:
    assert orange("cases", "--json").json == [
        {
            "case": "ORA-2026-001", "procedure": "orange-status", "subject": "lid-014", "state": "open",
            "state_words": "Loopt", "version": 1,
            "opened_on": "2026-01-05", "due": "2026-03-30", "term_status": "on_time",
        }
    ]  # fmt: skip
    assert orange("cases", "--procedure", "red-follow-up", "--json").json == []
    assert orange("cases", "--state", "green", "--json").json == []


def test_a_case_explains_every_date_also_those_to_come(orange: Tijdig) -> None:
    case = orange("case", CASE, "--json").json
    asked = {row["step"]: row for row in case["obligations"]}

    assert {"facts", "tasks", "obligations", "messages", "log"} <= set(case)
    assert case["facts"] == {"orange_on": "2026-01-05"}
    named = ("nominal", "due", "late_from", "safe", "basis", "fatal", "state")
    assert {name: asked["norm"][name] for name in named} == {
        "nominal": "2026-03-30", "due": "2026-03-30", "late_from": "2026-03-30T22:00:00Z", "safe": "2026-03-30",
        "basis": "norm", "fatal": False, "state": "open",
    }  # fmt: skip
    assert asked["norm"]["why"][0] == "Oranje vastgesteld op ma 5 jan 2026; die dag telt niet mee."
    assert asked["norm"]["why"][-1] == "Bron: JP KPI 15."
    assert (asked["confirm_red"]["state"], asked["confirm_red"]["due"]) == ("waiting", None)
    assert [task["step"] for task in case["tasks"]] == ["send_actions", "improve", "judge"]
    assert [entry["kind"] for entry in case["log"]] == ["open", "open", "task", "task", "task"]
    assert {message["state"] for message in case["messages"]} == {"gepland"}
    assert orange("case", "ORA-2026-001", "--json").json == case


def test_tasks_come_in_worklist_order_with_their_group(orange: Tijdig) -> None:
    orange("sweep", "--at", "2026-01-12T10:00")

    rows = orange("tasks", "--json").json

    assert [(row["step"], row["group"], row["due"]) for row in rows] == [
        ("send_actions", "today", "2026-01-12"), ("improve", "later", "2026-03-16"), ("judge", "later", "2026-03-30"),
    ]  # fmt: skip
    assert {"case", "step", "role", "assignee", "due", "basis", "fatal", "group", "version"} <= set(rows[0])
    assert [row["step"] for row in orange("tasks", "--role", "lid", "--json").json] == ["improve"]


def test_tasks_of_a_person_are_theirs_and_what_they_wait_for(orange: Tijdig) -> None:
    adviser = next(
        row.split(",")[0] for row in orange("export", "people").out.splitlines()
        if orange("tasks", "--user", row.split(",")[0], "--json").json and row.startswith("adviser")
    )  # fmt: skip

    rows = {row["step"]: row["group"] for row in orange("tasks", "--user", adviser, "--json").json}

    assert rows == {"send_actions": "later", "judge": "later", "improve": "waiting"}
    assert orange("tasks", "--user", "buyer1", "--json").json == []
    assert [row["step"] for row in orange("tasks", "--user", "lid-014", "--json").json] == ["improve"]


def test_whom_a_task_was_handed_to_has_it_and_nobody_else(orange: Tijdig) -> None:
    give = ("act", CASE, "hand-over", "--set", "step=judge", "person=adviser3", "--reason", "zij kent dit dossier")
    assert orange(*at("2026-01-06", *give)).json["effects"] == []

    assert "judge" in [row["step"] for row in orange("tasks", "--user", "adviser3", "--json").json]
    others = orange("tasks", "--user", "adviser2", "--json").json
    assert [row["step"] for row in others if row["group"] != "waiting"] == ["send_actions"]
    assert orange("tasks", "--role", "kwaliteitsadviseur", "--json").json[1]["assignee"] == "adviser3"


def test_a_decision_closes_the_case(orange: Tijdig) -> None:
    done = orange(*at("2026-02-05", "decide", CASE, "judge", "green", "--version", "1")).json

    assert (done["case"], done["state"]) == ("ORA-2026-001", "green")
    assert all(set(effect) >= EFFECT for effect in done["effects"])
    assert [effect["key"] for effect in done["effects"]] == [
        "ORA-2026-001/send_actions/1/escalate/late/2026-01-13", "ORA-2026-001/improve/1/remind/week_4/2026-02-02",
        "ORA-2026-001/judge/1/decide/green", "ORA-2026-001/case/1/close/green",
    ]  # fmt: skip
    assert [effect["overtaken"] for effect in done["effects"]] == ["overtaken", "overtaken", None, None]
    assert done["effects"][-1]["step"] is None  # it belongs to the case as a whole


def test_a_fact_and_a_document_are_recorded(orange: Tijdig, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.4 een plan")

    done = orange(*at("2026-01-06", "record", CASE, "audit=DC-12", f"evidence=@{tmp_path / 'plan.pdf'}")).json

    assert (done["case"], done["effects"]) == ("ORA-2026-001", [])
    facts = orange("case", CASE, "--json").json["facts"]
    assert (facts["audit"], facts["evidence"]["name"]) == ("DC-12", "plan.pdf")


def test_a_correction_moves_dates_and_its_plan_moves_none(orange: Tijdig) -> None:
    words = at("2026-01-06", "correct", CASE, "orange_on=2026-01-06", "--reason", "een dag te vroeg")

    plan = orange(*words, "--plan").json
    unmoved = orange("case", CASE, "--json").json["facts"]
    done = orange(*words).json

    assert plan["moves"] == done["moves"]
    assert {"step": "norm", "kind": "due", "rule": None, "from": "2026-03-30", "to": "2026-03-31"} in done["moves"]
    assert unmoved == {"orange_on": "2026-01-05"}
    assert orange("case", CASE, "--json").json["facts"] == {"orange_on": "2026-01-06"}


def test_another_act_changes_the_case(orange: Tijdig) -> None:
    done = orange(*at("2026-01-07", "act", CASE, "cancel", "--reason", "per ongeluk geopend")).json

    assert (done["case"], done["state"]) == ("ORA-2026-001", "cancelled")
    assert [effect["kind"] for effect in done["effects"]] == ["close"]


def test_the_plan_of_a_sweep_does_nothing_and_the_sweep_does_it_once(orange: Tijdig) -> None:
    plan = orange("sweep", "--at", "2026-02-05", "--plan", "--json").json
    done = orange("sweep", "--at", "2026-02-05", "--json").json
    again = orange("sweep", "--at", "2026-02-05", "--json").json

    assert plan == done
    assert set(done) == {"checked", "effects", "incidents"}
    assert done["checked"] == 1
    assert all(set(effect) >= EFFECT for effect in done["effects"])
    assert again == {"checked": 0, "effects": [], "incidents": []}


def test_effects_are_those_of_sweeps_and_of_acts_by_nominal_day(orange: Tijdig) -> None:
    orange("sweep", "--at", "2026-02-05")

    found = orange("effects", CASE, "--from", "2026-01-13", "--until", "2026-02-02", "--json").json

    assert [(row["step"], row["kind"], row["rule"], row["nominal"], row["at"]) for row in found] == [
        ("send_actions", "escalate", "late", "2026-01-13", "2026-02-05T00:00:00+01:00"),
        ("improve", "remind", "week_4", "2026-02-02", "2026-02-05T00:00:00+01:00"),
    ]
    assert set(found[0]) == {
        "key",
        "case",
        "subject",
        "procedure",
        "step",
        "round",
        "kind",
        "rule",
        "nominal",
        "at",
        "overtaken",
    }
    keys = [row["key"] for row in orange("effects", "--json").json]
    assert len(keys) == len(set(keys)) == 6


def test_mail_is_composed_delivered_and_listed(orange: Tijdig, tmp_path: Path) -> None:
    sent = orange("deliver", "--at", "2026-01-05T09:00", "--json").json

    assert set(sent) == {"sent", "waiting", "failed", "uncertain", "held"}
    assert sent["sent"] == len(list((tmp_path / "mail").glob("*.eml"))) > 0
    mails = orange("outbox", "--state", "verzonden", "--json").json
    assert len(mails) == sent["sent"]
    assert set(mails[0]) >= {"mail", "person", "address", "kind", "subject", "cases", "effects", "state", "why"}
    assert mails[0]["cases"] == ["ORA-2026-001"]


def test_a_setting_makes_a_version_that_running_cases_do_not_follow(orange: Tijdig) -> None:
    words = ("set", "orange_term", "10 weken", "--by", "beheer", "--reason", "besluit van het bestuur", "--json")

    [(before,)] = sql("select max(id) from settings_version")

    assert orange(*words).json == {"version": before + 1, "running": 1}
    assert {row["step"]: row["due"] for row in orange("case", CASE, "--json").json["obligations"]}[
        "norm"
    ] == "2026-03-30"


def test_running_cases_move_to_a_setting_and_the_plan_moves_none(orange: Tijdig) -> None:
    said = orange("set", "orange_term", "10 weken", "--by", "beheer", "--reason", "besluit van het bestuur").out
    words = at("2026-01-06", "move", "--to", "settings", "--reason", "besluit van het bestuur")

    plan = orange(*words, "--plan").json
    done, again = orange(*words), orange(*words)

    assert "tijdig move --to settings --plan --by beheer" in said
    assert plan == done.json
    assert (done.json["moved"], done.json["refused"], done.status) == (1, [], 0)
    assert {"case": "ORA-2026-001", "step": "norm", "kind": "due", "rule": None, "from": "2026-03-30",
            "to": "2026-03-16"} in done.json["moves"]  # fmt: skip
    assert again.json == {"moves": [], "moved": 0, "refused": [], "incidents": []}


def test_a_move_of_a_closed_case_is_refused_and_says_why(orange: Tijdig) -> None:
    orange(*at("2026-01-07", "act", CASE, "cancel", "--reason", "per ongeluk geopend"))

    done = orange(*at("2026-01-08", "move", "ORA-2026-001", "--reason", "besluit van het bestuur"))

    assert done.status == 1
    assert [set(row) for row in done.json["refused"]] == [{"case", "place", "code", "problem", "mend"}]
    assert done.err.startswith("ORA-2026-001, case: It is closed (cancelled).")


def test_a_table_goes_out_as_it_came_in(trial: Tijdig, tmp_path: Path) -> None:
    members = trial("export", "members").out
    (tmp_path / "members.csv").write_text(members, encoding="utf-8")
    (tmp_path / "new.csv").write_text("reference,name,email\nlid-041,Lid 041,lid041@leden.example\n", encoding="utf-8")

    assert trial("import", "members", tmp_path / "members.csv", "--json").json == {
        "added": 0,
        "changed": 0,
        "problems": [],
    }
    assert trial("import", "members", tmp_path / "new.csv", "--dry-run", "--json").json["added"] == 1
    assert trial("export", "members").out == members
    assert trial("import", "members", tmp_path / "new.csv", "--json").json["added"] == 1


def test_files_open_and_decide_many_cases(trial: Tijdig, tmp_path: Path) -> None:
    start, decide = tmp_path / "start.csv", tmp_path / "decide.csv"
    start.write_text(
        "procedure,subject,by,at,orange_on\norange-status,lid-001,beheer,2026-01-05,2026-01-05\n"
        "orange-status,lid-002,beheer,2026-01-06T10:00,2026-01-06\n", encoding="utf-8"
    )  # fmt: skip
    decide.write_text(
        "case,step,outcome,by,for,reason,at\norange-status/lid-001,judge,green,beheer,,,2026-02-01\n", encoding="utf-8"
    )

    plan = trial("start", "--batch", start, "--plan", "--json").json
    assert (plan["cases"], plan["problems"], trial("cases", "--json").json) == ([], [], [])
    assert trial("start", "--batch", start, "--json").json["cases"] == ["ORA-2026-001", "ORA-2026-002"]
    assert trial("decide", "--batch", decide, "--json").json == {"decided": 1, "problems": []}
    assert [row["state"] for row in trial("cases", "--json").json] == ["green", "open"]


def test_nobody_acts_is_foretold_and_nothing_is_written(orange: Tijdig) -> None:
    expected = [
        ("2026-01-13", "send_actions", "escalate", "late", ["directeur"]),
        ("2026-02-02", "improve", "remind", "week_4", ["lid", "kwaliteitsadviseur"]),
        ("2026-03-02", "improve", "remind", "week_8", ["lid", "kwaliteitsadviseur"]),
    ]

    real = orange("simulate", "--from", "2026-01-06", "--until", "2026-03-02", "--json").json
    supposed = orange(
        "simulate", "orange-status", "--subject", "lid-020", "--set", "orange_on=2026-01-05", "--from", "2026-01-05",
        "--until", "2026-03-02", "--json",
    ).json  # fmt: skip

    assert [(r["at"][:10], r["step"], r["kind"], r["rule"], r["to"]) for r in real] == expected
    assert {row["case"] for row in real} == {"ORA-2026-001"}
    assert [
        (r["at"][:10], r["step"], r["kind"], r["rule"], r["to"]) for r in supposed if r["kind"] not in ("open", "task")
    ] == expected
    assert len(orange("effects", "--json").json) == 4


def test_a_script_is_played_by_the_simulation(trial: Tijdig, tmp_path: Path) -> None:
    script = tmp_path / "script.csv"
    script.write_text(
        "at,step,outcome,by,reason,actions\n2026-01-06,send_actions,sent,adviser1,,Werk de plannen bij\n"
        "2026-01-20,judge,green,adviser1,,\n", encoding="utf-8"
    )  # fmt: skip

    rows = trial(
        "simulate", "orange-status", "--subject", "lid-020", "--set", "orange_on=2026-01-05", "--from", "2026-01-05",
        "--until", "2026-06-01", "--script", script, "--json",
    ).json  # fmt: skip

    assert [(r["at"][:10], r["kind"], r["rule"]) for r in rows if r["kind"] in ("escalate", "decide", "close")] == [
        ("2026-01-06", "decide", "sent"), ("2026-01-20", "decide", "green"), ("2026-01-20", "close", "green"),
    ]  # fmt: skip


def test_the_load_of_a_year_is_told_by_week_and_role(orange: Tijdig) -> None:
    found = orange("simulate", "--year", "--load", "--json").json
    shown = orange("simulate", "--year", "--load").out

    assert list(found) == [
        "from", "until", "scenario", "running", "opened", "weeks", "tasks", "infeasible", "uncovered", "apart",
    ]  # fmt: skip
    assert (found["from"], found["until"], found["scenario"]) == ("2026-01-05", "2027-01-04", "on-time")
    assert found["weeks"][0] == {
        "week": "2026-01-12", "role": "kwaliteitsadviseur", "tasks": 1, "fatal": 0, "overdue": 0, "nobody": 0,
        "people": [{"person": f"adviser{n}", "behalf": None, "tasks": 0.25} for n in (1, 2, 3, 4)],
    }  # fmt: skip
    assert found["tasks"][1] == {
        "week": "2026-03-16", "case": "ORA-2026-001", "procedure": "orange-status", "subject": "lid-014",
        "step": "improve", "round": 1, "asks": "Lever bewijs van de verbeteringen aan", "role": "lid",
        "open_on": "2026-01-05", "due": "2026-03-16", "basis": "intern", "fatal": False,
        "people": [{"person": "lid-014", "behalf": None}],
    }  # fmt: skip
    assert (found["infeasible"], found["uncovered"], found["apart"]) == ([], [], [])
    ahead = found["opened"]
    assert ahead > 80  # the Wzd half-year over forty members, twice, and the yearly analysis
    assert f"1 open dossiers, {ahead} die nog komen; gerekend als ieder op tijd is." in shown
    assert "adviser1 0,25 · adviser2 0,25 · adviser3 0,25 · adviser4 0,25" in shown
    assert "Data die niet lukken (0)" in shown


def test_the_whole_installation_can_be_played_on_time_and_by_a_script(orange: Tijdig, tmp_path: Path) -> None:
    script = tmp_path / "script.csv"
    script.write_text(
        "case,at,step,outcome,by,reason\norange-status/lid-014,2026-01-20,judge,green,adviser1,\n", encoding="utf-8"
    )

    def closed(*words: str | Path) -> list[tuple[str, str]]:
        rows = orange("simulate", "--year", *words, "--json").json
        return [
            (row["at"][:10], row["rule"]) for row in rows if row["kind"] == "close" and row["case"] == "ORA-2026-001"
        ]

    assert closed() == []
    assert closed("--scenario", "on-time") == [("2026-03-30", "green")]
    assert closed("--script", script) == [("2026-01-20", "green")]


def test_the_year_plan_is_a_calendar_file(orange: Tijdig, tmp_path: Path) -> None:
    shown = orange("plan-ics", "--role", "lid")
    written = orange("plan-ics", "--person", "lid-014", "--out", tmp_path / "plan.ics")

    assert (shown.status, written.status, written.out) == (0, 0, "")
    assert "SUMMARY:Lever bewijs van de verbeteringen aan\\, lid 014\\, ORA-2026-001" in shown.out
    read = Calendar.from_ical((tmp_path / "plan.ics").read_bytes())
    assert [(event.decoded("dtstart").isoformat(), event["sequence"]) for event in read.events] == [
        ("2026-03-16", 1), ("2026-07-21", 0),
    ]  # fmt: skip


def test_the_audit_finds_puts_right_and_tells(orange: Tijdig) -> None:
    assert orange("audit", "--json").json == {"checked": 1, "found": []}
    sql("update open_obligation set due = '2026-05-01' where step = 'judge'")

    done = orange("audit", "--json")

    assert (done.status, done.json["checked"]) == (1, 1)
    assert done.json["found"] == [
        {"case": "ORA-2026-001", "what": ["judge/1 due was 2026-05-01, moet 2026-03-30"], "mended": True}
    ]
    assert orange("audit").out == "● 1 dossiers staan zoals hun logboek zegt\n"
    assert [row["kind"] for row in orange("incidents", "--json").json] == ["audit"]


def test_the_chains_are_verified(orange: Tijdig) -> None:
    assert orange("log", "verify", "--json").json == {"cases": 1, "entries": 5, "broken": []}
    assert orange("log", "verify", CASE, "--json").json["cases"] == 1


def test_due_needs_no_database(tijdig: Tijdig) -> None:
    answer = tijdig("due", "--anchor", "2026-01-05", "--add", "12 weken", "--json").json

    assert set(answer) == {"nominal", "due", "late_from", "safe", "basis", "calendar_version", "uncertain", "steps"}


def test_publishing_what_is_published_adds_nothing(trial: Tijdig) -> None:
    assert trial("publish", "--json").json == {"procedures": 0, "problems": []}


def test_the_doctor_finds_a_fresh_trial_well(trial: Tijdig) -> None:
    done = trial("doctor", "--json")

    assert [check["name"] for check in done.json["checks"] if not check["ok"]] == []
    assert done.status == 0
    assert set(done.json["checks"][0]) == {"name", "ok", "detail"}


def test_the_doctor_says_what_a_bare_installation_misses(tijdig: Tijdig) -> None:
    tijdig("init")

    done = tijdig("doctor", "--json")

    missing = {check["name"] for check in done.json["checks"] if not check["ok"]}
    assert missing == {"settings", "roles", "sweep", "deliver"}
    assert done.status == 1


def test_an_incident_is_listed_and_retried(orange: Tijdig) -> None:
    [(seq,)] = sql("select seq from case_")
    sql("update case_ set seq = 0")  # it contradicts the log: nothing can be added to that

    swept = orange("sweep", "--at", "2026-02-05", "--json")
    [incident] = orange("incidents", "--json").json
    assert orange("retry", str(incident["incident"])).status == 1
    sql(f"update case_ set seq = {seq}")
    mended = orange("retry", str(incident["incident"]), "--json")

    assert [row["case"] for row in swept.json["incidents"]] == [incident["case"]] == ["ORA-2026-001"]
    assert incident["mend"].startswith("Mend what it names")
    assert (mended.status, bool(mended.json["settled_at"])) == (0, True)
    assert orange("incidents", "--json").json == []
    assert len(orange("effects", "--json").json) == 6


def test_tab_completes_commands_and_their_options(tijdig: Tijdig, tmp_path: Path) -> None:
    script = tijdig("completion", "bash").out
    (tmp_path / "completion.bash").write_text(script, encoding="utf-8")
    probe = "source completion.bash; COMP_WORDS=(tijdig decide --re); COMP_CWORD=2; _shtab_tijdig; echo ${COMPREPLY[*]}"

    done = subprocess.run(["bash", "-c", probe], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == "--reason\n"


@pytest.mark.long
def test_every_definition_stands_the_five_years(trial: Tijdig) -> None:
    done = trial("check", "--json")

    assert done.json["problems"] == []
    assert done.json["procedures"] == len(trial("procedures", "--json").json)


def test_every_command_is_declared_once() -> None:
    names = [command.name for command in COMMANDS]

    assert len(names) == len(set(names))
