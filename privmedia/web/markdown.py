"""What people write about items, as HTML: Markdown without pictures, raw HTML and whatever else loads something."""
from __future__ import annotations

import re
from collections.abc import Iterator

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

TAGS = {"a", "blockquote", "br", "code", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"}
SCHEMES = {"http", "https", "mailto"}
# 8:13 or 1:02:03, not as a part of a longer number.
TIME = re.compile(r"(?<![\d:.])(?:(\d{1,2}):)?(\d{1,2}):([0-5]\d)(?![\d:]|\.\d)", re.ASCII)

_markdown = MarkdownIt("commonmark", {"html": False}).disable("image")


def markdown(text: str, duration: float | None = None) -> Markup:
    """The text as HTML. With a duration in seconds, a time within it becomes a link to that moment."""
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            # The page has its own headings above these.
            token.tag = "h3" if token.tag in ("h1", "h2") else "h4"
        if token.children and duration is not None:
            token.children = list(_with_times(token.children, duration))
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    cleaned = nh3.clean(
        html, tags=TAGS, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel="noopener noreferrer"
    )
    return Markup(cleaned)  # what nh3 lets through is what is listed above


def _with_times(tokens: list[Token], duration: float) -> Iterator[Token]:
    """The pieces of a line, with times as links; not within a link."""
    links = 0
    for token in tokens:
        links += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "text" or links:
            yield token
            continue
        done = 0
        for match in TIME.finditer(token.content):
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            moment = hours * 3600 + minutes * 60 + seconds
            if moment > duration:
                continue
            yield _text(token.content[done : match.start()])
            yield Token("link_open", "a", 1, attrs={"href": f"#t={moment}"})
            yield _text(match.group())
            yield Token("link_close", "a", -1)
            done = match.end()
        yield _text(token.content[done:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
