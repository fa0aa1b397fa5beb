"""Whether files arrive: sent by the front server, whole, in parts, described as they are."""
from __future__ import annotations

from privmedia.delivery.disposition import content_disposition
from privmedia.delivery.probing import FILE, FILENAME, TEXT
from privmedia.operations.doctor.findings import Area, Check, Outcome, bad, good, poor, say
from privmedia.operations.doctor.probe import CAPTIONS, SIZE, Visit
from privmedia.operations.doctor.visiting import Answer
from privmedia.operations.doctor.words import KNOWN_BY, inner_location, name_of, not_answered, print_it, printed_anew
from privmedia.storage.probes import Decoy
from privmedia.text import Size
from privmedia.text import mark as _

MIDDLE = SIZE // 2
NO_COMPRESSION = say(
    _("Switch compression off for /smedia/ and /pmedia/ in everything that stands in front: `gzip off;` in nginx.")
)


def the_front_server_sends(visit: Visit) -> Outcome:
    """The whole probe, once; how it came, or what came instead."""
    answer = visit.whole = visit.fetch()
    notes = visit.notes_of(FILE)
    if not answer.status:
        return bad(not_answered(answer.fault), print_it(visit.front), *visit.printed)
    if not notes:
        return bad(
            say(_("/smedia/ answered ${status} and the application was not asked."), status=answer.status),
            say(
                _("Let `/smedia/` go to the application, and let the program of this command and the application have "
                  "the same media root and the same user.")
            ),
            *visit.printed,
        )
    if answer.body != visit.content:
        return _what_came_instead(visit, answer)
    sent = max(note["sent"] for note in notes)
    if sent:
        return _sent_by_the_application(visit, answer, sent)
    if answer.header("Content-Type") != "video/mp4":
        return bad(
            say(_("An MP4 file came as “${type}”."), type=answer.header("Content-Type")),
            say(_("Let ${server} keep the application's Content-Type: no proxy_hide_header, no type of its own."),
                server=name_of(visit.front)),
            *visit.printed,
        )
    return good(
        _("Test file, ${size}: ${server} sent it in ${ms} ms, the application sent 0 bytes."),
        size=Size(SIZE), server=name_of(visit.front), ms=round(answer.seconds * 1000),
    )


def _what_came_instead(visit: Visit, answer: Answer) -> Outcome:
    """The application said yes, and something else arrived."""
    server, private = name_of(visit.front), visit.installation.storage.private
    if answer.body in (Decoy.ROOT.encode(), Decoy.ROOT_ABOVE.encode()):
        return bad(
            say(_("nginx puts the whole address behind the folder: `root` stands where `alias` belongs.")),
            say(_("Write `alias` with the slash at its end in the location /pmedia/, and load it.")),
            inner_location(private), *visit.printed[-1:],
        )
    if answer.body == Decoy.SLASH.encode():
        return bad(
            say(_("nginx looks for ${path}…: the slash at the end of `alias` is missing."), path=f"{private}ab"),
            say(_("Write the slash at the end of `alias` in the location /pmedia/, and load it.")),
            inner_location(private), *visit.printed[-1:],
        )
    visible = [name for name in answer.headers if name.lower() in ("x-accel-redirect", "x-sendfile")]
    if answer.status == 200 and not answer.body:
        if visible:
            return bad(
                say(_("${header} came back unhandled, with no file: what stands in front does not know it."),
                    header=visible[0]),
                say(_("Put ${server} in front of the application, or say in privmedia.front_server what is there."),
                    server=server),
                *visit.printed,
            )
        return bad(
            say(_("An empty answer came: ${server} took the application's header away and sent no file."),
                server=server),
            say(_("Remove `proxy_ignore_headers X-Accel-Redirect` (`uwsgi_ignore_headers`) from the way to the "
                  "application, and load it.")),
            *visit.printed,
        )
    if answer.status in (403, 404):
        why = visit.installation.storage.bodies.why_not_ours() if visit.front == "nginx" else None
        return bad(
            say(_("The application said yes, and ${server} answered ${status}: it does not find the file or may not "
                  "open it."), server=server, status=answer.status),
            say(_("Let ${server} work as the user of the application, and let it look below ${folder}/."),
                server=server, folder=str(private)) if why is None else say("${why}", why=why),
            *visit.printed,
        )
    return bad(
        say(_("Instead of the file ${count} bytes came with status ${status}."),
            count=len(answer.body), status=answer.status),
        print_it(visit.front), *visit.printed,
    )


def _sent_by_the_application(visit: Visit, answer: Answer, sent: int) -> Outcome:
    server = answer.header("Server").lower()
    there = next((front for front, known in KNOWN_BY.items() if known in server), None)
    if there is not None:
        return poor(
            say(_("The application sent ${size} itself, although ${server} stands in front."),
                size=Size(sent), server=name_of(there)),
            say(_("Say `privmedia.front_server = ${name}`, print its configuration and start the application again."),
                name=there),
            *printed_anew(there, visit.installation.settings),
        )
    if visit.installation.settings.production:
        return poor(
            say(_("There is no front server: the application sent ${size} itself."), size=Size(sent)),
            say(_("For more than a few people put nginx in front, as the page on deploying says.")),
        )
    return good(_("No front server, as is usual for trying out: the application sent ${size} itself."), size=Size(sent))


