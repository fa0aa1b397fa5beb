"""Whether uploads get in: of the largest size, decided before their body is read, part by part, and in their time."""
from __future__ import annotations

import hashlib
import os
from pathlib import Path

from privmedia.installation import Installation
from privmedia.operations.doctor.findings import Area, Check, Outcome, bad, good, poor, say
from privmedia.operations.doctor.probe import Visit
from privmedia.operations.doctor.visiting import Answer
from privmedia.operations.doctor.words import name_of, not_answered
from privmedia.text import Size
from privmedia.text import mark as _
from privmedia.uploads.tus import PART, VERSION

DECIDED_WITHIN = 5.0
"""Seconds in which whoever reads no body first has answered."""
BEGINNING = 256 * 1024
"""Bytes that front servers but nginx want to see of a body before they ask."""
HEAR_LATE = {"builtin": "waitress", "apache": "Apache"}
"""They cannot do otherwise, so that only their limit is looked at."""
OF_PROXIES = _(
    "Let every proxy in front take at least that much for /upload and /uploads: `client_max_body_size 0;` in nginx, "
    "where the application knows the limit."
)
OF_WAITRESS = _(
    "Let `max_request_body_size` in the ini, under [server:main], be more than `privmedia.max_upload_size`."
)
FORM = {"Content-Type": "multipart/form-data; boundary=probe"}
WHOLE = {"Tus-Resumable": VERSION, "Content-Type": "application/offset+octet-stream"}


def the_largest_is_accepted(visit: Visit) -> Outcome:
    """A file of the largest size is announced, with nobody's session and without sending it: who answers, and what?"""
    limit = visit.installation.settings.max_upload_size
    asked, begun = {"/upload/plain": FORM}, b"" if visit.front == "nginx" else bytes(BEGINNING)
    if visit.front == "nginx":  # behind the others a whole file comes by the form, or in parts
        asked["/uploads/"] = {**WHOLE, "Upload-Length": str(limit)}
    for path, headers in asked.items():
        answer = visit.site.ask(
            path, method="POST", headers=headers, announced=limit, body=begun, patience=DECIDED_WITHIN
        )
        if answer.status == 413 or (answer.status == 0 and "reset" in answer.fault.lower()):
            return bad(
                say(_("${path} refused ${size} before the application was asked: 413."), path=path, size=Size(limit)),
                say(OF_WAITRESS if visit.front == "builtin" else OF_PROXIES),
                *visit.printed,
            )
        if not answer.status and visit.front in HEAR_LATE:
            return good(_("${size} are taken; ${server} takes the whole body in before an answer is heard."),
                        size=Size(limit), server=HEAR_LATE[visit.front])
        if not answer.status:
            return bad(
                say(_("${path} gave no answer within ${count} s: something in front reads the whole body before it "
                      "asks."), path=path, count=round(DECIDED_WITHIN)),
                say(_("Switch request buffering off for uploads in every proxy in front: "
                      "`proxy_request_buffering off;` with `proxy_http_version 1.1;`.")),
                *visit.printed,
            )
        if answer.status >= 500:
            return bad(
                say(_("${path} answered ${status}."), path=path, status=answer.status),
                say(_("Look into the log of ${server} and of the application."), server=name_of(visit.front)),
                *visit.printed,
            )
    return good(_("${size} were announced: the application was asked and answered before the body came."),
                size=Size(limit))


