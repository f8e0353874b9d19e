"""What holds for every page: privacy headers, our own forms only, limits, the footer, and pages for what goes wrong."""

import logging
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from models.case import Case
from tests.web.town import Town, hidden, words
from tijdig.web.app import ASKED_PER_MINUTE
from tijdig.web.shield import mask_tokens
from tijdig.web.uploads import MOST_IN_A_FORM, MOST_TEXT

PATHS = ["/", "/gezond", "/nergens", "/t/nergens", "/static/tijdig.css", "/static/nergens.css"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_keeps_itself_to_itself(town: Town, path: str) -> None:
    headers = town.get(path).headers

    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")


def test_pages_bring_nothing_from_elsewhere_and_no_script(town: Town) -> None:
    page = town.get(f"/t/{town.link(town.open())}").text

    assert "<script>" not in page
    assert " style=" not in page
    assert re.findall(r'(?:href|src|action)="(?!/|#)[^"]*"', page) == []


# --- forms of our own only

ORIGINS = [
    pytest.param({"origin": "http://testserver"}, 200, id="our own"),
    pytest.param({"origin": "null", "sec-fetch-site": "same-origin"}, 200, id="our own, without referrer"),
    pytest.param({}, 200, id="not said"),
    pytest.param({"origin": "https://elders.example"}, 403, id="elsewhere"),
    pytest.param({"origin": "http://testserver:81"}, 403, id="another port"),
    pytest.param({"origin": "null", "sec-fetch-site": "cross-site"}, 403, id="elsewhere, hidden"),
    pytest.param({"sec-fetch-site": "same-site"}, 403, id="a neighbour"),
]


@pytest.mark.parametrize(("headers", "status"), ORIGINS)
def test_a_form_comes_from_our_own_page(town: Town, headers: dict[str, str], status: int) -> None:
    case = town.open()
    token = town.link(case)
    form = hidden(town.get(f"/t/{token}").text) | {"feit.explanation": "klaar"}

    answer = town.client.post(f"/t/{token}", data=form, headers=headers)

    assert answer.status_code == status
    assert len(town.decisions(case)) == (status == 200)


def test_a_form_that_was_not_made_for_this_link_is_refused(town: Town) -> None:
    case = town.open()
    token, other = town.link(case), town.link(case, "judge", "ann")
    sealed = hidden(town.get(f"/t/{other}").text)["formulier"]

    for form in ({}, {"formulier": "verzonnen"}, {"formulier": sealed}):
        answer = town.send(token, form | {"feit.explanation": "klaar"})
        assert answer.status_code == 403
        assert "Er is niets gewijzigd." in words(answer.text)
    assert town.decisions(case) == []


# --- limits


def test_one_link_may_be_opened_so_often_a_minute(town: Town) -> None:
    token, other = town.link(town.open()), "een-ander"
    statuses = [town.get(f"/t/{token}").status_code for _ in range(ASKED_PER_MINUTE + 1)]

    assert set(statuses[:-1]) == {200}
    assert statuses[-1] == town.send(token, {}).status_code == 429
    assert town.get(f"/t/{other}").status_code == 404

    town.later(minutes=1)

    assert town.get(f"/t/{token}").status_code == 200


def test_a_form_without_end_is_cut_off(town: Town) -> None:
    token = town.link(town.open())
    sent = 0

    def endless() -> object:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="feit.evidence"; filename="a"\r\n\r\n'
        while sent < 2 * MOST_IN_A_FORM:
            sent += 1024 * 1024
            yield b"x" * 1024 * 1024

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = town.client.post(f"/t/{token}", content=endless(), headers=headers)

    assert answer.status_code == 413
    assert "hoogstens 10 MB" in words(answer.text)


def test_what_is_no_form_is_refused(town: Town) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}

    answer = town.client.post(f"/t/{town.link(town.open())}", content=b"--y rommel", headers=headers)

    assert answer.status_code == 400


BOUNDARY = {"content-type": "multipart/form-data; boundary=x"}


def too_much_for_text() -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="naam"; filename="a"\r\n\r\n' + b"x" * MOST_TEXT + b"\r\n--x--"


@pytest.mark.parametrize("path", ["/aanmelden", "/kijk-als"])
def test_who_did_not_sign_in_sends_no_more_than_a_form_without_files_holds(town: Town, path: str) -> None:
    answer = town.client.post(path, content=too_much_for_text(), headers=BOUNDARY)

    assert answer.status_code == 413


def test_who_may_not_sign_out_is_not_listened_to(town: Town) -> None:
    read = False

    def sent() -> Iterator[bytes]:
        nonlocal read
        read = True
        yield too_much_for_text()

    town.client.post("/afmelden", content=sent(), headers=BOUNDARY, follow_redirects=False)

    assert not read


UNREADABLE = ["/dossier/%00", "/dossier/ORA%00", "/procedures/%00", "/t/%00", "/dossiers?zoek=%00", "/?rol=a%00b",
              "/aanmelden?naar=%2F%00", "/static/%00", "/postvak/%00", "/%00"]  # fmt: skip


@pytest.mark.parametrize("path", UNREADABLE)
def test_an_address_with_what_no_database_takes_is_not_there(town: Town, path: str) -> None:
    town.enter("ann")

    answer = town.client.get(path, follow_redirects=False)

    assert answer.status_code == 404
    assert "<h1>Deze pagina is er niet</h1>" in answer.text