def seeking_works(visit: Visit) -> Outcome:
    """First byte, last byte, a hundred in the middle, and what lies outside."""
    wanted = (
        ("bytes=0-0", 0, 1),
        (f"bytes={MIDDLE}-{MIDDLE + 99}", MIDDLE, MIDDLE + 100),
        ("bytes=-1", SIZE - 1, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
    )
    for header, start, stop in wanted:
        answer = visit.fetch(headers={"Range": header})
        expected = f"bytes {start}-{stop - 1}/{SIZE}"
        right = (206, visit.content[start:stop], expected)
        if (answer.status, answer.body, answer.header("Content-Range")) != right:
            return bad(
                say(_("“${range}” was asked, and ${status} came with ${count} bytes instead of 206 with ${wanted}."),
                    range=header, status=answer.status, count=len(answer.body), wanted=stop - start),
                say(_("Nobody between browser and ${server} may compress, cut or collect files: no gzip, no "
                      "`max_ranges 0`, no cache without ranges."), server=name_of(visit.front)),
                *visit.printed,
            )
    outside = visit.fetch(headers={"Range": f"bytes={SIZE}-"})
    if outside.status != 416:
        return bad(
            say(_("A part beyond the end was answered ${status} instead of 416."), status=outside.status),
            print_it(visit.front), *visit.printed,
        )
    return good(
        _("Bytes ${start} to ${stop} asked: 206, exactly 100 bytes; the first and the last byte are right."),
        start=MIDDLE, stop=MIDDLE + 99,
    )


def head_is_right(visit: Visit) -> Outcome:
    """HEAD: the same headers, no bytes."""
    head, whole = visit.fetch(method="HEAD"), visit.whole or visit.fetch()
    for name in ("Content-Length", "Content-Type", "ETag", "Accept-Ranges"):
        if head.status != 200 or head.header(name) != whole.header(name):
            return bad(
                say(_("HEAD answered ${status} with ${header} “${found}”, GET says “${wanted}”."), status=head.status,
                    header=name, found=head.header(name), wanted=whole.header(name)),
                print_it(visit.front), *visit.printed,
            )
    return good(_("HEAD says ${size} and the same headers as GET."), size=Size(SIZE))


def names_arrive(visit: Visit) -> Outcome:
    """The name under which a file is saved, with letters of other alphabets and a percent sign."""
    found = (visit.whole or visit.fetch()).header("Content-Disposition")
    if found != content_disposition(FILENAME, inline=True):
        return bad(
            say(_("The name “${name}” came as “${found}”."), name=FILENAME, found=found),
            say(_("Let ${server} pass Content-Disposition on as it is: no proxy_hide_header, no header of its own."),
                server=name_of(visit.front)),
            *visit.printed,
        )
    return good(_("“${name}” arrived letter by letter."), name=FILENAME)


def media_is_not_compressed(visit: Visit) -> Outcome:
    """Who compresses a film loses its ranges; who compresses pages tells their secrets by their length."""
    asking = {"Accept-Encoding": "gzip, deflate, br, zstd"}
    for file, content in ((FILE, visit.content), (TEXT, CAPTIONS)):
        answer = visit.fetch(file, headers=asking)
        how = answer.header("Content-Encoding")
        if how or (answer.status == 200 and answer.body != content):
            return bad(
                say(_("${file} came compressed (${how}), so that nobody can seek in it."), file=file, how=how or "?"),
                NO_COMPRESSION,
                *visit.printed,
            )
        if file == FILE and answer.header("Accept-Ranges") != "bytes":
            return bad(
                say(_("The answer to who may take compressed files does not offer ranges.")),
                NO_COMPRESSION,
                *visit.printed,
            )
    page = visit.site.ask("/login", headers=asking)
    if page.header("Content-Encoding"):
        return poor(
            say(_("Pages are compressed (${how}): by their length secrets of forms can be guessed."),
                how=page.header("Content-Encoding")),
            say(_("Compress /static/ alone: `gzip off;` for everything else.")),
            *visit.printed,
        )
    return good(_("Film, captions and pages come as they are to who would take gzip and br."))


CHECKS = (
    Check("sender", Area.DELIVERY, _("The front server hands out files itself"), _("Files do not leave as they should"),
          the_front_server_sends),
    Check("ranges", Area.DELIVERY, _("Seeking works"), _("Seeking does not work"), seeking_works),
    Check("head", Area.DELIVERY, _("HEAD is answered like GET"), _("HEAD is answered otherwise than GET"),
          head_is_right),
    Check("names", Area.DELIVERY, _("Names arrive as they are"), _("Names of files are changed on the way"),
          names_arrive),
    Check("compression", Area.DELIVERY, _("Media are not compressed"), _("Something compresses on the way"),
          media_is_not_compressed),
)
