"""Every message there is can be read in every language: collected anew, and compared with the catalogues."""
from __future__ import annotations

import re
from collections import defaultdict

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from privmedia.languages import CATALOGUES, FIRST
from privmedia.text import LANGUAGES
from tools.texts import TEMPLATE, forms, messages, template, text_of

OTHERS = [tag for tag in LANGUAGES if tag != FIRST]
PLACES = re.compile(r"\$\{\w+\}|%\(\w+\)s|\{\w+\}|</?\w+[^>]*>")


@pytest.fixture(scope="module")
def collected() -> Catalog:
    return template()


@pytest.fixture(scope="module", params=OTHERS)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    tag = request.param
    with (CATALOGUES / tag / "LC_MESSAGES" / "privmedia.po").open("rb") as file:
        return read_po(file, locale=tag)


def test_the_template_has_what_there_is(collected: Catalog) -> None:
    assert TEMPLATE.read_text() == text_of(collected), "collect the messages: make texts"


def test_every_message_is_translated(collected: Catalog, catalogue: Catalog) -> None:
    missing = []
    for message in collected:
        found = catalogue.get(message.id) if message.id else None
        if message.id and (found is None or found.id != message.id or found.fuzzy or not all(forms(found))):
            missing.append(message.id)
    assert missing == []


def test_nothing_is_translated_that_nobody_says_any_more(collected: Catalog, catalogue: Catalog) -> None:
    said = {message.id for message in collected}
    assert [message.id for message in catalogue if message.id not in said] == []


def test_what_stands_in_a_message_stands_in_its_translation(catalogue: Catalog) -> None:
    wrong = []
    for message in catalogue:
        originals = message.id if isinstance(message.id, tuple | list) else [message.id]
        for number, form in enumerate(forms(message)):
            # A language may have more forms than English; those beyond stand for many.
            original = originals[min(number, len(originals) - 1)]
            if form and original and sorted(set(PLACES.findall(form))) != sorted(set(PLACES.findall(original))):
                wrong.append((original, form))
    assert wrong == []


def test_a_number_of_forms_is_that_of_the_language(catalogue: Catalog) -> None:
    plural = [message for message in catalogue if message.pluralizable]
    assert len(plural) > 50
    assert [message.id for message in plural if len(forms(message)) != catalogue.num_plurals] == []


def test_no_message_has_two_plurals() -> None:
    """A catalogue holds one for each first form, so that the other one would be said in its place."""
    plurals = defaultdict(set)
    for _path, _line, message in messages():
        if isinstance(message, tuple):
            plurals[message[0]].add(message[1])
    assert {one: many for one, many in plurals.items() if len(many) > 1} == {}


def test_a_translation_ends_as_its_message_does(catalogue: Catalog) -> None:
    """A full stop, a colon or an ellipsis belongs to how a message is used, not to the language."""
    ends = ".:…?"
    wrong = []
    for message in catalogue:
        original = message.id[0] if isinstance(message.id, tuple | list) else message.id
        form = forms(message)[0]
        if original and form and {original[-1], form[-1]} & set(ends) and original[-1] != form[-1]:
            wrong.append((original, form))
    assert wrong == []
