"""Whether files are closed: to who knows their path, to who has no right any more, to caches, to forged headers."""
from __future__ import annotations

import base64
from urllib.parse import quote, urlsplit

from privmedia.delivery.headers import BARE_ANSWER_HEADERS, PRIVATE_FILE_CACHING, PRIVATE_FILE_HEADERS
from privmedia.delivery.probing import BESIDE, FILE, SPOOFED
from privmedia.header_settings import SPOKEN
from privmedia.operations.doctor.findings import Area, Check, Outcome, bad, good, poor, say
from privmedia.operations.doctor.probe import SIZE, Visit
from privmedia.operations.doctor.visiting import Answer
from privmedia.operations.doctor.words import inner_location, name_of, print_it
from privmedia.providers.header import PROBE
from privmedia.storage.probes import Decoy
from privmedia.text import listed
from privmedia.text import mark as _
from privmedia.web.headers import TRANSPORT

FORGED = {
    "X-Accel-Redirect": "/pmedia/x",
    "X-Accel-Mapping": "/=/",
    "X-Sendfile": "/etc/passwd",
    "X-Sendfile-Type": "X-Accel-Redirect",
    "X-Body-File": "/etc/passwd",
    "X-Original-URL": "/healthz",
    "X-Rewrite-URL": "/healthz",
    "X-Forwarded-For": SPOOFED,
}


NO_CACHE = say(
    _("Switch caching off for /smedia/ in every proxy in front: `proxy_cache off;`, and none may ignore Cache-Control.")
)


def spellings(path: str) -> list[str]:
    """The inner address of a file in the ways somebody might write it who wants past a rule."""
    return [
        f"/pmedia/{path}",
        f"//pmedia/{path}",
        f"/./pmedia/{path}",
        f"/%70media/{path}",
        f"/pmedia%2f{quote(path, safe='')}",
        f"/pmedia/./{path}",
        f"/pmedia//{path}",
        f"/PMEDIA/{path}",
        f"/pmedia/x/../{path}",
        f"/static/../pmedia/{path}",
        f"/media/../pmedia/{path}",
        f"/static/..%2fpmedia/{path}",
        f"/media../private/{path}",
        f"/static../{path}",
        f"/pmedia../private/{path}",
        f"/pmedia;/{path}",
        f"/private/{path}",
    ]


def own_path_is_refused(visit: Visit) -> Outcome:
    """The file's own path, in every spelling, with and without the token; and a path beside its folder."""
    private = visit.installation.storage.private
    for address in spellings(visit.path):
        for headers in ({}, visit.signed_in()):
            answer = visit.site.ask(address, headers=headers)
            leaks = visit.is_probe(answer.body) or answer.body in (decoy.encode() for decoy in Decoy)
            if leaks or urlsplit(answer.header("Location")).path.startswith("/pmedia"):
                shown = address.replace(visit.uid, "…")
                return bad(
                    say(_("The path ${path} answered ${status} without a check: whoever knows a file's path can fetch "
                          "it."), path=shown, status=answer.status),
                    say(_("Add `internal;` to the location /pmedia/ in nginx, or take the folder of private files out "
                          "of what ${server} serves, and load it."), server=name_of(visit.front)),
                    *((inner_location(private), *visit.printed[-1:]) if visit.front == "nginx"
                      else visit.printed),
                )
    if visit.front == "nginx" and visit.fetch(BESIDE).body == Decoy.BESIDE.encode():
        return bad(
            say(_("The inner address /pmedia../x led out of the folder of private files: the slash at the end of the "
                  "location is missing.")),
            say(_("Write `location ^~ /pmedia/` with the slash at its end, and load it.")),
            inner_location(private), *visit.printed[-1:],
        )
    return good(
        _("/pmedia/… was refused in ${count} spellings, with and without a session."), count=len(spellings(visit.path))
    )


