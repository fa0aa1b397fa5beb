"""A line of the audit log, told: who, when, one sentence, and all that is known of it."""
from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyramid.request import Request

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import COLOURS, initials
from privmedia.admin.log.kinds import REFUSED, UNKNOWN, words_of
from privmedia.admin.log.service import AuditLog, SealedBy, Thing
from privmedia.audit.models import Event
from privmedia.audit.service import DONE
from privmedia.text import Sentence, day_words
from privmedia.web.i18n import DOMAIN, _

PLACE = re.compile(r"\$\{(\w+)\}")
ADDRESS = re.compile(r" <[^<>]*>")
NOTHING = "\u2013"
WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
RIGHTS = {
    Permission.VIEW: _("View"),
    Permission.DOWNLOAD: _("Download"),
    Permission.UPLOAD: _("Upload"),
    Permission.EDIT: _("Edit"),
    Permission.MANAGE: _("Manage"),
}
REFUSED_AT = _("was refused at ${target}: ${request}")
BLOCKED = _("blocked ${principal} at ${target}")
PAGES = {"item": "item", "folder": "folder", "user": "admin_user", "group": "admin_group"}
# Sentences that the log keeps in English because they are for machines too.
REASONS = {
    "disabled account": _("the account is disabled"),
    "it did not verify the person": _("the passkey did not make sure that it is the person"),
    "it was signed in a frame of another site": _("a page of another site had it in a frame"),
    "its counter went back: there may be a copy of it": _("its counter went back: there may be a copy of it"),
    "no such passkey": _("there is no such passkey"),
    "the challenge is too old": _("it took too long"),
    "the challenge was answered before": _("the same answer came before"),
    "the passkey of somebody else": _("it is the passkey of somebody else"),
    "no password yet": _("the account has no password yet"),
    "no such account": _("there is no such account"),
    "too many tries": _("too many tries"),
    "wrong password": _("wrong password"),
}
LABELS = {
    "after": _("after"),
    "answer": _("answer"),
    "before": _("before"),
    "file": _("file"),
    "folder": _("folder"),
    "people": _("people"),
    "principal": _("for"),
    "request": _("request"),
    "size": _("bytes"),
    "version": _("version"),
    "why": _("why"),
}


@dataclass(frozen=True)
class Piece:
    """A part of a sentence. A name is strong, or leads to its page."""

    text: str
    strong: bool = False
    url: str | None = None


@dataclass(frozen=True)
class Line:
    """One line as pages show it."""

    number: int
    at: datetime
    when: Sentence
    time: str
    name: str
    initials: str
    colour: int
    user_url: str | None
    glyph: str
    """The icon that stands for whoever is no person; empty for people."""
    icon: str
    pieces: list[Piece]
    refused: bool
    address: str

    @property
    def sentence(self) -> str:
        return "".join(piece.text for piece in self.pieces)


