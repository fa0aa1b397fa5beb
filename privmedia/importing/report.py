"""What an import did, counted and told in words. Only numbers are kept, however many files there are."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from privmedia.importing.service import Fate, Outcome
from privmedia.importing.tree import Why, shown
from privmedia.languages import FIRST, language


class Words(NamedTuple):
    """One thing, and several."""

    one: str
    many: str

    def of(self, count: int) -> str:
        return self.one if count == 1 else self.many


CAPTIONS = Words("file of captions", "files of captions")
POSTERS = Words("poster", "posters")
SAID = Words("title or description", "titles or descriptions")
in_words = language(FIRST).size
"""A size as people say it."""


class Report:
    """Counts outcomes. `dry`: nothing was done, and the words say what would be."""

    def __init__(self, *, dry: bool) -> None:
        self._dry = dry
        self._fates = Counter[Fate]()
        self._sizes = Counter[Fate]()
        self._left_out = Counter[Why]()
        self._beside = Counter[Words]()
        self._stays = 0

    def add(self, outcome: Outcome) -> None:
        self._fates[outcome.fate] += 1
        self._sizes[outcome.fate] += outcome.size
        self._beside[CAPTIONS] += outcome.captions
        self._beside[POSTERS] += outcome.poster
        self._beside[SAID] += outcome.said
        self._stays += outcome.source_stays
        if outcome.why is not None:
            self._left_out[outcome.why] += 1

    @property
    def failed(self) -> int:
        """Files that could not be taken, or whose source could not be removed."""
        return self._fates[Fate.FAILED] + self._stays

    def line(self, outcome: Outcome) -> str | None:
        """One line about one file; None for what needs none."""
        path = shown(outcome.path)
        if outcome.fate is Fate.TAKEN and self._dry:
            words = f"{path} → {outcome.where} ({in_words(outcome.size)})"
            return f"{words}. {outcome.sentence}" if outcome.sentence else words
        if outcome.fate is Fate.TAKEN and not outcome.sentence:
            return None
        if outcome.why is Why.HIDDEN or (outcome.fate is Fate.THERE and not outcome.source_stays):
            return None  # counted: there may be as many as files
        return f"{outcome.fate}: {path}: {outcome.sentence}"

    def notes(self, outcome: Outcome) -> Iterator[str]:
        """Lines about what lies beside one file."""
        for note in outcome.notes:
            yield f"  left where it is: {note}"

    def words(self, folders: int) -> Iterator[str]:
        """The end of it, a sentence each. `folders` were made."""
        taken, size = self._fates[Fate.TAKEN], in_words(self._sizes[Fate.TAKEN])
        yield f"{'Would be taken' if self._dry else 'Taken'}: {files(taken)}, {size}."
        if folders:
            yield f"Folders made: {folders}."
        beside = [f"{count:,} {words.of(count)}" for words, count in self._beside.items() if count]
        if beside:
            yield f"With them: {', '.join(beside)}."
        for fate, words in (
            (Fate.THERE, "Taken before, or lying in the bin"),
            (Fate.DUPLICATE, "The same as something in the library, and not taken again"),
            (Fate.REFUSED, "Not taken, because nothing of the kind can be played or shown here"),
            (Fate.FAILED, "Could not be taken; start the same command again once the reason is gone"),
        ):
            if self._fates[fate]:
                yield f"{words}: {files(self._fates[fate])}."
        if self._stays:
            yield f"In the library, but still where they were: {files(self._stays)}."
        for why, count in sorted(self._left_out.items()):
            if why is not Why.UNREADABLE:
                yield f"Left out, because {why}: {count}."


def files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
