"""The letters about what is new in followed folders and about one's own uploads.

Rights are asked when a letter is written, which is when it is sent: what its reader may not see at that moment, and
what has become a draft or lies in the bin, is not in it.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from privmedia.accounts.first_start import organisation
from privmedia.accounts.models import User
from privmedia.following.models import Happening
from privmedia.following.notices import Told
from privmedia.following.rounds import NEWS, SENT, UPLOADS, Round, Rounds
from privmedia.installation import Installation
from privmedia.mail.letters import Letter, Writer, letter
from privmedia.mail.models import Mail
from privmedia.media.words import recalled
from privmedia.text import Plural, Sentence, Words
from privmedia.text import mark as _

MOST_NAMED = 20
"""Things a letter names; it says how many more there are."""
IN_A_FOLDER = _("${title}, in ${folder}")
MORE = Plural("and ${count} more", "and ${count} more")
FAILED = Plural(
    "${count} file that you sent to ${library} cannot be played",
    "${count} files that you sent to ${library} cannot be played",
)
READY = Plural(
    "${count} file that you sent to ${library} is ready",
    "${count} files that you sent to ${library} are ready",
)

SENT_FILES = Plural(
    "${count} file was sent to ${library} through a link of yours",
    "${count} files were sent to ${library} through links of yours",
)
WHICH = _("Which of these letters you get you choose in your account:")


def news(session: Session, installation: Installation, mail: Mail) -> Letter | None:
    """What is new in the folders somebody follows, with a link for each of them that ends it."""
    found = _reader(session, mail)
    if found is None:
        return None
    rounds, told = _told(session, installation, mail, found, NEWS)
    if not told:
        return None
    library: dict[str, Words] = {"library": _library(session, installation)}
    following = rounds.following
    followed = following.followed(rounds.as_reader(found))
    ways = rounds.notices.ways_up({one.item.folder_id for one in told})
    above = {folder_id for way in ways.values() for folder_id in way}
    links = [f"{folder.name}\n{following.link(found, folder)}" for folder in followed if folder.id in above]
    everything = following.link(found, None)
    return letter(
        mail.language,
        Sentence(
            Plural("${count} new item at ${library}", "${count} new items at ${library}"),
            {**library, "count": len(told)},
        ),
        Sentence(_("Hello ${name},"), {"name": found.name}),
        Sentence(_("this is new in folders that you follow:")),
        *_named(installation, told),
        Sentence(_("This letter comes once a day at most. To follow a folder no more, open its link:")),
        *links,
        Sentence(_("To follow none of them any more:")),
        everything,
        unsubscribe=everything,
    )


def uploads(session: Session, installation: Installation, mail: Mail) -> Letter | None:
    """What became of files that somebody sent: those that cannot be played, and those that are ready."""
    found = _reader(session, mail)
    if found is None:
        return None
    _rounds, told = _told(session, installation, mail, found, UPLOADS)
    if not told:
        return None
    library: dict[str, Words] = {"library": _library(session, installation)}
    failed = [one for one in told if one.happening is Happening.FAILED]
    ready = [one for one in told if one.happening is Happening.READY]
    parts: list[Sentence | str] = []
    for template, some in ((FAILED, failed), (READY, ready)):
        if some:
            heading = Sentence(template, {**library, "count": len(some)})
            parts += [Sentence(_("${headline}:"), {"headline": heading}), *_named(installation, some)]
    first, some = (FAILED, failed) if failed else (READY, ready)
    return letter(
        mail.language,
        Sentence(first, {**library, "count": len(some)}),
        Sentence(_("Hello ${name},"), {"name": found.name}),
        *parts,
        Sentence(WHICH),
        f"{installation.settings.base_url}/account#notices",
    )


def sent_files(session: Session, installation: Installation, mail: Mail) -> Letter | None:
    """What people without an account sent through links of somebody: drafts, which they alone see."""
    found = _reader(session, mail)
    if found is None:
        return None
    _rounds, told = _told(session, installation, mail, found, SENT)
    if not told:
        return None
    return letter(
        mail.language,
        Sentence(SENT_FILES, {"library": _library(session, installation), "count": len(told)}),
        Sentence(_("Hello ${name},"), {"name": found.name}),
        Sentence(_("this was sent through links by which you ask for files. Each is a draft until you release it:")),
        *_named(installation, told),
        Sentence(WHICH),
        f"{installation.settings.base_url}/account#notices",
    )


WRITERS: dict[str, Writer] = {NEWS.name: news, UPLOADS.name: uploads, SENT.name: sent_files}


def _reader(session: Session, mail: Mail) -> User | None:
    user = session.get(User, mail.detail["user"])
    # Numbers are given again once their rows are gone.
    return user if user is not None and user.email == mail.recipient and user.disabled_at is None else None


def _told(
    session: Session, installation: Installation, mail: Mail, reader: User, of: Round
) -> tuple[Rounds, Sequence[Told]]:
    rounds = Rounds(session, installation)
    wanted = of.wanted(rounds.following.choice(reader.id))
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=mail.detail["at"])
    return rounds, rounds.notices.mailed(rounds.as_reader(reader), wanted, at) if wanted else []


def _named(installation: Installation, told: Sequence[Told]) -> list[Sentence | str]:
    named: list[Sentence | str] = []
    for one in told[:MOST_NAMED]:
        names: dict[str, Words] = {"title": one.item.title, "folder": one.folder.name if one.folder else ""}
        named.append(Sentence(IN_A_FOLDER, names) if one.folder else one.item.title)
        if one.happening is Happening.FAILED and one.reason:
            named.append(recalled(one.reason))
        named.append(f"{installation.settings.base_url}/m/{one.item.uid}")
    if len(told) > MOST_NAMED:
        named.append(Sentence(MORE, {"count": len(told) - MOST_NAMED}))
        named.append(f"{installation.settings.base_url}/notices")
    return named


def _library(session: Session, installation: Installation) -> str:
    return organisation(session) or installation.settings.host
