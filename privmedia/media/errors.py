"""Why a file could not be understood or prepared; each says whether trying again can help."""
from __future__ import annotations

from privmedia.errors import DomainError
from privmedia.text import mark as _


class Damaged(DomainError):
    """The file itself cannot be read. Trying again will not help; another copy of it may."""

    sentence = _("The file is damaged: it cannot be read.")


class TookTooLong(DomainError):
    """A limit of time was reached. Trying again may help when the server was busy."""

    sentence = _("Preparing this file took too long.")


class ToolMissing(DomainError):
    """A program that is needed is not on this server. Trying again helps once it is installed."""

    sentence = _("A program that is needed to prepare this file is missing on the server.")


class SandboxFailed(DomainError):
    """The child process could not be started or did not do its part; the file is not to blame."""

    sentence = _("The server could not start the program that prepares files.")


class CannotCopy(DomainError):
    """The streams cannot be put into another container as they are; only conversion makes the file playable."""

    sentence = _("This file plays only after conversion.")
