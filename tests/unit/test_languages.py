"""What is said in the reader's language: sentences, and what stands in them."""
from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from markupsafe import Markup

from privmedia.errors import Invalid, Throttled
from privmedia.languages import Language, language
from privmedia.media.words import recalled
from privmedia.text import Plural, Sentence, Size, listed

ENGLISH, GERMAN = language("en"), language("de")
PEOPLE = Plural("${count} person can see this folder", "${count} people can see this folder")
NOON = datetime(2026, 11, 19, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "english", "german"),
    [
        (0, "0 people can see this folder", "0 Personen können diesen Ordner sehen"),
        (1, "1 person can see this folder", "1 Person kann diesen Ordner sehen"),
        (1284, "1,284 people can see this folder", "1.284 Personen können diesen Ordner sehen"),
    ],
)
def test_a_number_decides_the_form_and_is_written_as_the_reader_does(count: int, english: str, german: str) -> None:
    sentence = Sentence(PEOPLE, {"count": count})
    assert (ENGLISH.say(sentence), GERMAN.say(sentence), str(sentence)) == (english, german, english)


def test_a_form_needs_a_number_to_be_chosen_by() -> None:
    with pytest.raises(TypeError, match="no number to count by"):
        GERMAN.say(Sentence(PEOPLE, {"count": "many"}))


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (date(2026, 11, 9), "9 November 2026", "9. November 2026"),
        (NOON, "19 November 2026, 12:05 UTC", "19. November 2026, 12:05 UTC"),
        (Size(0), "0 bytes", "0 Byte"),
        (Size(1), "1 byte", "1 Byte"),
        (Size(999), "999 bytes", "999 Byte"),
        (Size(890_000), "890 KB", "890 kB"),
        (Size(20_240_000), "20.2 MB", "20,2 MB"),
        (Size(999_400_000), "999 MB", "999 MB"),
        (Size(1_500_000_000), "1.5 GB", "1,5 GB"),
        (Size(20_000_000_000_000_000), "20,000 TB", "20.000 TB"),
        ("Leila", "Leila", "Leila"),
        ("Library", "Library", "Library"),  # a name that is a word of ours stays a name
    ],
)
def test_days_moments_and_sizes_are_written_as_the_reader_does(value: object, english: str, german: str) -> None:
    assert (ENGLISH.written(value), GERMAN.written(value)) == (english, german)


@pytest.mark.parametrize(
    ("names", "most", "german"),
    [
        (["A"], None, "A"),
        (["A", "B"], None, "A und B"),
        (["A", "B", "C"], None, "A, B und C"),
        (["A", "B", "C"], 2, "A, B und 1 weitere"),
    ],
)
def test_lists_are_put_together_as_the_language_does(names: list[str], most: int | None, german: str) -> None:
    assert GERMAN.say(listed(names, most)) == german


def test_a_name_that_stands_out_is_marked_and_everything_is_escaped() -> None:
    sentence = Sentence("${name} & ${place}", {"name": "<i>Leila</i>", "place": "a < b"})
    said = GERMAN.say(sentence, bold="name")
    assert isinstance(said, Markup)
    assert said == "<b>&lt;i&gt;Leila&lt;/i&gt;</b> &amp; a &lt; b"


def test_what_is_not_translated_is_said_as_it_was_written() -> None:
    assert GERMAN.say(Sentence("Nobody wrote this, ${name}.", {"name": "Leila"})) == "Nobody wrote this, Leila."
    assert GERMAN.text("") == "", "the head of a catalogue is no message"


def test_a_language_there_is_not_is_english() -> None:
    assert language("tlh").tag == language("").tag == "en"


def test_scripts_get_every_form_by_the_name_that_browsers_have_for_it() -> None:
    forms = GERMAN.forms(Plural("{count} person", "{count} people"))
    assert forms == {"one": "{count} Person", "other": "{count} Personen"}


def test_an_error_is_said_in_english_to_a_log_and_in_german_to_a_german() -> None:
    refused = Throttled(125)
    assert str(refused) == "Too many tries. Wait 2 minutes, then try again."
    assert GERMAN.say(refused.said) == "Zu viele Versuche. 2 Minuten warten, dann noch einmal versuchen."
    assert GERMAN.say(Invalid("The file is empty.").said) == "Die Datei ist leer."


@pytest.mark.parametrize(
    ("kept", "german"),
    [
        ("The file is empty.", "Die Datei ist leer."),
        (
            "This file is Apple ProRes 422. No browser plays that.",
            "Diese Datei ist Apple ProRes 422. Kein Browser spielt das.",
        ),
        (
            "This file is HEVC (H.265) with 10 bits per colour and 4:2:2 colour. Most browsers do not play that.",
            "Diese Datei ist HEVC (H.265) mit 10 Bit je Farbe und Farbe 4:2:2. Die meisten Browser spielen das nicht.",
        ),
        (
            "This file is protected against copying. No browser plays that.",
            "Diese Datei ist kopiergeschützt. Kein Browser spielt das.",
        ),
        (
            "The file is damaged: it stops after 0:02 of 1:02:03.",
            "Die Datei ist beschädigt: Sie endet nach 0:02 von 1:02:03.",
        ),
        ("Something that nobody says any more.", "Something that nobody says any more."),
    ],
)
def test_what_is_kept_in_english_is_known_again(kept: str, german: str) -> None:
    assert str(recalled(kept)) == kept
    assert GERMAN.say(recalled(kept)) == german


def test_every_language_has_all_its_forms_before_the_number_up_to_which_they_are_looked_for() -> None:
    assert set(Language("en").forms(PEOPLE)) == {"one", "other"}
    assert all(re.search("Person", form) for form in GERMAN.forms(PEOPLE).values())
