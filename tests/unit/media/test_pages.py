"""Pages of documents: drawn and read, each for itself."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from privmedia.library.page_steps import MOST_FAILURES, in_steps
from privmedia.media import Damaged, make_pages, read_pages
from tests.unit.media.conftest import Studio, pdf, written_pdf


def test_a_page_that_cannot_be_drawn_costs_no_other(studio: Studio, work: Path) -> None:
    path = studio.write("torn.pdf", written_pdf("One", None, "Three"))
    made = make_pages(path, numbers=[1, 2, 3], work=work)
    assert sorted(made) == [1, 3]
    with Image.open(made[3]) as picture:
        assert picture.size == (1350, 1800)


def test_what_stands_on_pages_is_read(studio: Studio, work: Path) -> None:
    path = studio.write("manual.pdf", written_pdf("Main bearing", None, "Heat it\nto 80 degrees"))
    read = read_pages(path, numbers=[1, 2, 3], work=work)
    assert {number: text.split() for number, text in read.items()} == {
        1: ["Main", "bearing"],
        3: ["Heat", "it", "to", "80", "degrees"],
    }


def test_a_page_without_words_has_an_empty_text(studio: Studio, work: Path) -> None:
    assert read_pages(studio.write("scan.pdf", pdf(1)), numbers=[1], work=work) == {1: ""}


def test_of_an_endless_page_the_beginning_is_read(studio: Studio, work: Path) -> None:
    path = studio.write("endless.pdf", written_pdf("\n".join(["bearing " * 60] * 360), size=1))
    (text,) = read_pages(path, numbers=[1], work=work).values()
    assert 19_000 < len(text) <= 20_000


def test_a_damaged_document_is_said_to_be_one(studio: Studio, work: Path) -> None:
    with pytest.raises(Damaged):
        read_pages(studio.write("broken.pdf", b"%PDF-1.4\nnothing"), numbers=[1], work=work)


def steps_of(numbers: range, breaking: set[int]) -> tuple[list[int], int]:
    """The pages that are done where some break the decoder, and how often it was tried."""
    done: list[int] = []
    tried = 0

    def do(some: Sequence[int]) -> None:
        nonlocal tried
        tried += 1
        if breaking & set(some):
            raise Damaged
        done.extend(some)

    in_steps(numbers, 10, do)
    return done, tried


def test_pages_are_done_in_steps() -> None:
    assert steps_of(range(1, 26), set()) == (list(range(1, 26)), 3)


def test_a_page_that_breaks_the_decoder_is_found_and_left_out() -> None:
    done, _tried = steps_of(range(1, 26), {7, 25})
    assert done == [number for number in range(1, 26) if number not in (7, 25)]


def test_a_document_that_goes_on_breaking_it_is_given_up() -> None:
    assert steps_of(range(1, 2001), set(range(1, 2001))) == ([], MOST_FAILURES)
