"""The register of a tender by command: a late piece is refused and kept, and nobody reads it who may not."""

from pathlib import Path

import pytest

from tests.cli.conftest import Tijdig, sql

TIMETABLE = Path(__file__).parents[1] / "data" / "cz-2021-timetable.csv"
BY = ("--by", "office1")  # of the role that runs this procedure


@pytest.fixture
def register(trial: Tijdig) -> Tijdig:
    assert trial("import", "timetable", TIMETABLE, "--name", "cz-2021", "--at", "2020-06-26").status == 0
    begin = ("handin", "new", "cz-2021", "--timetable", "cz-2021", "--row", "T-06")
    made = trial(*begin, "--vog-from", "2020-01-01", *BY, "--json")
    assert made.json == {"tender": "cz-2021", "closes_at": "2020-07-31T17:00:00+02:00"}
    return trial


@pytest.mark.parametrize(
    ("second", "status", "arrival", "said"),
    [("16:59:59", 0, "in_time", ""), ("17:00:00", 0, "last_second", ""), ("17:00:01", 1, "late", "Te laat: dit stuk")],
)
def test_the_closing_second_is_in_time_and_the_next_is_refused_and_kept(
    register: Tijdig, tmp_path: Path, second: str, status: int, arrival: str, said: str
) -> None:
    (tmp_path / "wtzi.pdf").write_bytes(b"%PDF-1.4 een toelating")
    words = ("handin", "add", "cz-2021", "lid-001", "wtzi", "--file", tmp_path / "wtzi.pdf", *BY, "--json")

    done = register(*words, "--at", f"2020-07-31T{second}")
    again = register(*words, "--received", f"2020-07-31T{second}", "--at", "2020-08-01")

    assert (done.status, done.json["arrival"], done.json["new"]) == (status, arrival, True)
    assert done.err.startswith(said)
    assert (again.status, again.json["number"], again.json["new"]) == (status, done.json["number"], False)
    assert [row["arrival"] for row in register("handin", "list", "cz-2021", *BY, "--json").json] == [arrival]


def test_a_portals_file_is_taken_in_checked_and_read_after_the_opening(register: Tijdig, tmp_path: Path) -> None:
    rows = [f"lid-001,{piece},2020-07-31T16:30,{n:064x},2020-02-01" for n, piece in
            enumerate(("bestuursverklaring", "inschrijvingsverklaring", "onderaannemers", "vog"))]  # fmt: skip
    file = tmp_path / "portaal.csv"
    file.write_text("\n".join(["provider,piece,received_at,sha256,dated", *rows]), encoding="utf-8")

    taken = register("handin", "import", "cz-2021", file, *BY, "--at", "2020-07-31T18:00", "--json")
    early = register("handin", "check", "cz-2021", "--by", "assessor1")
    opened = register("handin", "open", "cz-2021", *BY, "--json")
    found = register("handin", "check", "cz-2021", "--by", "assessor1", "--json").json

    assert taken.json == {"added": 4, "in_time": 4, "last_second": 0, "late": 0, "problems": []}
    assert (early.status, early.out) == (1, "")
    assert opened.json == {"tender": "cz-2021", "in_time": 4, "last_second": 0, "late": 0, "providers": 1}
    assert [(row["provider"], row["arrival"], row["findings"]) for row in found] == [
        ("lid-001", "in_time", [{"piece": "wtzi", "fault": "missing", "stops": True}])
    ]
    assert sql("select actor from event where kind = 'denied'") == [("assessor1",)]
    assert "wtzi (ontbreekt)" in register("handin", "check", "cz-2021", *BY).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("lid-001", "vog", "--sha256", "abc"), "is geen SHA-256", id="no-hash"),
        pytest.param(("lid 1", "vog", "--sha256", "0" * 64), "'lid 1' kan niet", id="no-reference"),
        pytest.param(("lid-001", "vog", "--sha256", "0" * 64, "--received", "2020-08-01"), "later dan nu", id="ahead"),
        pytest.param(("lid-001", "vog", "--sha256", "0" * 64, "--dated", "maart"), "maart", id="no-date"),
    ],
)
def test_what_cannot_be_is_refused_and_not_kept(register: Tijdig, words: tuple[str, ...], said: str) -> None:
    done = register("handin", "add", "cz-2021", *words, *BY)

    assert done.status == 1
    assert said in done.err
    assert sql("select count(*) from hand_in") == [(0,)]


def test_a_piece_needs_its_file_or_its_hash(register: Tijdig) -> None:
    assert register("handin", "add", "cz-2021", "lid-001", "vog", *BY).status == 2


def test_a_register_closes_by_a_row_that_its_procedure_knows(register: Tijdig) -> None:
    begin = ("handin", "new", "other", "--timetable", "cz-2021", "--vog-from", "2020-01-01")

    no_timetable = register(*begin, "--row", "T-06", "--procedure", "orange-status", "--by", "adviser1")
    no_goal = register(*begin, "--row", "T-03", *BY)

    assert (no_timetable.status, "loopt niet op een tijdschema" in no_timetable.err) == (1, True)
    assert (no_goal.status, "geen rij 'T-03'" in no_goal.err) == (1, True)


def test_recording_says_what_is_left_for_a_person(register: Tijdig) -> None:
    for provider in ("lid-001", "lid-002"):
        opened = register("start", "tender-care-office", "--subject", provider, "--set", "timetable=cz-2021", *BY)
        assert opened.status == 0
    piece = ("wtzi", "--sha256", "0" * 64, "--received", "2020-07-31T16:00", *BY)
    for provider in ("lid-001", "nieuw-1"):
        assert register("handin", "add", "cz-2021", provider, *piece, "--at", "2020-07-31T18:00").status == 0
    assert register("handin", "open", "cz-2021", *BY).status == 0

    plan = register("handin", "record", "cz-2021", *BY, "--plan", "--json").json
    done = register("handin", "record", "cz-2021", *BY)

    assert plan == {"in_time": 1, "too_late": 0, "nothing": ["ZKI-2020-002"], "closed": [], "refused": [],
                    "without_case": ["nieuw-1"]}  # fmt: skip
    assert done.out == "1 dossiers op tijd, 0 te laat.\n"
    assert done.err == (
        "Niets ingediend: ZKI-2020-002. Besluit zelf, per dossier: "
        "tijdig decide DOSSIER hand_in not_filed --by U.\n"
        "Zonder dossier: nieuw-1.\n"
    )
