"""What every template can use: built assets, icons, addresses, messages, and how numbers and times read."""
from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.i18n import TranslationString
from pyramid.request import Request
from pyramid.session import SignedCookieSessionFactory
from pyramid.threadlocal import get_current_request

from privmedia.errors import DomainError
from privmedia.languages import Language
from privmedia.text import LANGUAGES, Plural, Sentence, Words, day_words
from privmedia.text import mark as _
from privmedia.web.i18n import DOMAIN
from privmedia.web.markdown import markdown

THEMES = ("auto", "light", "dark")
TEMPLATES = "privmedia.templates"


ICON = Markup(
    '<svg class="bi {}" width="16" height="16" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true">{}</svg>'
)
LOOKED_AT_AGAIN = 1
"""Seconds after which it is looked again whether scripts and styles were built anew."""
TOAST = "toast"
MESSAGES = ("ok", "info", "warn", "bad")
MOST_SAID = 2000
"""Bytes of what is said at once: messages travel in a cookie, and browsers keep cookies of 4,096 bytes, of which a
third goes for its letters."""


class Assets:
    """The built scripts, styles and icons, under the names their sources have. A new build is seen in a second."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._looked_at = -math.inf
        self._built: dict[str, tuple[int, Any]] = {}
        self._drawn: dict[tuple[str, str], Markup] = {}

    @property
    def manifest(self) -> dict[str, str]:
        names: dict[str, str] = self._read("manifest.json")
        return names

    @property
    def icons(self) -> dict[str, str]:
        drawn: dict[str, str] = self._read("icons.json")
        return drawn

    @property
    def keys(self) -> dict[str, list[dict[str, Any]]]:
        """The table that binds keys in the pages' scripts, by where they work."""
        table: dict[str, list[dict[str, Any]]] = self._read("keys.json")
        return table

    @property
    def player_styles(self) -> list[str]:
        """Hashes of the styles that the elements of the player bring with them, for the security policy."""
        hashes: list[str] = self._read("player-styles.json")
        return hashes

    def url(self, name: str) -> str:
        """The address of a built file. Raises KeyError for a name the build does not know."""
        return f"/static/{self.manifest[name]}"

    def icon(self, name: str, classes: str = "") -> Markup:
        """An inlined icon, hidden from screen readers. Raises KeyError for one that is not in icons.txt."""
        names, drawn = self.icons, self._drawn
        found = drawn.get((name, classes))
        if found is None:
            found = drawn[name, classes] = ICON.format(classes, Markup(names[name]))
        return found

    def _read(self, name: str) -> Any:
        now = time.monotonic()
        if now - self._looked_at >= LOOKED_AT_AGAIN:
            self._looked_at = now
            if any(written != self._written(known) for known, (written, _content) in list(self._built.items())):
                self._built, self._drawn = {}, {}
        built = self._built
        found = built.get(name)
        if found is None:
            found = built[name] = (self._written(name), json.loads((self.root / name).read_text()))
        return found[1]

    def _written(self, name: str) -> int:
        path = self.root / name
        try:
            return path.stat().st_mtime_ns
        except FileNotFoundError:
            raise FileNotFoundError(f"{path} is missing: build scripts and styles with `make assets`") from None


def page_renderer(info: Any) -> Callable[[Any, dict[str, Any]], str]:
    """Renderer of templates, with what every page can use.

    Instead of a subscriber to BeforeRender: as soon as anybody listens to one event, Pyramid makes four for each
    request, and has them looked for in the registry. The gate feels that.
    """

    def draw(value: Any, system: dict[str, Any]) -> str:
        environment: Environment = info.registry[TEMPLATES]
        request = system.get("request")
        known = {} if request is None else _page_globals(request)
        page: str = environment.get_template(info.name).render({**system, **known, **value})
        return page

    return draw


def _page_globals(request: Request) -> dict[str, Any]:
    caller = request.__dict__.get("caller")  # if anybody has asked who it is
    # The switch in the menu is for one browser, and wins there.
    theme = request.cookies.get("theme", "") or getattr(caller, "theme", "")
    return {
        "theme": theme if theme in THEMES else "auto",
        "shortcuts": getattr(caller, "shortcuts", True),
        "url": request.route_path,
        "organisation": request.organisation,
        "get_csrf_token": lambda: get_csrf_token(request),
        "toasts": lambda: _popped(request, TOAST),
        "flashes": lambda: [(kind, text) for kind in MESSAGES for text in _popped(request, kind)],
    }


def _popped(request: Request, queue: str) -> list[Any]:
    # Asking the session for messages makes it write its cookie: look for the key first.
    return list(request.session.pop_flash(queue)) if f"_f_{queue}" in request.session else []


def flash(request: Request, text: str | Sentence, kind: str = "ok") -> None:
    """Show `text` once, on the next page: kind ok, info, warn or bad."""
    request.session.flash(request.localizer.translate(text), kind)


def flash_undo(
    request: Request,
    text: str | Sentence,
    action: str,
    fields: Sequence[tuple[str, str]] = (),
    *,
    more: str = "",
    undo: str = "",
) -> None:
    """Show what was done once, on the next page, with a button that posts `fields` to `action` and takes it back.

    `undo` is what the button says without script, where it does not go away: "Undo" unless something else fits better.
    What is too much for the cookie is said without the button.
    """
    translate = request.localizer.translate
    toast = {
        "text": translate(text),
        "more": translate(more) if more else "",
        "action": action,
        "fields": [list(field) for field in fields],
        "undo": translate(undo or _("Undo")),
    }
    if len(json.dumps(toast)) > MOST_SAID:
        flash(request, f"{toast['text']} {toast['more']}".strip())
        return
    request.session.flash(toast, TOAST)


