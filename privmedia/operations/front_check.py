"""A front server's configuration compared with what this installation needs: what differs, and why it matters.

Not line by line: statements are compared where they stand (in which server, in which location), whatever their order,
and what somebody has added of his own is left alone unless it opens a hole.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from privmedia.errors import Invalid
from privmedia.operations.front_reasons import ADDED, REASONS, SINGLE
from privmedia.operations.front_servers import FrontSite
from privmedia.operations.front_trees import TREES, Node, Tree, read_tree

BY_TWO_WORDS = frozenset(
    {
        "add_header", "proxy_set_header", "uwsgi_param", "error_page", "header", "requestheader", "auth_request_set",
        "addtype", "errordocument", "redirectmatch", "header_up", "header_down", "types",
    }
)
"""Statements that stand several times: the first word (or the header's name) says what they are about."""
_HEADER_WORDS = frozenset({"always", "onsuccess", "set", "unset", "edit", "append", "merge", "setifempty"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be."""

    where: str
    found: str
    """What stands there; empty: nothing."""
    wanted: str
    """What to write; empty: take it away."""
    why: str
    line: int
    """Where it was found in the file; 0 where something is missing."""

    @property
    def sentence(self) -> str:
        at = f"line {self.line}, " if self.line else ""
        if not self.wanted:
            return f"{at}{self.where}: take away `{self.found}`. {self.why}"
        if not self.found:
            return f"{at}{self.where}: write `{self.wanted}`. {self.why}"
        return f"{at}{self.where}: write `{self.wanted}` in place of `{self.found}`. {self.why}"


def compare(site: FrontSite, path: Path) -> list[Difference]:
    """What differs in a file from what this installation needs. Raises Invalid for what cannot be read."""
    wanted = _by_place(site.server, TREES[site.server](site.render()), site)
    found = _by_place(site.server, read_tree(site.server, path), site)
    if not found:
        raise Invalid(f"{path} has nothing of {site.server} in it.")
    return [*_missing(site.server, wanted, found), *_added(site, wanted, found)]


Place = tuple[str, ...]
Places = Mapping[Place, Mapping[str, Node]]


def _by_place(server: str, tree: Tree, site: FrontSite) -> dict[Place, dict[str, Node]]:
    places: dict[Place, dict[str, Node]] = {}
    _walk(server, tree, (), places, site)
    return places


def _walk(server: str, tree: Tree, place: Place, places: dict[Place, dict[str, Node]], site: FrontSite) -> None:
    here = places.setdefault(place, {})
    for node in tree:
        if node.block:
            inner = _place_of(server, node, place, site)
            _walk(server, node.block, inner, places, site)
            if not inner or inner == place:
                continue
        here.setdefault(_subject(node), node)


def _place_of(server: str, node: Node, place: Place, site: FrontSite) -> Place:
    """Where the statements of a block stand, so named that both files name it alike."""
    if node.name in ("http", "{}") and not place:
        return place
    if server == "caddy" and not place:
        return ("site",)
    named = node.text
    if server == "nginx" and node.name == "server":
        named = _nginx_server(node, site)
    elif server == "nginx" and node.name == "location":
        # "^~" only says that no pattern is looked at after it.
        exactly = "= " if node.words[0] == "=" else ""
        named = f"location {exactly}{node.words[-1]}"
    elif server == "apache" and node.name == "virtualhost":
        plain = bool(site.tls) and any(word.endswith(":80") for word in node.words)
        named = "virtual host for HTTP" if plain else "virtual host"
    return (*place, named)


def _nginx_server(node: Node, site: FrontSite) -> str:
    said = {word for each in node.block if each.name == "server_name" for word in each.words}
    if said & set(site.names):
        return "server"
    plain = any(each.name == "listen" and each.words[0] in ("80", "[::]:80") for each in node.block)
    return "server for HTTP" if plain and site.tls else "server for other names"


def _subject(node: Node) -> str:
    """What a statement is about: of two with the same subject one is the other's other value."""
    words = node.words
    subject = node.text
    if node.block or not words:
        pass
    elif node.name == "listen":
        subject = f"listen {' '.join(word for word in words if word != 'http2')}"
    elif node.name == "alias" and len(words) == 2:  # of Apache: first the address
        subject = f"alias {words[0]}"
    elif node.name in SINGLE or words[0] in ("=", "+="):
        subject = node.name
    elif node.name in BY_TWO_WORDS:
        about = next(word for word in (*words, "") if word.lower() not in _HEADER_WORDS)
        subject = f"{node.name} {about.lower()}"
    return subject


def _missing(server: str, wanted: Places, found: Places) -> Iterator[Difference]:
    for place, statements in wanted.items():
        if place not in found:
            # Each block that is missing is said once, not statement by statement.
            if place[:-1] in found:
                yield Difference(_said(place[:-1]), "", f"{place[-1]} {{ … }}", _why(server, place, ""), 0)
            continue
        for subject, node in statements.items():
            there = found[place].get(subject)
            if node.block:
                continue
            if there is None:
                yield Difference(_said(place), "", node.text, _why(server, place, subject), 0)
            elif _value(there) != _value(node):
                yield Difference(_said(place), there.text, node.text, _why(server, place, subject), there.line)


def _added(site: FrontSite, wanted: Places, found: Places) -> Iterator[Difference]:
    for place, statements in found.items():
        for subject, node in statements.items():
            if node.block or subject in wanted.get(place, {}):
                continue
            why = _hole(site, place, node)
            if why:
                yield Difference(_said(place), node.text, "", why, node.line)


def _hole(site: FrontSite, place: Place, node: Node) -> str:
    """Why a statement that was added opens a hole; empty: it is left alone."""
    private = str(site.media_root / "private")
    where = place[-1] if place else ""
    if node.name in ("alias", "root", "documentroot") and "pmedia" not in where:
        path = node.words[-1].rstrip("/") if node.words else ""
        if path and ((private + "/").startswith(path + "/") or path.startswith(private)):
            return "It hands out private files to whoever asks, without a decision."
    for pattern, reason in ADDED[site.server]:
        if re.search(pattern, f"{where}: {node.text}", re.IGNORECASE):
            return reason
    return ""


def _value(node: Node) -> tuple[str, ...]:
    if node.name == "listen":
        return ()
    return tuple(sorted(node.words)) if node.name == "server_name" else node.words


def _why(server: str, place: Place, subject: str) -> str:
    text = f"{place[-1] if place else ''}: {subject}"
    for pattern, reason in REASONS[server]:
        if re.search(pattern, text, re.IGNORECASE):
            return reason
    return "The two were tried together only as they are printed."


def _said(place: Iterable[str]) -> str:
    return ", ".join(place) or "outside of all blocks"
