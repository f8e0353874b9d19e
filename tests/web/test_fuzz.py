"""Every address with whatever anybody may send to it: never a failure of ours, and never a way to another site."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.stage import Again, assert_shielded, field_names, form_of, of, sender
from tests.web.table import Stop, named, routes, stops
from tests.web.town import Town
from tijdig.web.visit import COOKIE

FEW = settings(derandomize=True, deadline=None, database=None, max_examples=20)

NASTY = (
    "", " ", "0", "-1", "1e9", "²", "٣", "NaN", str(2**31), str(2**63), str(-(2**63) - 1), "9" * 400, "x" * 2000,
    "a " * 600, "\x00", "\u202e", "é", "e\u0301", "\r\nSet-Cookie: a=b", "'", "'; drop table case_; --", "%", "_", "\\",
    "%00", "%2e%2e%2f", "../../../etc/passwd", "/", "//elders.example", "https://elders.example", "javascript:alert(1)",
    "{{ 7 * 7 }}", "{% raw %}", "${7*7}", "<script>alert(1)</script>", "2021-02-30", "0000-00-00", "9999-12-31",
    "31-12-9999", "1-1-0001", "24:00", "T", "open", "ja", "all", "None", "[]", "a,b,,1",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=20), st.integers().map(str), st.dates().map(str))
NAMES = st.text(min_size=1, max_size=10)
ODD = ("²", "9" * 30, "9" * 5000, "-1", "a\x00b", "a.b", "")
HEADERS = st.dictionaries(
    st.sampled_from(["origin", "sec-fetch-site", "host", "accept-language", "content-type", "cookie", "hx-request"]),
    st.sampled_from([
        "http://[", "null", "none", "http://testserver", "multipart/form-data", "multipart/form-data; boundary=",
        "application/json", "testserver:abc", "same-origin", "a=b; c", "x:y", f"{COOKIE}=x",
    ]),
    max_size=2,
)  # fmt: skip


def query_of(town: Town, stop: Stop) -> list[str]:
    """The names that a route asks for behind its question mark, also by what it depends on."""

    def named_in(dependant: Any) -> list[str]:
        deeper = [name for each in dependant.dependencies for name in named_in(each)]
        return [param.alias for param in dependant.query_params] + deeper

    return named_in(routes(town)[stop.name].dependant)


def filled_with(stop: Stop, path: str, parts: Mapping[str, str]) -> str:
    """An address of a route with what was generated in some of its places."""
    shape = stop.name.partition(" ")[2].split("/")
    return "/".join(
        quote(parts[each], safe="") if each in parts else known
        for each, known in zip(shape, path.partition("?")[0].split("/"), strict=True)
    )


def places(stop: Stop) -> list[str]:
    return [part for part in stop.name.split("/") if part.startswith("{")]


@pytest.mark.parametrize("stop", stops("GET"), ids=named)
def test_no_address_makes_a_page_fail(shared: Mapping[str, Town], stop: Stop) -> None:
    town = of(shared, stop)
    path = stop.path(town)
    cookies = [{}, *({COOKIE: town.enter(person)} for person in ("ann", "kim"))]
    names = st.sampled_from(query_of(town, stop)) if query_of(town, stop) else NAMES
    asked = st.dictionaries(st.one_of(names, NAMES) if not query_of(town, stop) else names, TEXTS, max_size=4)
    within = st.dictionaries(st.sampled_from(places(stop)), TEXTS, max_size=2) if places(stop) else st.just({})

    @FEW
    @given(within, asked, HEADERS, st.sampled_from(cookies))
    def ask(parts: dict[str, str], query: dict[str, str], headers: dict[str, str], cookie: dict[str, str]) -> None:
        town.client.cookies = cookie
        at = f"{filled_with(stop, path, parts)}?{urlencode(query, errors='replace')}"
        answer = town.client.get(at, headers=headers, follow_redirects=False)
        assert answer.status_code < 500, at
        assert_shielded(answer, at)

    ask()


@pytest.mark.parametrize("stop", stops("POST"), ids=named)
def test_no_form_makes_a_page_fail(again: Again, stop: Stop) -> None:
    town, person = again(stop), sender(stop)
    path = stop.path(town, person)
    form = {} if stop.line.formless else form_of(town, stop, path, person)
    known = field_names(town, stop, path) | set(stop.line.given)
    fields = st.dictionaries(st.one_of(st.sampled_from(sorted(known)), NAMES) if known else NAMES, TEXTS, max_size=6)
    files = st.dictionaries(st.one_of(st.sampled_from(sorted(known)), NAMES) if known else NAMES,
                            st.tuples(TEXTS, st.binary(max_size=30)), max_size=2)  # fmt: skip
    within = st.dictionaries(st.sampled_from(places(stop)), TEXTS, max_size=1) if places(stop) else st.just({})

    @FEW
    @given(within, fields, files, st.sampled_from([{}, stop.line.given]), HEADERS)
    def send(
        parts: dict[str, str],
        typed: dict[str, str],
        sent: dict[str, Any],
        right: dict[str, str],
        headers: dict[str, str],
    ) -> None:
        said = {**form, **right, **{name: text for name, text in typed.items() if name != "formulier"}}
        at = filled_with(stop, path, parts)
        answer = town.client.post(at, data=said, files=sent or None, headers=headers, follow_redirects=False)
        assert answer.status_code < 500, said
        assert_shielded(answer, at)

    send()


@pytest.mark.parametrize("stop", stops("POST"), ids=named)
def test_no_odd_name_of_a_field_makes_a_page_fail(again: Again, stop: Stop) -> None:
    """Many forms have fields that end in a number or a name."""
    town, person = again(stop), sender(stop)
    path = stop.path(town, person)
    form = {} if stop.line.formless else form_of(town, stop, path, person)
    known = field_names(town, stop, path) | {"feit.x", "bewaard.x"}
    begins = {name.rpartition(".")[0] + "." for name in known if "." in name} | {""}

    for odd in ODD:
        said = {begin + odd: odd for begin in begins} | dict.fromkeys(known, odd)
        answer = town.client.post(path, data=said | form, follow_redirects=False)
        assert answer.status_code < 500, said
