from __future__ import annotations

import configparser
import logging
from dataclasses import dataclass
from pathlib import Path

import pytest

from privmedia.logs import Formatter, answering

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Request:
    request_id: str


def line(message: str, *arguments: object) -> str:
    record = logging.LogRecord("privmedia.x", logging.WARNING, "x.py", 1, message, arguments, None)
    return Formatter("%(levelname)-7s %(request)s%(name)s: %(message)s").format(record)


def test_a_line_names_the_request_it_belongs_to() -> None:
    before = answering.set(Request("7f3a91c2" * 4))
    try:
        assert line("no %s", "way") == f"WARNING [{'7f3a91c2' * 4}] privmedia.x: no way"
    finally:
        answering.reset(before)
    assert line("no %s", "way") == "WARNING privmedia.x: no way"


def test_a_name_cannot_begin_a_line_or_colour_the_terminal() -> None:
    said = line("hello %s", "a\nERROR x: b\x1b[31m\u202e")
    assert said == "WARNING privmedia.x: hello a\\nERROR x: b\\x1b[31m\\u202e"


@pytest.mark.parametrize("name", ["production.ini", "development.ini"])
def test_the_shipped_configurations_use_it(name: str) -> None:
    config = configparser.RawConfigParser()
    config.read(ROOT / name)
    assert config["formatter_generic"]["class"] == "privmedia.logs.Formatter"
    assert "%(request)s" in config["formatter_generic"]["format"]
