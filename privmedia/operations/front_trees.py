"""Configurations of front servers as trees: whatever the language, a statement has words, and some have a block."""
from __future__ import annotations

import re
import shlex
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import crossplane

from privmedia.errors import Invalid


@dataclass(frozen=True, slots=True)
class Node:
    """One statement. `line` is where it stands, from 1."""

    name: str
    words: tuple[str, ...]
    line: int
    block: tuple[Node, ...] = field(default=())

    @property
    def text(self) -> str:
        return " ".join((self.name, *self.words))


Tree = tuple[Node, ...]


def nginx_tree(text: str) -> Tree:
    """Raises Invalid."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text)
        file.flush()
        return nginx_file(Path(file.name))


def nginx_file(path: Path) -> Tree:
    """The same of a file, with what it includes. Raises Invalid."""
    # What is printed belongs into the http context; a whole nginx.conf is taken too.
    parsed = crossplane.parse(str(path), combine=True, check_ctx=False, check_args=False)
    for error in parsed["errors"]:
        raise Invalid(f"nginx's configuration cannot be read: {error['error']}")
    return _nodes(parsed["config"][0]["parsed"])


def _nodes(given: Iterable[Mapping[str, Any]]) -> Tree:
    return tuple(
        Node(each["directive"], tuple(each["args"]), each["line"], _nodes(each.get("block") or ())) for each in given
    )


def apache_tree(text: str) -> Tree:
    """Names are told apart without regard to case, as Apache does. Raises Invalid."""
    # A line that ends with a backslash goes on in the next.
    joined = re.sub(r"\\\n", "  ", text)
    open_blocks: list[tuple[str, tuple[str, ...], int, list[Node]]] = [("", (), 0, [])]
    for number, raw in enumerate(joined.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("</"):
            name, words, begun, inner = open_blocks.pop()
            if not open_blocks or line[2:].rstrip("> ").lower() != name:
                raise Invalid(f"Apache's configuration cannot be read: line {number} closes what is not open.")
            open_blocks[-1][3].append(Node(name, words, begun, tuple(inner)))
            continue
        is_block = line.startswith("<")
        name, *words_of_line = _shell_words(line.removeprefix("<").removesuffix(">") if is_block else line, number)
        if is_block:
            open_blocks.append((name.lower(), tuple(words_of_line), number, []))
        else:
            open_blocks[-1][3].append(Node(name.lower(), tuple(words_of_line), number))
    if len(open_blocks) > 1:
        raise Invalid(f"Apache's configuration cannot be read: <{open_blocks[-1][0]}> is never closed.")
    return tuple(open_blocks[0][3])


def _shell_words(line: str, number: int) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters, lexer.escapedquotes = True, "", '"'
    lexer.escape = ""
    try:
        return list(lexer) if '\\"' not in line else line.split()
    except ValueError as error:
        raise Invalid(f"Apache's configuration cannot be read: line {number}: {error}.") from error


_LIGHTTPD = re.compile(r'\s+|#[^\n]*|"(?:\\.|[^"\\])*"|[(){},]|=>|\+=|==|!=|=~|!~|=|[^\s"(){},=!+#]+|[=!+]')


def lighttpd_tree(text: str) -> Tree:
    """Assignments, and conditions with their blocks. Raises Invalid."""
    tokens = _tokens(text)
    nodes, closed = _lighttpd_block(tokens)
    if closed:
        line = text.count("\n") + 1
        raise Invalid(f"lighttpd's configuration cannot be read: a brace before line {line} closes what is not open.")
    return nodes


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    position = 0
    while position < len(text):
        match = _LIGHTTPD.match(text, position)
        if match is None:
            line = text.count("\n", 0, position) + 1
            raise Invalid(f"lighttpd's configuration cannot be read: line {line}.")
        position = match.end()
        if not match[0].isspace() and not match[0].startswith("#"):
            yield match[0], text.count("\n", 0, match.start()) + 1


def _lighttpd_block(tokens: Iterator[tuple[str, int]]) -> tuple[Tree, bool]:
    """Statements up to the brace that closes the block, and whether one did."""
    nodes: list[Node] = []
    words: list[str] = []
    line, depth = 0, 0

    def ended() -> None:
        if words:
            name, sign, *rest = [*words, ""] if len(words) < 2 else words
            while rest and rest[-1] == ")" and len(rest) > 1 and rest[-2] == ",":
                del rest[-2]  # a comma after the last of a list
            nodes.append(Node(name, (sign, *rest), line))
            words.clear()

    for piece, number in tokens:
        if piece == "}" and depth == 0:
            ended()
            return tuple(nodes), True
        if piece == "{":
            inner, _ = _lighttpd_block(tokens)
            nodes.append(Node(words[0] if words else "", tuple(words[1:]), line, inner))
            words.clear()
            continue
        # A statement ends where a list is closed and the next word begins one: lighttpd needs no sign for it.
        starts = depth == 0 and len(words) >= 3 and piece not in ("+", ",", ")") and words[-1] not in ("+", "=", "+=")
        if starts and words[1] in ("=", "+="):
            ended()
        if not words:
            line = number
        depth += {"(": 1, ")": -1}.get(piece, 0)
        words.append(piece[1:-1] if piece.startswith('"') else piece)
    ended()
    return tuple(nodes), False


def caddy_tree(text: str) -> Tree:
    """Lines of words, and blocks in braces. Raises Invalid."""
    open_blocks: list[tuple[str, tuple[str, ...], int, list[Node]]] = [("", (), 0, [])]
    for number, raw in enumerate(text.splitlines(), 1):
        words = [match[1] or match[2] or match[3] for match in _CADDY.finditer(raw.partition(" #")[0])]
        if not words or raw.lstrip().startswith("#"):
            continue
        if words == ["}"]:
            name, rest, begun, inner = open_blocks.pop()
            if not open_blocks:
                raise Invalid(f"The Caddyfile cannot be read: line {number} closes what is not open.")
            open_blocks[-1][3].append(Node(name, rest, begun, tuple(inner)))
        elif words[-1] == "{":
            name, *rest_of_line = words[:-1] or ["{}"]
            open_blocks.append((name, tuple(rest_of_line), number, []))
        else:
            open_blocks[-1][3].append(Node(words[0], tuple(words[1:]), number))
    if len(open_blocks) > 1:
        raise Invalid(f"The Caddyfile cannot be read: the block of line {open_blocks[-1][2]} is never closed.")
    return tuple(open_blocks[0][3])


_CADDY = re.compile(r'"((?:\\.|[^"\\])*)"|`([^`]*)`|(\S+)')

TREES: Mapping[str, Callable[[str], Tree]] = {
    "nginx": nginx_tree,
    "apache": apache_tree,
    "lighttpd": lighttpd_tree,
    "caddy": caddy_tree,
}
"""How each is read."""


def read_tree(server: str, path: Path) -> Tree:
    """The tree of a file. Raises Invalid for what cannot be read."""
    try:
        text = path.read_text()
    except PermissionError as error:
        raise Invalid(f"{path} may not be read by this user: call this command as root.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.") from error
    return nginx_file(path) if server == "nginx" else TREES[server](text)
