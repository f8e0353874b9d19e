"""Files that are handed in: kept by content, within limits, and without a BSN in their name."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from sqlmodel import select

from models.case import Document
from models.session import Store
from tijdig.engine.errors import Refused
from tijdig.service import documents

NOW = datetime(2021, 10, 11, 8, tzinfo=UTC)
HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def test_a_file_is_kept_under_the_hash_of_its_content(tmp_path: Path) -> None:
    kept = documents.save(tmp_path / "files", "plan.pdf", BytesIO(b"hello"))

    assert kept == {"name": "plan.pdf", "sha256": HELLO, "size": 5}
    assert documents.path_of(tmp_path / "files", HELLO).read_bytes() == b"hello"
    assert [path.name for path in (tmp_path / "files").rglob("*") if path.is_file()] == [HELLO]


NAMES = [
    pytest.param("plan.pdf", "plan.pdf", id="as it is"),
    pytest.param("C:\\Mijn documenten\\plan.pdf", "plan.pdf", id="without the folders of Windows"),
    pytest.param("../../etc/plan.pdf", "plan.pdf", id="without folders"),
    pytest.param("pl\r\nan\x00.pdf", "plan.pdf", id="without what cannot be printed"),
    pytest.param("a" * 200 + ".pdf", "a" * 146 + ".pdf", id="shortened, with its ending"),
]


@pytest.mark.parametrize(("given", "kept"), NAMES)
def test_a_file_keeps_its_own_name(given: str, kept: str) -> None:
    assert documents.clean_name(given) == kept


TOO_MUCH = b"x" * (documents.MOST_BYTES + 1)
REFUSED = [
    pytest.param("123456782.pdf", b"x", "Dit lijkt op een BSN", id="a BSN in its name"),
    pytest.param("scan_1234 56 782 (2).pdf", b"x", "Dit lijkt op een BSN", id="a BSN with blanks in its name"),
    pytest.param("plan.pdf", TOO_MUCH, "te groot", id="more than 10 MB"),
    pytest.param("plan.pdf", b"", "leeg", id="nothing in it"),
]


@pytest.mark.parametrize(("name", "content", "why"), REFUSED)
def test_a_file_is_refused_and_leaves_nothing_behind(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        documents.save(tmp_path, name, BytesIO(content))

    assert list(tmp_path.iterdir()) == []


def test_a_file_of_exactly_10_mb_is_taken(tmp_path: Path) -> None:
    assert documents.save(tmp_path, "plan.pdf", BytesIO(TOO_MUCH[1:]))["size"] == documents.MOST_BYTES


def test_the_same_file_from_two_places_is_one_document(store: Store, tmp_path: Path) -> None:
    for name in ("eerste.txt", "tweede.txt"):
        (tmp_path / name).write_bytes(b"hello")
    with store.write() as session:
        keep = documents.keeper(session, tmp_path / "files", now=NOW)
        names = [keep(str(tmp_path / name))["name"] for name in ("eerste.txt", "tweede.txt")]

        assert names == ["eerste.txt", "tweede.txt"]
        assert [row.sha256 for row in session.exec(select(Document))] == [HELLO]


def test_a_path_that_is_no_file_is_refused(store: Store, tmp_path: Path) -> None:
    with store.write() as session, pytest.raises(Refused, match="cannot be read"):
        documents.keeper(session, tmp_path / "files", now=NOW)(str(tmp_path / "weg.pdf"))