CHARSETS = ["utf-8", "utf-7", "unicode_escape", "raw_unicode_escape", "hex", "nonsense"]


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("text", [b"a\0b", b"+2AA-", b"\\ud800", b"\\u0000"], ids=repr)
def test_a_field_with_what_no_database_takes_is_no_failure(town: Town, charset: str, text: bytes) -> None:
    form = hidden(town.get("/aanmelden").text)["formulier"].encode()
    fields = {b"formulier": form, b"naam": text, b"wachtwoord": b"iets anders dan dat", b"naam" + text: text}
    parts = [b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % each for each in fields.items()]
    headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}

    answer = town.client.post("/aanmelden", content=b"".join(parts) + b"--x--\r\n", headers=headers)

    assert answer.status_code == 403


ODD_HEADERS = [{"origin": "http://["}, {"origin": "http://a:b"}, {"origin": "http://a:99999999"},
               {"host": "127.0.0.1:b"}, {"host": "127.0.0.1:99999999"}]  # fmt: skip


@pytest.mark.parametrize("headers", ODD_HEADERS, ids=str)
def test_an_odd_origin_is_no_failure(town: Town, headers: dict[str, str]) -> None:
    assert town.client.post("/aanmelden", data={}, headers=headers).status_code in (400, 403)


def test_a_search_of_a_thousand_words_is_no_failure(town: Town) -> None:
    town.enter("ann")

    assert town.get(f"/dossiers?zoek={'a+' * 3000}").status_code == 200


# --- the edges of a page

FOOTERS = [
    pytest.param(None, "Termijnen zijn hier nog nooit gecontroleerd. Er gaan geen herinneringen uit.", id="never"),
    pytest.param(0, "Controle draait, laatst ma 4 okt 2021, 09:00", id="just now"),
    pytest.param(30, "Controle draait, laatst ma 4 okt 2021, 08:30", id="two intervals ago"),
    pytest.param(
        31,
        "Termijnen worden niet gecontroleerd sinds ma 4 okt 2021, 08:29 . Er gaan geen herinneringen uit.",
        id="longer ago",
    ),
]


@pytest.mark.parametrize(("minutes_ago", "said"), FOOTERS)
def test_every_page_says_whether_terms_are_checked(town: Town, minutes_ago: int | None, said: str) -> None:
    if minutes_ago is not None:
        town.swept(town.now - timedelta(minutes=minutes_ago))

    for path in ("/", "/nergens", f"/t/{town.link(town.open())}"):
        page = town.get(path).text
        assert said in " ".join(re.sub(r"<[^>]+>", " ", page).split())
        assert ('class="alarm"' in page) == ("niet" in said or "nooit" in said)


def test_health_is_asked_without_data(town: Town) -> None:
    assert town.get("/gezond").json() == {"status": "gezond"}

    town.break_database()

    assert town.get("/gezond").status_code == 503
    assert town.get("/gezond").json() == {"status": "ziek"}


# --- what goes wrong


def test_what_is_not_there_has_a_page(town: Town) -> None:
    for answer in (town.get("/nergens"), town.get("/docs"), town.get("/openapi.json"), town.get("/static/x")):
        assert answer.status_code == 404
        assert "<h1>Deze pagina is er niet</h1>" in answer.text


def test_a_failure_has_a_code_that_the_log_knows_and_no_trace(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    token = town.link(town.open())
    form = hidden(town.get(f"/t/{token}").text)
    town.break_database()

    shown = town.get(f"/t/{token}")
    sent = town.send(token, form | {"feit.explanation": "klaar"})

    assert (shown.status_code, sent.status_code) == (500, 500)
    assert "Deze pagina kan nu niet worden getoond. Probeer opnieuw. Code" in words(shown.text)
    assert "Niet opgeslagen, er is niets gewijzigd. Probeer opnieuw. Code" in words(sent.text)
    for answer in (shown, sent):
        code = re.search(r"Code (\w{8})\.", answer.text)
        assert code is not None
        assert f"code {code[1]}" in caplog.text
        assert "Traceback" not in answer.text
    assert token not in caplog.text


def test_who_finds_the_database_busy_is_asked_to_try_again(town: Town) -> None:
    token = town.link(town.open())
    form = hidden(town.get(f"/t/{token}").text)

    with town.impatient(), town.store.write() as session:
        session.exec(select(Case).with_for_update()).all()
        answer = town.send(token, form | {"feit.explanation": "klaar"})

    assert answer.status_code == 503
    assert "Niet opgeslagen, er is niets gewijzigd." in words(answer.text)


def test_tokens_stay_out_of_the_access_log() -> None:
    said = '%s - "%s %s HTTP/%s" %d', ("127.0.0.1:5000", "POST", "/t/geheim/nieuw?x=1", "1.1", 200)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, *said, None)

    assert mask_tokens(record)
    assert record.getMessage() == '127.0.0.1:5000 - "POST /t/…/nieuw?x=1 HTTP/1.1" 200'


def test_a_name_that_is_not_ours_leads_nowhere(town: Town) -> None:
    assert town.client.get("/", headers={"host": "elders.example"}).status_code == 400
    assert town.client.get("/", headers={"host": "127.0.0.1:8420"}).status_code == 200
