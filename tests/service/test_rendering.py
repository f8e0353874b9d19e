"""A template that is filled in by a format says what Jinja would say."""

import pytest

from tijdig.service.rendering import by_jinja, filler, flat_form, form, names, source

PARTS = [path.removeprefix("mail/").removesuffix(".j2") for path in names() if path.startswith("mail/")]
FLAT = {part: flat for part in sorted(PARTS) if not part.endswith(".html") and (flat := flat_form(source(part)))}


@pytest.mark.parametrize("name", FLAT)
@pytest.mark.parametrize("value", ["Zorgboerderij 't Hof & Zn.", "100% {{ name }} %s", " aan de rand \n"])
def test_a_template_of_names_alone_is_filled_in_as_by_jinja(name: str, value: str):
    words = dict.fromkeys(FLAT[name].words, value)

    assert filler(name)(words) == by_jinja(name)(words)


def test_a_per_cent_sign_in_a_sentence_stays_one():
    flat = flat_form("Van {{ name }} is 80% klaar.\n")

    assert flat is not None
    assert flat.fill({"name": "50%"}) == "Van 50% is 80% klaar."


@pytest.mark.parametrize("text", ["{{ a | upper }}", "{% if a %}b{% endif %}", "{{ a.b }}", "{{ 1 }}"])
def test_a_template_with_more_than_names_is_left_to_jinja(text: str):
    assert flat_form(text) is None


def test_a_word_that_is_missing_is_an_error_and_no_empty_place():
    with pytest.raises(KeyError):
        filler("orange-12w/task.txt")({})


def test_a_form_knows_its_words_only_when_it_holds_nothing_else():
    assert form("orange-12w/task").words == {"name", "told_iso", "due_iso"}
    assert form("task").words is None
