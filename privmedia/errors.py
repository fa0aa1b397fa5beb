"""What can go wrong, in the words a person reads. No HTTP in here: one exception view gives each its status."""
from __future__ import annotations

from privmedia.text import Plural, Sentence
from privmedia.text import mark as _

WAIT = Plural(
    "Too many tries. Wait ${count} minute, then try again.", "Too many tries. Wait ${count} minutes, then try again."
)


class DomainError(Exception):
    """A refusal with a sentence for the person who asked. Pages say it in the reader's language, `str` in English."""

    sentence: str | Sentence = _("That did not work.")

    def __init__(self, sentence: str | Sentence | None = None) -> None:
        if sentence is not None:
            self.sentence = sentence
        super().__init__(str(self.sentence))

    @property
    def said(self) -> Sentence:
        """The same as what can stand among other sentences."""
        return self.sentence if isinstance(self.sentence, Sentence) else Sentence(self.sentence)


class NotFound(DomainError):
    """It does not exist, or not for this person: nobody can tell which."""

    sentence = _("There is nothing here.")


class NotAllowed(DomainError):
    """Refused on something the person can see; its existence is known."""

    sentence = _("You do not have access to this.")


class Ended(NotAllowed):
    """What somebody came by works no more, whatever ended it: a link."""

    sentence = _("This link has ended. Ask the person who sent it for a new one.")


class Invalid(DomainError):
    """A value that cannot be used. `field` names the form field it belongs to, if any."""

    def __init__(self, sentence: str | Sentence, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class Conflict(DomainError):
    """Something else changed or exists meanwhile."""


class Throttled(DomainError):
    """Too many tries. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(Sentence(WAIT, {"count": max(1, round(retry_after / 60))}))


class TooLarge(DomainError):
    """More bytes than allowed. `limit` is in bytes."""

    def __init__(self, sentence: str | Sentence, limit: int) -> None:
        super().__init__(sentence)
        self.limit = limit


class OverQuota(TooLarge):
    """More bytes than somebody's quota, or that of a group of theirs, leaves room for. `limit` is what it leaves."""


class RefusedType(DomainError):
    """A kind of file that has no place here."""


class NoSpace(DomainError):
    """The server's disk is full; what was being written is gone, nothing else is."""

    sentence = _("The server has no space left. Nothing was added; tell your administrator.")


class Unavailable(DomainError):
    """A part that is needed does not answer. Try again later."""

    sentence = _("The server cannot answer this right now. Try again in a moment.")


class SettingsError(DomainError):
    """The configuration cannot be used. `problems` lists every reason, not just the first."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"The settings have {count}:\n" + "\n".join(f"  - {problem}" for problem in problems))
