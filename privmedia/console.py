"""What all commands stand on: their configuration, the installation behind it, printing for scripts."""
from __future__ import annotations

import configparser
import json
from functools import cached_property
from pathlib import Path
from typing import Any

import click
from plaster import get_loader

from privmedia.errors import DomainError
from privmedia.installation import Installation
from privmedia.settings import Settings

DEFAULT_CONFIG = "development.ini"


class Line:
    """What every command can use: the configuration it was called with, and the installation behind it."""

    def __init__(self, config: str) -> None:
        self.config = config
        self.variables: dict[str, str] = {}
        """What replaces a value of the configuration's [DEFAULT] section."""

    @cached_property
    def ini(self) -> dict[str, str]:
        """The `[app:main]` section, read without starting the application."""
        path = Path(self.config)
        if not path.is_file():
            raise DomainError(f"There is no configuration '{self.config}'. Name one with -c CONFIG.ini.")
        try:
            section: dict[str, str] = get_loader(f"file+ini:{path}").get_settings("app:main", self.variables)
        except configparser.InterpolationError as error:
            # Not with the error's own words: they have the value in them.
            raise DomainError(f"In '{self.config}' a % is written %%. Look at {error.option}.") from None
        return section

    @cached_property
    def settings(self) -> Settings:
        return Settings.read(self.ini)

    @cached_property
    def installation(self) -> Installation:
        return Installation.open(self.settings)


def echo_json(value: Any) -> None:
    """Print a value for scripts."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
