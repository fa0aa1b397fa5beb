"""The audit log: found, read, taken along."""
from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.admin.log.forms import LogFilter
from privmedia.admin.log.kinds import TOPICS
from privmedia.admin.log.resources import EventContext
from privmedia.admin.log.service import MOST_COUNTED, AuditLog, Place, Wanted, anytime, exported
from privmedia.admin.log.telling import Telling, name_of
from privmedia.audit.models import Event
from privmedia.audit.service import DONE
from privmedia.db import milliseconds
from privmedia.text import day_words
from privmedia.web.i18n import _
from privmedia.web.rights import Right

ON_A_PAGE = 50
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "number", "when", "who", "who_id", "through", "from", "what", "outcome", "on", "on_name", "detail", "request_id",
)  # fmt: skip


@view_config(
    route_name="admin_audit", request_method="GET", permission=Right.ADMINISTER, renderer="admin/log/log.jinja2"
)
def log(request: Request) -> Any:
    form = LogFilter.asked(request)
    if form.errors:
        request.response.status_int = 422
    wanted, before = form.wanted, place_of(request.GET.get("before", ""))
    events = request.read(AuditLog).events(wanted, before=before, limit=ON_A_PAGE + 1)
    shown, more = events[:ON_A_PAGE], len(events) > ON_A_PAGE
    last = f"{milliseconds(shown[-1].at)}.{shown[-1].id}" if shown else ""
    query = form.query
    return {
        "form": form,
        "lines": Telling(request).lines(shown),
        "count": min(request.read(AuditLog).count(wanted), MOST_COUNTED + 1) if shown and before is None else None,
        "most": MOST_COUNTED,
        "days": request.installation.settings.audit_days,
        "next_page": request.route_path("admin_audit", _query={**query, "before": last}) if more else None,
        "file": request.route_path("admin_audit_csv", _query=query or None),
        "nothing": None if shown else nothing(request, wanted, query),
    }


@view_config(
    route_name="admin_audit_event",
    context=EventContext,
    request_method="GET",
    permission=Right.ADMINISTER,
    renderer="admin/log/entry.jinja2",
)
def entry(context: EventContext, request: Request) -> Any:
    event, audit_log, telling = context.event, request.read(AuditLog), Telling(request)
    things = audit_log.things([event])
    return {
        "line": telling.line(event, things, audit_log.uids_of([event])),
        "facts": telling.facts(event, things, audit_log.seal_of(event)),
    }


@view_config(route_name="admin_audit_csv", request_method="GET", permission=Right.ADMINISTER)
def as_csv(request: Request) -> Response:
    """The lines that fit as a file (RFC 4180), sent while it is read. That it was taken along is logged."""
    form = LogFilter.asked(request)
    request.note("audit.export", outcome=DONE, detail={"filter": form.query})
    rows = csv_lines(request, form.wanted)
    disposition = f'attachment; filename="audit-{request.installation.clock():%Y-%m-%d}.csv"'
    headers = [("Content-Type", "text/csv; charset=utf-8; header=present"), ("Content-Disposition", disposition)]
    return Response(headerlist=headers, app_iter=rows)


def csv_lines(request: Request, wanted: Wanted) -> Iterator[bytes]:
    yield csv_row(COLUMNS)
    for events, things in exported(request.installation, wanted):
        for event in events:
            named = things.get(event.target)
            yield csv_row(values_of(event, named.name if named else ""))


def values_of(event: Event, name: str) -> list[Any]:
    """In the order of `COLUMNS`."""
    return [
        event.id,
        event.at.isoformat(timespec="milliseconds"),
        name_of(event.actor) if event.actor_id is None else event.actor,
        event.actor_id,
        event.through,
        event.address,
        event.kind,
        event.outcome,
        event.target,
        name,
        json.dumps(event.detail, ensure_ascii=False, sort_keys=True),
        event.request_id,
    ]


def csv_row(values: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([harmless(value) for value in values])
    return text.getvalue().encode()


def harmless(value: Any) -> Any:
    """A value that no spreadsheet computes: an apostrophe before what it would take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def place_of(text: str) -> Place | None:
    """Where a page begins, of an address; None for what is no place."""
    at, _dot, number = text.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) < 15 for part in (at, number)):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(at)), int(number)


def nothing(request: Request, wanted: Wanted, query: dict[str, str]) -> dict[str, Any]:
    """What an empty list says: the filter in words, and the ways out."""
    parts = []
    if wanted.who:
        parts.append(_("by “${who}”", mapping={"who": wanted.who}))
    if wanted.what:
        parts.append(_("in “${what}”", mapping={"what": request.localizer.translate(_(TOPICS[wanted.what]))}))
    if wanted.to:
        parts.append(_("on “${to}”", mapping={"to": wanted.to}))
    if wanted.refused is not None:
        parts.append(_("that was refused or failed") if wanted.refused else _("that was done"))
    for moment, words in ((wanted.since, _("from ${day}")), (wanted.until, _("up to ${day}"))):
        if moment is not None:
            day = day_words((moment - timedelta(days=1) if moment is wanted.until else moment).date())
            parts.append(_(words, mapping={"day": day}))
    newest = request.read(AuditLog).newest(anytime(wanted)) if wanted.since or wanted.until else None
    links = []
    if wanted.who and query.keys() != {"who"}:
        who = _("Show everything “${who}” did", mapping={"who": wanted.who})
        links.append((who, request.route_path("admin_audit", _query={"who": wanted.who})))
    if wanted.since or wanted.until:
        rest = {key: value for key, value in query.items() if key not in ("since", "until")}
        links.append((_("Any time"), request.route_path("admin_audit", _query=rest or None)))
    if not links and not wanted.is_anything:
        links.append((_("Show everything"), request.route_path("admin_audit")))
    return {"parts": [request.localizer.translate(part) for part in parts], "newest": newest, "links": links}
