"""The documents of a dossier, those that are made of it, and its evidence: a zip that is checked without Tijdig."""

import json
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from docx import Document

from tests.web.town import Town, words

Files = dict[str, bytes]


@pytest.fixture
def case(town: Town) -> str:
    code = town.open(orange_on="2021-07-23")
    town.fill(
        town.link(code),
        {"evidence": ("bewijs.pdf", b"%PDF-1.7 een bewijs", "application/pdf")},
        explanation="zie bijlage",
    )
    town.deliver()
    return code


def evidence(town: Town, case: str) -> bytes:
    answer = town.get(f"/dossier/{case}/bewijsmap")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{case}-bewijsmap.zip"'
    return answer.content


def unpacked(content: bytes) -> Files:
    with ZipFile(BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def checked(files: Files, folder: Path, *more: str) -> tuple[int, str]:
    """What the check says that stands in the zip itself, run by a Python that knows nothing of Tijdig."""
    path, script = folder / "map.zip", folder / "controleer.py"
    script.write_bytes(files["controleer.py"])
    with ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    done = subprocess.run([sys.executable, "-I", script, path, *more], capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout + done.stderr


# --- the zip


def test_it_holds_all_that_is_known_of_the_dossier(town: Town, case: str) -> None:
    town.enter("ann")

    files = unpacked(evidence(town, case))

    assert {name.partition("/")[0] for name in files} == {
        "LEES-MIJ.txt", "controleer.py", "inhoud.json", "logboek.json", "logboek.csv", "waarom.txt", "berichten",
        "berichten.json", "documenten", "procedure.json", "instellingen.json", "kalender.json",
    }  # fmt: skip
    assert [content for name, content in files.items() if name.startswith("documenten/")] == [b"%PDF-1.7 een bewijs"]
    assert "12 weken later is vr 15 okt 2021." in files["waarom.txt"].decode()
    assert "python3 controleer.py" in files["LEES-MIJ.txt"].decode()


def test_each_mail_has_its_headers_and_no_way_in(town: Town, case: str) -> None:
    town.enter("ann")

    mails = [content.decode() for name, content in unpacked(evidence(town, case)).items() if name.endswith(".eml")]

    assert mails
    assert all("\r\nMessage-ID: <" in mail and "\r\nX-Tijdig-Staat: " in mail for mail in mails)
    assert not [mail for mail in mails if "token-" in mail]


def test_the_same_dossier_gives_the_same_bytes(town: Town, case: str) -> None:
    town.enter("ann")
    first = evidence(town, case)
    town.later(hours=2)

    assert evidence(town, case) == first


def test_a_dossier_of_others_gives_nothing(town: Town, case: str) -> None:
    town.join("eve", "inkoper")
    town.enter("eve")

    for path in ("bewijsmap", "documenten", "document/" + "0" * 64):
        assert town.get(f"/dossier/{case}/{path}").status_code == 403
    assert town.events("denied") == ["eve"] * 3


# --- checked elsewhere


def test_a_whole_map_is_said_to_be_whole(town: Town, case: str, tmp_path: Path) -> None:
    town.enter("ann")
    files = unpacked(evidence(town, case))

    status, said = checked(files, tmp_path)

    assert (status, f"van {case} kloppen." in said) == (0, True)
    assert checked(files, tmp_path, json.loads(files["inhoud.json"])["einde"])[0] == 0


def listed_again(files: Files) -> None:
    """Whoever forges a file can make the list of files anew."""
    from hashlib import sha256

    about = json.loads(files["inhoud.json"])
    about["bestanden"] = {n: sha256(c).hexdigest() for n, c in files.items() if n != "inhoud.json"}
    files["inhoud.json"] = json.dumps(about).encode()


def in_the_log(change: Callable[[list[dict[str, object]]], None]) -> Callable[[Files], None]:
    def forge(files: Files) -> None:
        log = json.loads(files["logboek.json"])
        change(log["regels"])
        files["logboek.json"] = json.dumps(log).encode()
        listed_again(files)

    return forge


def document(files: Files) -> str:
    return next(name for name in files if name.startswith("documenten/"))


def swap_document(files: Files) -> None:
    files[document(files)] = b"iets anders"
    listed_again(files)


def drop_document(files: Files) -> None:
    del files[document(files)]
    listed_again(files)


def other_procedure(files: Files) -> None:
    files["procedure.json"] = files["procedure.json"].replace(b"12", b"13")
    listed_again(files)


FORGED = [
    pytest.param(in_the_log(lambda log: log[0].update(actor="eve")), "Regel 1 van het logboek is veranderd.", id="who"),
    pytest.param(in_the_log(lambda log: log[1].update(at="2020-01-01T00:00:00+00:00")), "Regel 2", id="when"),
    pytest.param(
        in_the_log(lambda log: log[0].update(body='{"reason":"anders"}')),
        "De inhoud van regel 1 van het logboek is veranderd.", id="what",
    ),
    pytest.param(in_the_log(lambda log: log.pop(1)), "Regel 2 van het logboek ontbreekt.", id="an entry taken out"),
    pytest.param(in_the_log(lambda log: log.pop()), "Het logboek eindigt anders dan inhoud.json", id="a tail cut off"),
    pytest.param(swap_document, "Document 'bewijs.pdf'", id="another document"),
    pytest.param(drop_document, "Document 'bewijs.pdf'", id="a document taken out"),
    pytest.param(other_procedure, "procedure.json is niet de procedure van dit dossier.", id="another procedure"),
    pytest.param(lambda files: files.update({"waarom.txt": b"anders"}), "waarom.txt is veranderd.", id="another file"),
    pytest.param(lambda files: files.update({"extra.txt": b"x"}), "extra.txt hoort niet in deze map.", id="one more"),
    pytest.param(lambda files: files.pop("waarom.txt"), "waarom.txt ontbreekt.", id="one less"),
]  # fmt: skip


@pytest.mark.parametrize(("forge", "said"), FORGED)
def test_what_was_changed_is_named(
    town: Town, case: str, tmp_path: Path, forge: Callable[[Files], None], said: str
) -> None:
    town.enter("ann")
    files = unpacked(evidence(town, case))
    forge(files)

    status, found = checked(files, tmp_path)

    assert status == 1
    assert said in found


def test_a_map_that_was_made_anew_ends_otherwise_than_is_known_elsewhere(town: Town, case: str, tmp_path: Path) -> None:
    town.enter("ann")

    status, found = checked(unpacked(evidence(town, case)), tmp_path, "0123456789ab")

    assert (status, "eindigt anders dan u noemde" in found) == (1, True)


# --- the tab


def test_the_tab_lists_what_was_handed_in_and_gives_it_back(town: Town, case: str) -> None:
    town.enter("ann")

    page = town.get(f"/dossier/{case}/documenten").text
    path = page.partition(f'href="/dossier/{case}/document/')[2].partition('"')[0]
    answer = town.get(f"/dossier/{case}/document/{path}")

    assert "Documenten (1)" in words(page)
    assert "bewijs.pdf" in words(page)
    assert (answer.content, answer.headers["content-type"]) == (b"%PDF-1.7 een bewijs", "application/octet-stream")
    assert 'filename="bewijs.pdf"' in answer.headers["content-disposition"]


def test_a_document_whose_place_was_taken_is_said_so_and_still_there(town: Town, case: str) -> None:
    town.decide(case, "recheck", "not_in_order", "ann", missing="de handtekening")
    town.fill(town.link(case, "supplement"), {"evidence": ("beter.pdf", b"%PDF-1.7 beter", "application/pdf")})
    town.enter("ann")

    page = words(town.get(f"/dossier/{case}/documenten").text)

    assert "bewijs.pdf 1 kB Bewijs van de verbetering (vervangen)" in page
    assert "beter.pdf 1 kB Bewijs van de verbetering ma 4 okt" in page


def test_a_document_that_is_not_of_the_dossier_is_not_found(town: Town, case: str) -> None:
    town.enter("ann")

    assert town.get(f"/dossier/{case}/document/{'0' * 64}").status_code == 404


@pytest.mark.parametrize(("format", "begins"), [("docx", b"PK"), ("pdf", b"%PDF")])
def test_a_letter_is_made_of_it_and_that_it_was_made_is_written_down(
    town: Town, case: str, format: str, begins: bytes
) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/documenten").text

    answer = town.post(f"/dossier/{case}/maak/orange-letter/{format}", {}, page=page)

    assert answer.content.startswith(begins)
    assert answer.headers["content-disposition"] == f'attachment; filename="{case}-orange-letter.{format}"'
    assert town.events("document") == ["ann"]


@pytest.mark.parametrize("path", ["wzd-report/docx", "orange-letter/xlsx", "orange-letter/exe", "onzin/pdf"])
def test_what_cannot_be_made_of_it_is_not_found(town: Town, case: str, path: str) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/documenten").text

    assert town.post(f"/dossier/{case}/maak/{path}", {}, page=page).status_code == 404
    assert town.events("document") == []


def test_a_form_of_another_visit_makes_nothing(town: Town, case: str) -> None:
    town.enter("ann")
    page = town.get(f"/dossier/{case}/documenten").text
    town.enter("bob")

    assert town.post(f"/dossier/{case}/maak/orange-letter/docx", {}, page=page).status_code == 403


def test_a_template_of_the_house_with_a_fault_is_named(town: Town, case: str) -> None:
    folder = Path(town.settings.data) / "templates"
    folder.mkdir()
    paper = Document()
    paper.add_paragraph("{{ subject.naam }}")
    paper.save(folder / "orange-letter.docx")
    town.enter("ann")
    page = town.get(f"/dossier/{case}/documenten").text

    answer = town.post(f"/dossier/{case}/maak/orange-letter/docx", {}, page=page)

    assert answer.status_code == 409
    assert "Dit document kan niet worden opgemaakt" in words(answer.text)
    assert "subject.naam" in words(answer.text)
    assert town.events("document") == []