def parts_are_taken_over(visit: Visit) -> Outcome:
    """A part of the usual size, sent whole: it has to arrive, and behind nginx without passing through Python."""
    content = hashlib.sha256(visit.uid.encode()).digest() * (PART // 32)
    answer = visit.site.ask(
        f"/uploads/probe/{visit.uid}", method="POST", headers=visit.signed_in(WHOLE), body=content, patience=60.0
    )
    notes = visit.notes_of("part")
    came = next((note for note in reversed(notes) if not note["asked"]), None)
    if answer.status != 204 or came is None or not _is_whole(came, content):
        return _not_whole(visit, answer)
    if visit.front != "nginx":
        return good(_("A part of ${size} arrived whole in ${ms} ms."), size=Size(PART), ms=round(answer.seconds * 1000))
    if not came["kept"]:
        return _handed_over(visit, asked=any(note["asked"] for note in notes), keeps=came["keeps"], why=came["why"])
    if not came["opened"]:
        return bad(
            say(_("nginx kept a part in ${path}, which the application cannot take over."), path=came["at"]),
            say(_("Let `client_body_temp_path` be ${folder} and nginx work as the user of the application."),
                folder=f"{visit.installation.storage.incoming}/body"),
            *visit.printed,
        )
    return good(
        _("A part of ${size} was kept by nginx and taken over without copying in ${ms} ms."),
        size=Size(PART), ms=round(answer.seconds * 1000),
    )


def _is_whole(came: dict[str, object], content: bytes) -> bool:
    if came["kept"] and not came["opened"]:
        return True  # said with its own cure
    return came["length"] == len(content) and came["sha256"] == hashlib.sha256(content).hexdigest()


def _not_whole(visit: Visit, answer: Answer) -> Outcome:
    if not answer.status:
        return bad(
            not_answered(answer.fault),
            say(_("Let every proxy in front take parts of ${size} for /uploads, and wait for them."), size=Size(PART)),
            *visit.printed,
        )
    return bad(
        say(_("A part of ${size} was answered ${status} and did not arrive whole."),
            size=Size(PART), status=answer.status),
        say(_("Let every proxy in front take parts of ${size} for /uploads, and wait for them."), size=Size(PART)),
        *visit.printed,
    )


def _handed_over(visit: Visit, *, asked: bool, keeps: bool, why: str) -> Outcome:
    if why:
        return poor(
            say(_("Parts pass through Python, which takes longer: ${why}"), why=why),
            say(_("Let nginx and the application work as one user: `user privmedia;` in nginx.conf.")),
        )
    if asked and not keeps:
        return poor(
            say(_("Parts pass through Python: nginx says another key than ours.")),
            say(_("Print nginx's configuration again: its key belongs to privmedia.secret.")),
            *visit.printed,
        )
    return poor(
        say(_("Parts pass through Python: nginx hands them over instead of keeping them.")),
        say(_("Print nginx's configuration again: the location /uploads/ is missing or an older one.")),
        *visit.printed,
    )


def time_outs_are_long_enough(visit: Visit) -> Outcome:
    """An answer that takes the application a while still arrives."""
    answer, wait = visit.slow, visit.patience
    if answer is None:
        raise ValueError("nothing was held back")
    if answer.status != 206:
        return bad(
            say(_("An answer for which the application took ${wait} s was ended after ${after} s with ${status}."),
                wait=f"{wait:g}", after=f"{answer.seconds:.1f}", status=answer.status or answer.fault),
            say(_("Give every proxy in front 120 s to wait for an answer: `proxy_read_timeout 120s;`.")),
            *visit.printed,
        )
    return good(_("An answer for which the application took ${wait} s arrived."), wait=f"{wait:g}")


def one_file_system(installation: Installation) -> Outcome:
    """What has arrived gets its place by renaming, which works within one file system only."""
    storage = installation.storage
    folders = {storage.incoming / name for name in ("body", "form", "tus", "work")} | {storage.private, storage.root}
    apart = sorted(str(folder) for folder in folders if _device(folder) != _device(storage.private))
    if apart:
        return bad(
            say(_("${folder} lies on another file system than ${private}: a finished upload cannot be moved in one "
                  "step."), folder=apart[0], private=str(storage.private)),
            say(_("Mount one file system at ${root} and have incoming/ and private/ as folders of it."),
                root=str(storage.root)),
        )
    return good(_("incoming/ and private/ lie on one file system."))


def _device(folder: Path) -> int:
    try:
        return os.stat(folder).st_dev
    except OSError:
        return -1


CHECKS = (
    Check("upload-limit", Area.UPLOADS, _("The largest files are accepted"), _("Large files are refused on the way"),
          the_largest_is_accepted),
    Check("parts", Area.UPLOADS, _("Parts are taken over"), _("Parts do not arrive as they should"),
          parts_are_taken_over),
    Check("time-outs", Area.UPLOADS, _("Time-outs are long enough"), _("Something gives up too soon"),
          time_outs_are_long_enough),
)
AT_ONCE = (
    Check("one-file-system", Area.UPLOADS, _("Arriving and stored files lie on one file system"),
          _("Arriving and stored files lie on different file systems"), one_file_system),
)