class Telling:
    """Puts lines into words, for one reader."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._now = request.installation.clock()

    def lines(self, events: Iterable[Event]) -> list[Line]:
        events = list(events)
        log = self._request.read(AuditLog)
        things, uids = log.things(events), log.uids_of(events)
        return [self.line(event, things, uids) for event in events]

    def line(self, event: Event, things: Mapping[str, Thing], uids: Mapping[int, str]) -> Line:
        uid = uids.get(event.actor_id) if event.actor_id is not None else None
        name = name_of(event.actor)
        return Line(
            number=event.id,
            at=event.at,
            when=self._day(event.at),
            time=f"{event.at:%H:%M:%S}",
            name=name or self._said(_("Unknown")),
            initials=initials(name) if event.actor_id is not None else "",
            colour=(event.actor_id or 0) % COLOURS,
            user_url=self._request.route_path("admin_user", user=uid) if uid else None,
            glyph="" if event.actor_id is not None else "gear-wide-connected" if name else "question-lg",
            icon=words_of(event.kind).icon if event.outcome == DONE else "x-octagon",
            pieces=self.pieces(event, things),
            refused=event.outcome != DONE,
            address=event.address,
        )

    def pieces(self, event: Event, things: Mapping[str, Thing]) -> list[Piece]:
        """The sentence, cut where names stand in it."""
        values = {key: self._detail(key, value, things) for key, value in event.detail.items()}
        values["target"] = self._thing(event.target, things)
        words = words_of(event.kind)
        templates = [words.done, UNKNOWN.done] if event.outcome == DONE else [words.refused, UNKNOWN.refused]
        if str(event.detail.get("after", "")).startswith("block"):
            templates.insert(0, BLOCKED)
        if words.refused == REFUSED and event.outcome != DONE and event.target in things:
            templates.insert(0, REFUSED_AT)
        # A line may be older than what its sentence wants to say.
        template = next(each for each in templates if set(PLACE.findall(each)) <= set(values))
        pieces = self._filled(template, values)
        if event.through:
            pieces.append(Piece(f" ({ADDRESS.sub('', event.through)})"))
        if event.detail.get("more"):
            pieces.append(Piece(" " + self._said(_("More of the same in that minute is not listed."))))
        return pieces

    def facts(self, event: Event, things: Mapping[str, Thing], seal: SealedBy | None) -> list[tuple[str, str]]:
        """All that is known, as pairs of a word and a value."""
        target = self._thing(event.target, things).text
        named = f"{target}  ({event.target})" if target != event.target else target
        facts = [
            (_("when"), f"{event.at:%Y-%m-%d %H:%M:%S}.{event.at.microsecond // 1000:03} UTC"),
            (_("who"), f"{event.actor}  (id {event.actor_id})" if event.actor_id is not None else event.actor),
            (_("through"), event.through),
            (_("what"), f"{event.kind}, {event.outcome}"),
            (_("on"), named),
            *((LABELS.get(key, key), self._value(key, value, things)) for key, value in event.detail.items()),
            (_("from"), event.address),
            (_("request id"), event.request_id),
            (_("seal"), f"{seal.number}  {seal.hash}" if seal else self._said(_("not sealed yet"))),
        ]
        return [(self._said(label), value) for label, value in facts if value]

    def _filled(self, template: str, values: Mapping[str, Piece]) -> list[Piece]:
        pieces = []
        for number, part in enumerate(PLACE.split(self._said(_(template)))):
            if number % 2:
                pieces.append(values[part])
            elif part:
                pieces.append(Piece(part))
        return pieces

    def _thing(self, target: str, things: Mapping[str, Thing]) -> Piece:
        thing = things.get(target)
        if thing is None:
            return Piece(target or NOTHING, strong=True)
        url = None
        if thing.kind:
            url = self._request.route_path(PAGES[thing.kind], **{thing.kind: thing.uid})
        return Piece(thing.name, strong=not url, url=url)

    def _detail(self, key: str, value: Any, things: Mapping[str, Thing]) -> Piece:
        if key in ("principal", "person"):
            return self._thing(str(value), things)
        return Piece(self._value(key, value, things), strong=key not in ("why", "after"))

    def _value(self, key: str, value: Any, things: Mapping[str, Thing]) -> str:
        if key in ("before", "after") and isinstance(value, str) and (":" in value or not value):
            return self._rule(value)
        if key in ("why", "job"):
            return self._said(_(REASONS.get(value, value)))
        if key == "principal":
            return self._thing(str(value), things).text
        if key == "people" and isinstance(value, list):
            return ", ".join(things[each].name if each in things else str(each) for each in value)
        if isinstance(value, list) and all(isinstance(each, str | int | bool) or each is None for each in value):
            return " → ".join(map(str, value)) if len(value) == 2 else ", ".join(map(str, value))
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def _rule(self, stamp: str) -> str:
        """A rule as the log keeps it, in words: `7:2026-12-01`, `block:`."""
        what, _colon, until = stamp.partition(":")
        if not what:
            return self._said(_("(no rule)"))
        if what == "block":
            said = self._said(_("Block"))
        elif what.isdigit():
            rights = Permission(int(what))
            said = ", ".join(self._said(name) for right, name in RIGHTS.items() if right in rights)
        else:
            return stamp
        return f"{said}, {self._said(_('until ${day}', mapping={'day': until}))}" if until else said

    def _day(self, at: datetime) -> Sentence:
        days = (self._now.date() - at.date()).days
        if days == 0:
            return Sentence(_("Today"))
        if days == 1:
            return Sentence(_("Yesterday"))
        return Sentence(WEEKDAYS[at.weekday()]) if 0 < days < 7 else day_words(at.date())

    def _said(self, text: str) -> str:
        return str(self._request.localizer.translate(text, domain=DOMAIN))


def name_of(actor: str) -> str:
    """`Leila Haddad` of `Leila Haddad <leila@example.test>`."""
    return actor.rpartition(" <")[0] if actor.endswith(">") and " <" in actor else actor
