"""Every address of the application: who gets in, what a form must be, and what stands on each answer.

All of it comes from the table of routes (table.py), so that a new page cannot forget it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from starlette.routing import Mount

from tests.web.stage import (
    SECRETS,
    Again,
    assert_shielded,
    contents,
    enter,
    form_of,
    is_in,
    of,
    other,
    send,
    sender,
)
from tests.web.table import ALL, MISSING, PERSONS, Stop, Visitor, filled, named, routes, stops
from tests.web.town import Town, words

VISITORS: tuple[Visitor, ...] = ("stranger", *PERSONS)
EVERY_POST = pytest.mark.parametrize("stop", stops("POST"), ids=named)
BOUND = [stop for stop in stops("POST") if not stop.line.formless]
ONCE = [stop for stop in BOUND if not stop.line.repeats]


def test_every_route_stands_in_the_table(shared: Mapping[str, Town]) -> None:
    known, listed = set(routes(shared["live"])), {stop.name for stop in stops()}

    assert not known - listed, MISSING.format(", ".join(sorted(known - listed)))
    assert not listed - known, f"The table of routes has what is no route: {sorted(listed - known)}"
    assert [mount.path for mount in shared["live"].app.routes if isinstance(mount, Mount)] == ["/static"]


# --- who gets in


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("stop", stops("GET"), ids=named)
def test_who_gets_to_see_it(shared: Mapping[str, Town], stop: Stop, visitor: Visitor) -> None:
    town, due = of(shared, stop), stop.line.who.due(visitor)
    path = stop.path(town)
    enter(town, PERSONS.get(visitor, ""))
    before = contents(town)

    answer = town.client.get(path, follow_redirects=False)

    assert_is(due, answer)
    assert_shielded(answer, path)
    assert contents(town) == before, "GET changes nothing"
    if visitor in ("no role", "elsewhere"):
        assert stop.line.names or not any(secret in answer.text.lower() for secret in SECRETS)


@pytest.mark.parametrize("visitor", VISITORS)
@EVERY_POST
def test_who_may_hand_it_in(again: Again, shared: Mapping[str, Town], stop: Stop, visitor: Visitor) -> None:
    due = stop.line.who.due(visitor)
    town = again(stop) if due == "in" else of(shared, stop)
    path = stop.path(town)
    person = PERSONS.get(visitor, "")
    owner = person if due == "in" and not stop.form_for_all else sender(stop)
    form = {} if stop.line.formless else form_of(town, stop, path, owner)
    if owner != person:
        enter(town, person)
    before = contents(town)

    answer = send(town, path, form | stop.line.given)

    assert_is(due, answer)
    assert_shielded(answer, path)
    if due != "in":
        assert contents(town) == before


def assert_is(due: str, answer: Any) -> None:
    if due == "in":
        assert is_in(answer), (answer.status_code, answer.headers.get("location"), words(answer.text)[:500])
    elif due == "sign in":
        assert (answer.status_code, answer.headers.get("location", "")[:16]) == (303, "/aanmelden?naar=")
    else:
        assert answer.status_code in (403, 404)


@pytest.mark.parametrize("stop", [stop for stop in stops() if stop.line.trial], ids=named)
def test_a_live_installation_has_nothing_of_a_trial(shared: Mapping[str, Town], stop: Stop) -> None:
    path = stop.path(shared["trial"])
    enter(shared["live"], "kim")

    assert shared["live"].client.request(stop.method, path).status_code in (403, 404)


@pytest.mark.parametrize("stop", [stop for stop in stops() if stop.is_link and not stop.line.formless], ids=named)
def test_a_link_that_nobody_sent_leads_nowhere(shared: Mapping[str, Town], stop: Stop) -> None:
    town = of(shared, stop)
    path = filled(stop.name.partition(" ")[2].replace("{token}", "verzonnen"), town, "", stop.line.values)

    assert town.client.request(stop.method, path).status_code == 404


# --- what a form must be


@pytest.mark.parametrize("stop", BOUND, ids=named)
def test_a_form_is_ones_own_and_whole(shared: Mapping[str, Town], stop: Stop) -> None:
    town, person = of(shared, stop), sender(stop)
    path = stop.path(town, person)
    forms: list[dict[str, str]] = [{}]
    if not stop.form_for_all:
        forms.append(form_of(town, stop, stop.path(town, other(person)) if stop.is_link else path, other(person)))
    mine = form_of(town, stop, path, person)
    forms += [mine | {"formulier": text} for text in ("verzonnen", mine["formulier"][:-1])]
    before = contents(town)

    answers = [send(town, path, form | stop.line.given) for form in forms]

    assert [answer.status_code for answer in answers] == [403] * len(forms)
    assert contents(town) == before


ELSEWHERE = [{"origin": "https://elders.example"}, {"origin": "null", "sec-fetch-site": "cross-site"},
             {"sec-fetch-site": "same-site"}]  # fmt: skip


@EVERY_POST
def test_a_form_comes_from_our_own_page(shared: Mapping[str, Town], stop: Stop) -> None:
    town, person = of(shared, stop), sender(stop)
    path = stop.path(town, person)
    form = {} if stop.line.formless else form_of(town, stop, path, person)
    before = contents(town)

    answers = [send(town, path, form | stop.line.given, headers) for headers in ELSEWHERE]

    assert [answer.status_code for answer in answers] == [403] * len(ELSEWHERE)
    assert contents(town) == before


@pytest.mark.parametrize("stop", ONCE, ids=named)
def test_the_same_form_twice_changes_no_more_than_once(again: Again, stop: Stop) -> None:
    town, person = again(stop), sender(stop)
    path = stop.path(town, person)
    form = form_of(town, stop, path, person) | stop.line.given
    assert_is("in", send(town, path, form))
    once = contents(town)

    answer = send(town, path, form)

    assert answer.status_code < 500
    assert contents(town) == once


@pytest.mark.parametrize("stop", [stop for stop in stops("POST") if stop.line.who.person], ids=named)
def test_who_lost_the_role_meanwhile_may_not(again: Again, stop: Stop) -> None:
    town, person = again(stop), sender(stop)
    path = stop.path(town, person)
    form = form_of(town, stop, path, person) | stop.line.given
    town.leave(person)
    before = contents(town)

    answer = send(town, path, form)

    assert answer.status_code == 403
    assert contents(town) == before


@pytest.mark.parametrize("stop", [stop for stop in stops("POST") if stop.line.who != ALL], ids=named)
def test_of_who_did_not_sign_in_nothing_is_read(shared: Mapping[str, Town], stop: Stop) -> None:
    town, read = of(shared, stop), []

    def sent() -> Iterator[bytes]:
        read.append(True)
        yield b"--x\r\n"

    enter(town, "")
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = town.client.post(stop.path(town), content=sent(), headers=headers, follow_redirects=False)

    assert answer.status_code == 303
    assert not read, "let the visitor stand before the form among the parameters"