def flash_problems(request: Request, problems: Iterable[DomainError]) -> None:
    """Say why some of many were not done: the first of each kind, and no more than can be said at once."""
    kinds: dict[str | Plural, Sentence] = {}
    for problem in problems:
        kinds.setdefault(problem.said.template, problem.said)
    room = MOST_SAID
    for sentence in kinds.values():
        room -= len(json.dumps(request.localizer.translate(sentence)))
        if room < 0:
            return
        flash(request, sentence, "warn")


# Filters take the context, though they ask nothing of it: else Jinja would apply them to constants when it compiles,
# in the language of whoever comes first.
@pass_context
def say(_context: Context, sentence: Words, bold: str = "") -> str:
    """A sentence of a service, with the names in it, in the reader's language; what is a name alone stays as it is.

    `bold` is the one of its names that is to stand out.
    """
    return _reader().say(sentence, bold)


@pass_context
def written(_context: Context, value: Any) -> Any:
    """A number, a day or a sentence in the reader's language; anything else, HTML above all, as it is."""
    return _reader().say(value) if isinstance(value, int | date) else said(value)


def said(value: Any) -> Any:
    """What a template puts out: a message or a sentence that a view passed on is said in the reader's language."""
    if isinstance(value, TranslationString | Sentence):
        return get_current_request().localizer.translate(value)
    return value


def say_in(request: Request, sentence: Words) -> str:
    """The same as text, in the language of the request."""
    return str(request.localizer.language.say(sentence))


def in_hours(seconds: float) -> Sentence:
    """9 h 12 min, or 12 min, or less than a minute."""
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours:
        return Sentence(_("${hours} h ${minutes} min"), {"hours": hours, "minutes": minutes})
    if minutes:
        return Sentence(_("${minutes} min"), {"minutes": minutes})
    return Sentence(_("${seconds} s"), {"seconds": round(seconds)})


def duration(seconds: float | None) -> str:
    """18:42, or 1:02:03 from an hour on."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@pass_context
def forms(_context: Context, message: Plural) -> str:
    """All forms of a message, for the script of a page: which one a number has is known there (`counted`)."""
    return json.dumps(_reader().forms(message), ensure_ascii=False)


@pass_context
def filesize(_context: Context, size: int | None) -> str:
    """1.2 GB."""
    return "" if size is None else _reader().size(size)


@pass_context
def day(_context: Context, moment: date | None) -> str:
    """19 November 2026."""
    return "" if moment is None else _reader().day(moment)


@pass_context
def ago(context: Context, moment: datetime | None) -> Markup:
    """How long ago, as words in a <time> element that carries the exact moment."""
    if moment is None:
        return Markup("")
    now = context["request"].installation.clock()
    exactly = _reader().moment(moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(timespec="seconds"), exactly, _reader().say(words_since(moment, now))
    )


# Up to how many seconds ago, counted in units of how many seconds, in which words.
AGES = (
    (3600, 60, Plural("${count} minute ago", "${count} minutes ago")),
    (86_400, 3600, Plural("${count} hour ago", "${count} hours ago")),
    (14 * 86_400, 86_400, Plural("${count} day ago", "${count} days ago")),
    (60 * 86_400, 7 * 86_400, Plural("${count} week ago", "${count} weeks ago")),
)


def words_since(moment: datetime, now: datetime) -> Sentence:
    """`3 hours ago`; a date from two months on."""
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return Sentence(_("just now"))
    if 86_400 <= seconds < 2 * 86_400:
        return Sentence(_("yesterday"))
    for limit, length, words in AGES:
        if seconds < limit:
            return Sentence(words, {"count": int(seconds // length)})
    return day_words(moment.date())


def _reader() -> Language:
    # A macro may be imported without its page's context; the request it is for is known all the same.
    found: Language = get_current_request().localizer.language
    return found


def includeme(config: Configurator) -> None:
    settings = config.registry["installation"].settings
    config.get_settings().update(
        {
            "jinja2.undefined": "strict",
            "jinja2.i18n.domain": DOMAIN,
            "jinja2.finalize": "privmedia.web.pages.said",
            "jinja2.i18n_extension": "privmedia.web.i18n.Counting",
            "jinja2.trim_blocks": "true",
            "jinja2.lstrip_blocks": "true",
        }
    )
    config.include("pyramid_jinja2")
    config.add_jinja2_search_path("privmedia:templates")
    config.set_session_factory(
        SignedCookieSessionFactory(
            settings.secret,
            cookie_name="__Host-messages" if settings.secure else "messages",
            secure=settings.secure,
            httponly=True,
            samesite="Lax",
            timeout=None,
            reissue_time=None,
            salt="privmedia.messages",
        )
    )
    config.add_renderer(".jinja2", page_renderer)
    config.add_static_view("static", str(settings.static_root), cache_max_age=365 * 86400)
    assets = config.registry["assets"] = Assets(settings.static_root)
    config.action(None, _furnish, args=(config, assets), order=9999)


def _furnish(config: Configurator, assets: Assets) -> None:
    environment: Any = config.get_jinja2_environment()
    config.registry[TEMPLATES] = environment
    # Every template is named from our folder, so its name is enough: pyramid_jinja2 adds who names it, and what is
    # imported in a hundred places would be compiled, and kept in memory, a hundred times.
    environment.join_path = lambda name, _parent: name
    environment.globals.update(asset=assets.url, icon=assets.icon, LANGUAGES=LANGUAGES, Plural=Plural)
    environment.filters.update(
        say=say, written=written, forms=forms, duration=duration, in_hours=in_hours, filesize=filesize,
        ago=ago, date=day, markdown=markdown,
    )
