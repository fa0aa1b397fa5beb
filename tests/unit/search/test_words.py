"""Words: what a text is cut into, how what is typed is read, and where in a text the words are marked."""
from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privmedia.search.spelling import can_be_meant, spellings
from privmedia.search.words import LONGEST_QUERY, MOST_TERMS, Marker, Query, folded, words_of

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Thruster T4-12: 100%", ["thruster", "t4", "12", "100"]),
        ("Müller MÜLLER Mu\u0308ller", ["muller"] * 3),
        ("Straße STRASSE", ["strasse"] * 2),
        ("Łódź, Tromsø, œuvre, Þór", ["lodz", "tromso", "oeuvre", "thor"]),
        ("Haupt\u00adlager\u200b", ["hauptlager"]),
        ("日本語 ok🎬🎬", ["日", "本", "語", "ok", "🎬", "🎬"]),
        ("Привет ПРИВЕТ", ["привет"] * 2),
        ("ΣΊΣΥΦΟΣ σίσυφος", ["σισυφοσ"] * 2),
        ("हिन्दी שָׁלוֹם العَرَبِيَّة", ["हिन्दी", "שלום", "العربية"]),
        ("\ufb01ne \uff57\uff49\uff44\uff45 \u2121 m\u00b2", ["fine", "wide", "tel", "m2"]),
        ("snake_case a.b/c\\d 'e' \"f\"", ["snake", "case", "a", "b", "c", "d", "e", "f"]),
        ("\u0301 \u200d * () \x00", []),
    ],
)
def test_a_text_is_cut_into_words(text: str, words: list[str]) -> None:
    assert [unicodedata.normalize("NFC", word) for word in words_of(text)] == words


@given(texts)
def test_words_have_no_sign_that_means_anything_to_a_database(text: str) -> None:
    for word in words_of(text):
        assert word
        assert not set(word) & set("\"'\\*:&|!<>()^{}+-%_ \t\n\0")
        assert words_of(word) == [word]


@given(texts)
def test_a_text_is_cut_the_same_letter_by_letter_as_whole(text: str) -> None:
    assert "".join(folded(character) for character in text).split() == folded(text).split()


@given(texts, texts)
def test_marking_changes_no_letter_of_a_text(text: str, typed: str) -> None:
    marker = Marker(Query.read(typed))
    assert "".join(piece for piece, _marked in marker.marked(text)) == text


@given(texts)
def test_what_is_looked_for_is_marked(text: str) -> None:
    for word in words_of(text):
        pieces = Marker(Query(word, ((word,),))).marked(text)
        assert any(marked for _piece, marked in pieces)


def test_a_beginning_is_marked_as_far_as_it_was_typed() -> None:
    assert Marker(Query.read("müll")).marked("Mu\u0308llers Mühle") == [("Mu\u0308ll", True), ("ers Mühle", False)]


def test_an_excerpt_is_cut_between_words_around_the_first_that_was_looked_for() -> None:
    text = "before " * 30 + "the bearing will seize " + "after " * 30
    excerpt = Marker(Query.read("bearing")).excerpt(text)
    assert excerpt is not None
    whole = "".join(piece for piece, _marked in excerpt)
    assert whole.startswith("…before ")
    assert whole.endswith(" after…")
    assert len(whole) < 160
    assert ("bearing", True) in excerpt
    assert Marker(Query.read("seal")).excerpt(text) is None


@given(st.text(max_size=2000))
def test_whatever_is_typed_is_read(typed: str) -> None:
    query = Query.read(typed)
    assert len(query.text) <= LONGEST_QUERY
    assert len(query.terms) <= MOST_TERMS
    assert all(term and all(term) for term in query.terms)


def test_one_letter_is_a_word_and_no_beginning() -> None:
    assert not Query.read("a").last_begins
    assert not Query.read("thruster t").last_begins
    assert Query.read("thruster t4").last_begins
    assert not Query.read("").last_begins


@pytest.mark.parametrize(
    ("typed", "meant"), [("bering", "bearing"), ("bearring", "bearing"), ("bearong", "bearing"), ("baering", "bearing")]
)
def test_words_that_differ_by_a_letter_have_a_spelling_in_common(typed: str, meant: str) -> None:
    assert spellings(typed) & spellings(meant)
    assert not spellings(typed) & spellings("thruster")


def test_numbers_and_short_words_are_not_meant() -> None:
    assert [word for word in ("t4", "seal", "2026", "t4ab", "a" * 30) if can_be_meant(word)] == ["seal"]