def nobody_else_gets_it(visit: Visit) -> Outcome:
    """Right after who may have it, somebody asks who may not: what a shared cache kept would come now."""
    for _again in range(2):
        visit.fetch()
    before = len(visit.notes_of(FILE))
    others = [visit.site.ask(visit.address()), visit.site.ask(visit.address(), headers={"Range": "bytes=0-99"})]
    wrong_token = {"Cookie": visit.signed_in()["Cookie"][:-1] + ("A" if visit.token[-1] != "A" else "B")}
    others.append(visit.site.ask(visit.address(), headers=wrong_token))
    if any(visit.is_probe(answer.body) for answer in others):
        return bad(
            say(_("Somebody without a session got a private file that another had just fetched: a cache in front keeps "
                  "it.")),
            NO_CACHE,
            *visit.printed,
        )
    strange = [answer for answer in others if answer.status != 404]
    if strange:
        return bad(
            say(_("Somebody without a session was answered ${status} instead of 404."), status=strange[0].status),
            print_it(visit.front), *visit.printed,
        )
    visit.fetch()
    if len(visit.notes_of(FILE)) != before + 1:
        return bad(
            say(_("The application is not asked each time: something in front answers from its memory.")),
            NO_CACHE,
            *visit.printed,
        )
    return good(_("Without a session and with a wrong one: 404, right after somebody else was given the file."))


def ended_access_ends(visit: Visit) -> Outcome:
    """What opened the file a moment ago opens nothing more, whether the browser has it or not."""
    etag = (visit.whole or visit.fetch()).header("ETag")
    visit.end()
    answers = [visit.fetch(), visit.fetch(headers={"If-None-Match": etag or '"x"'})]
    found = [answer.status for answer in answers if answer.status != 404]
    if found:
        return bad(
            say(_("A session that was over was answered ${status} instead of 404."), status=found[0]),
            NO_CACHE,
            *visit.printed,
        )
    kept = visit.installation.settings.decision_cache
    if kept and visit.front == "nginx":
        return good(
            _("A session closed a moment before was refused (404); of what plays nginx keeps decisions, so that it "
              "goes on for up to ${count} s."), count=kept,
        )
    return good(_("A session closed a moment before was refused (404), and so was who had the file already."))


def headers_are_there(visit: Visit) -> Outcome:
    """The headers that protect what was uploaded, on every kind of answer."""
    transport = dict([TRANSPORT]) if visit.installation.settings.secure else {}
    whole = visit.whole or visit.fetch()
    answers = {
        200: whole,
        206: visit.fetch(headers={"Range": "bytes=0-9"}),
        304: visit.fetch(headers={"If-None-Match": whole.header("ETag") or '"none"'}),
        416: visit.fetch(headers={"Range": f"bytes={SIZE}-"}),
        404: visit.site.ask(visit.address()),
    }
    for status, answer in answers.items():
        if answer.status != status:
            return bad(
                say(_("${status} was to be answered, and ${found} came."), status=status, found=answer.status),
                print_it(visit.front), *visit.printed,
            )
        wanted = {**(BARE_ANSWER_HEADERS if status == 404 else PRIVATE_FILE_HEADERS), **transport}
        missing = [name for name, value in wanted.items() if not _says(answer, name, value)]
        if missing:
            return bad(
                say(_("On ${status} these headers are missing or not ours: ${names}."), status=status,
                    names=listed(missing)),
                say(_("Put every add_header of our location /pmedia/ there, each with `always`: nginx drops the "
                      "application's, and one header of its own hides all those above.")),
                *visit.printed,
            )
    return good(
        _("${count} headers stand on 200, 206, 304, 404 and 416."), count=len(PRIVATE_FILE_HEADERS) + len(transport)
    )


def _says(answer: Answer, name: str, value: str) -> bool:
    """Whether an answer has a header with this value. A list is the same with other spaces, in one line or several."""
    if name != "Vary":
        return answer.header(name) == value
    return {part.strip() for part in answer.header(name).split(",")} == {part.strip() for part in value.split(",")}


def no_cache_may_keep_it(visit: Visit) -> Outcome:
    """What is said to caches: nothing else than the application says."""
    whole = visit.whole or visit.fetch()
    answers = {
        200: whole,
        206: visit.fetch(headers={"Range": "bytes=0-9"}),
        304: visit.fetch(headers={"If-None-Match": whole.header("ETag") or '"none"'}),
    }
    for status, answer in answers.items():
        found = answer.header("Cache-Control")
        if found != PRIVATE_FILE_CACHING or answer.header("Expires"):
            return bad(
                say(_("${status} says “${found}” to caches instead of “${wanted}”."), status=status,
                    found=found or answer.header("Expires"), wanted=PRIVATE_FILE_CACHING),
                say(_("Remove `expires` and `add_header Cache-Control` from the location /pmedia/ and from every proxy "
                      "in front: they replace what the application says.")),
                *visit.printed,
            )
        if answer.header("Age"):
            return poor(
                say(_("The answer says it is ${age} s old: something in front keeps files."), age=answer.header("Age")),
                NO_CACHE,
                *visit.printed,
            )
    return good(_("200, 206 and 304 say “${words}”."), words=PRIVATE_FILE_CACHING)


