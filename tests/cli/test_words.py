"""What the command says to people: Dutch, or English where the locale is."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.cli.conftest import Tijdig
from tijdig.cli import words

PACKAGE = Path(words.__file__).parent
ENGLISH = words.CATALOGS / "en" / "LC_MESSAGES" / "tijdig.po"


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "nl"), ({"LANG": "C.UTF-8"}, "nl"), ({"LANG": "nl_NL.UTF-8"}, "nl"), ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "nl_NL.UTF-8"}, "nl"), ({"LC_MESSAGES": "en_US", "LC_ALL": ""}, "en"),
    ],
)  # fmt: skip
def test_the_locale_chooses_the_language(environ: dict[str, str], language: str) -> None:
    assert words.language(environ) == language


def test_everything_said_has_an_english_translation_with_the_same_blanks() -> None:
    said = {message for _, _, message, _, _ in extract_from_dir(PACKAGE, keywords={"_": None})}
    catalog = read_po(ENGLISH.open("rb"))

    missing = sorted(message for message in said if not (catalog.get(message) and catalog[message].string))

    assert missing == []
    assert all(blanks(message.id) == blanks(message.string) for message in catalog if message.id)


def blanks(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_compiled_catalog_is_that_of_its_source(language: str) -> None:
    source = words.CATALOGS / language / "LC_MESSAGES" / "tijdig.po"
    compiled = BytesIO()
    write_mo(compiled, read_po(source.open("rb")))

    assert source.with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_tables_show_dutch_dates_and_words_in_whole(orange: Tijdig) -> None:
    orange("sweep", "--at", "2026-02-05")

    rows = [row.split("   ") for row in orange("cases").out.splitlines()]
    tasks = orange("tasks").out
    case = orange("case", "ORA-2026-001").out.splitlines()

    assert [cell.strip() for cell in rows[3] if cell][:5] == ["ORA-2026-001", "orange-status", "lid-014", "open", "1"]
    assert "ma 12 jan 2026" in tasks
    assert tasks.index("Verlopen (1)") < tasks.index("Later (2)")
    assert case[0] == "ORA-2026-001 Oranje dossier · lid-014 · open · ■ Te laat · versie 1 · procedure rev. 1"
    assert "Waarom ma 30 mrt 2026 (norm)?" in case
    assert "  2. 12 weken later is ma 30 mrt 2026." in case