def nobody_forges_headers(visit: Visit) -> Outcome:
    """Headers by which a front server speaks to the application, sent by a stranger."""
    visit.fetch(headers=FORGED)
    notes = visit.notes_of(FILE)
    arrived = notes[-1]["arrived"] if notes else []
    if visit.front == "builtin":
        return good(_("No front server is believed, so that there is none to be forged."))
    if arrived:
        return bad(
            say(_("These headers of a stranger reached the application: ${names}."), names=listed(arrived)),
            say(_("Let ${server} overwrite them with nothing: `proxy_set_header NAME \"\";`."),
                server=name_of(visit.front)),
            *visit.printed,
        )
    if notes and notes[-1]["address"] == SPOOFED:
        return bad(
            say(_("Who says X-Forwarded-For is believed to come from there, past every limit on tries.")),
            say(_("Overwrite it at the outermost proxy: `proxy_set_header X-Forwarded-For $$remote_addr;`.")),
            *visit.printed,
        )
    return good(_("${count} headers that only a front server may say were kept from the application."),
                count=len(FORGED))


def nobody_says_who_they_are(visit: Visit) -> Outcome:
    """Headers in which a proxy says who is signed in, sent by a stranger through the public address."""
    header = visit.installation.settings.header
    asked = f"/login/header?probe={visit.uid}"
    pretended = f"{PROBE}{visit.uid}"
    names = header.header_names if header is not None else SPOKEN
    plain = dict.fromkeys(names, pretended)
    basic = base64.b64encode(f"{pretended}:x".encode()).decode()
    tries: list[dict[str, str]] = [
        plain,
        {name.replace("-", "_"): value for name, value in plain.items()},
        {"Authorization": f"Basic {basic}"},
        *({**plain, "X-Forwarded-For": str(network[0])} for network in (header.networks if header else ())),
    ]
    for headers in tries:
        answer = visit.site.ask(asked, headers=headers)
        if pretended.encode() in answer.body or "Set-Cookie" in answer.headers:
            return bad(
                say(_("A stranger who sent ${names} was believed: anybody can sign in as anybody."),
                    names=listed(list(headers))),
                say(_("Let the proxy that signs people in overwrite these headers for everybody, or nginx demand a "
                      "sign-in in ${file}. Until then take privmedia.header out of the settings."),
                    file=header.nginx_include if header is not None else "nginx"),
                *visit.printed,
            )
    if header is None:
        return good(_("No header says who is signed in."))
    return good(
        _("Headers that say who is signed in, sent by a stranger in ${count} ways, were not believed."),
        count=len(tries),
    )


CHECKS = (
    Check("internal", Area.PROTECTION, _("A file's own path is refused"), _("Files can be fetched without a check"),
          own_path_is_refused),
    Check("closed", Area.PROTECTION, _("Nobody else gets it"), _("Others get what one was given"), nobody_else_gets_it),
    Check("headers", Area.PROTECTION, _("Files leave with their headers"), _("Headers that protect are missing"),
          headers_are_there),
    Check("caching", Area.PROTECTION, _("No shared cache may keep files"), _("Caches are told to keep private files"),
          no_cache_may_keep_it),
    Check("forged", Area.PROTECTION, _("Forged headers do not get in"), _("Forged headers reach the application"),
          nobody_forges_headers),
    Check("sign-in-header", Area.PROTECTION, _("Nobody says themselves who they are"),
          _("Strangers are believed who they say they are"), nobody_says_who_they_are),
)
LAST = (
    Check("ended", Area.PROTECTION, _("Ended access ends"), _("Ended access goes on"), ended_access_ends),
)
"""After it the probe opens no more."""
