"""Every kind of line the audit log has, in words: a table, and a test that none is missing.

A sentence goes on from the name of whoever did it. In it, ${target} is what the line is about, and ${name} for a key of
the line's details is that detail. `refused` is said instead when it was tried in vain.
"""
from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from privmedia.text import mark as _


class Topic(StrEnum):
    """What one can filter by."""

    SIGN_IN = "sign-in"
    ACCESS = "access"
    FILES = "files"
    PEOPLE = "people"
    REFUSALS = "refusals"
    SITE = "site"


TOPICS = {
    Topic.ACCESS: _("Access and sharing"),
    Topic.FILES: _("Files and folders"),
    Topic.PEOPLE: _("People and groups"),
    Topic.SIGN_IN: _("Sign-in and keys"),
    Topic.REFUSALS: _("Other refusals"),
    Topic.SITE: _("The site itself"),
}
REFUSED = _("was refused ${request}")


@dataclass(frozen=True)
class Words:
    """How lines of one kind read: an icon, the sentence when it was done, and when it was refused or failed."""

    topic: Topic
    icon: str
    done: str
    refused: str = REFUSED


def sign_in(icon: str, done: str, refused: str = REFUSED) -> Words:
    return Words(Topic.SIGN_IN, icon, done, refused)


def access(icon: str, done: str, refused: str = REFUSED) -> Words:
    return Words(Topic.ACCESS, icon, done, refused)


def files(icon: str, done: str, refused: str = REFUSED) -> Words:
    return Words(Topic.FILES, icon, done, refused)


def people(icon: str, done: str, refused: str = REFUSED) -> Words:
    return Words(Topic.PEOPLE, icon, done, refused)


def site(icon: str, done: str, refused: str = REFUSED) -> Words:
    return Words(Topic.SITE, icon, done, refused)


KINDS: dict[str, Words] = {
    "access": Words(Topic.REFUSALS, "x-octagon", _("asked for ${target}")),
    "access.answer": access("inbox", _("answered the question of ${person} for ${target}: ${answer}")),
    "access.ask": access("inbox", _("asked for access to ${target}")),
    "access.ask-end": access("hourglass-split", _("ended a question for ${target} that nobody answered")),
    "access.clear": access("shield-minus", _("took the rule for ${principal} away from ${target}")),
    "access.inherit": access("shield-lock", _("lets ${target} take over the rules from above again")),
    "access.set": access("shield-plus", _("gave ${principal} ${after} on ${target}")),
    "access.stop": access("scissors", _("stopped taking over rules from above at ${target}")),
    "access.take-back": access("inbox", _("took the question for ${target} back")),
    "audit.drop": Words(
        Topic.SITE, "hourglass-bottom", _("dropped ${lines} lines of this log, older than ${days} days")
    ),
    "audit.export": Words(Topic.SITE, "download", _("exported this log")),
    "captions.put": files(
        "badge-cc", _("put captions (${language}) to ${target}"), _("could not put captions to ${target}: ${why}")
    ),
    "captions.remove": files("badge-cc", _("deleted the captions (${language}) of ${target}")),
    "captions.rename": files("badge-cc", _("renamed the captions (${language}) of ${target}")),
    "chapters.put": files("list-ol", _("wrote ${count} chapters of ${target}")),
    "bin.empty": files("trash3", _("emptied the bin: ${count} deleted for good")),
    "bin.over": files("trash3", _("deleted for good what had been in the bin for 30 days: ${count}")),
    "bin.purge": files("trash3", _("deleted ${name} for good")),
    "bin.restore": files("arrow-counterclockwise", _("brought ${target} back from the bin")),
    "confirm": sign_in("key", _("proved again who they are"), _("could not prove again who they are: ${why}")),
    "directory.sync": people(
        "building",
        _("looked who has left ${target}: ${disabled} disabled, ${moved} in other groups"),
        _("could not look who has left ${target}: ${why}"),
    ),
    "poster.put": files(
        "image", _("chose the poster of ${target}"), _("could not change the poster of ${target}: ${why}")
    ),
    "version.add": files(
        "arrow-repeat",
        _("added version ${version} of ${target}: ${file}"),
        _("could not replace the file of ${target}: ${why}"),
    ),
    "version.delete": files("trash3", _("deleted version ${version} of ${target} for good: ${file}")),
    "version.show": files("arrow-repeat", _("put version ${version} of ${target} in the place of version ${before}")),
    "files.quarantine": files("folder-symlink", _("moved ${count} files that nothing names into quarantine")),
    "files.quarantine-over": files("trash3", _("deleted the quarantine ${folder} for good")),
    "files.repair": files("arrow-repeat", _("had ${count} versions prepared again")),
    "folder.add": files("folder-plus", _("made the folder ${target}")),
    "folder.delete": files("trash3", _("deleted the folder ${name}")),
    "folder.follow": files("bell", _("follows the folder ${target}")),
    "folder.move": files("folder-symlink", _("moved the folder ${name}")),
    "folder.rename": files("pencil", _("renamed the folder ${target}")),
    "folder.unfollow": files("bell-slash", _("follows the folder ${target} no more")),
    "forged": Words(
        Topic.REFUSALS,
        "x-octagon",
        _("sent ${request}"),
        _("sent a form that did not come from this site, or was too old: ${request}"),
    ),
    "group.add": people("people", _("made the group ${target}")),
    "group.delete": people("trash3", _("deleted the group ${target}")),
    "group.join": people("person-plus", _("put ${people} into the group ${target}")),
    "group.leave": people("person-slash", _("took ${people} out of the group ${target}")),
    "group.quota": people("hdd", _("changed how much the group ${target} may add")),
    "group.rename": people("pencil", _("renamed the group ${before} to ${target}")),
    "item.add": files("upload", _("added ${target}")),
    "item.copy": files("copy", _("copied ${name}")),
    "item.delete": files("trash3", _("deleted ${name}")),
    "item.draft": files("lock", _("made ${target} a draft")),
    "item.download": files("download", _("downloaded the original of ${target}")),
    "item.edit": files("pencil", _("changed what is said about ${target}")),
    "item.star": files("star", _("starred ${target}")),
    "item.unstar": files("star", _("took the star off ${target}")),
    "item.move": files("folder-symlink", _("moved ${name} to another folder")),
    "item.release": files("door-open", _("released ${target}")),
    "item.tag": files("tag", _("tagged ${target}")),
    "item.view": files("play-circle", _("viewed ${target}")),
    "item.reprocess": files("arrow-repeat", _("had ${target} prepared anew")),
    "item.who-watched-export": files("filetype-csv", _("exported who watched ${target}")),
    "items.reprocess": files("arrow-repeat", _("had all items prepared anew: ${count}")),
    "job.cancel": site("cpu", _("cancelled the job ${number} (${job}): ${target}")),
    "job.dismiss": site("cpu", _("dismissed the failed job ${number} (${job}): ${target}")),
    "job.retry": site("cpu", _("had the job ${number} (${job}) tried again: ${target}")),
    "job.retry-all": site("cpu", _("had all jobs that failed tried again: ${count}")),
    "queue.go-on": site("play-fill", _("let the queue of jobs go on")),
    "queue.pause": site("pause-fill", _("paused the queue of jobs")),
    "embed.add": access("window", _("made the player ${name} of ${target}")),
    "embed.change": access("window", _("changed the player ${name} of ${target}")),
    "embed.remove": access("window", _("ended the player ${name} of ${target}")),
    "embed.vouch": sign_in("patch-check", _("began to watch ${target} by the player ${name}, on ${sites}")),
    "site-key.add": access("key", _("made the site key ${target} for ${sites}")),
    "site-key.remove": access("key", _("removed the site key ${target} of ${sites}")),
    "embed.sign-in": sign_in("window", _("signed in for the player ${name} of ${target}")),
    "link.add": access("link-45deg", _("made the link ${name} to ${target}")),
    "link.extend": access("link-45deg", _("let the link ${name} to ${target} work until ${until}")),
    "link.open": access(
        "link-45deg",
        _("was opened and leads to ${target}"),
        _("could not open the link ${name} to ${target}: ${why}"),
    ),
    "link.revoke": access("link-45deg", _("revoked the link ${name} to ${target}")),
    "public.end": access("globe2", _("ended the public copy of ${name}: there is no file for it any more")),
    "public.follow": access("globe2", _("put the new version of ${name} in place of its public copy")),
    "public.make": access("globe2", _("made ${name} public: everybody on the internet can fetch it")),
    "public.withdraw": access("globe2", _("took back the public copy of ${name}")),
    "passkey.add": sign_in("fingerprint", _("added the passkey ${name}"), _("could not add a passkey: ${why}")),
    "passkey.remove": sign_in("fingerprint", _("removed the passkey ${name}")),
    "passkey.rename": sign_in("fingerprint", _("renamed the passkey ${before} to ${name}")),
    "recovery-codes.new": sign_in("key", _("made new recovery codes")),
    "refused": Words(Topic.REFUSALS, "x-octagon", _("sent ${request}")),
    "reset.ask": sign_in(
        "key", _("asked for a link to reset the password of ${target}"), _("asked too often to reset a password")
    ),
    "rules.repair": access("shield-lock", _("had ${chains} chains of rules worked out again")),
    "search.reindex": Words(
        Topic.SITE, "search", _("had the index of search made anew, and ${files} files read again")
    ),
    "search.repair": Words(Topic.SITE, "search", _("had the index of search made anew: ${documents} places")),
    "session.end": sign_in("box-arrow-right", _("signed another browser of ${target} out")),
    "session.end-all": sign_in("box-arrow-right", _("signed ${target} out everywhere else")),
    "setup-link": Words(Topic.SITE, "link-45deg", _("made a link for the first administrator")),
    "sign-in": sign_in("box-arrow-in-right", _("signed in"), _("was refused at sign-in as ${target}, ${why}")),
    "sign-out": sign_in("box-arrow-right", _("signed out")),
    "token.add": sign_in("key", _("made the token ${name} for ${target}")),
    "token.revoke": sign_in("key", _("revoked the token ${name} of ${target}")),
    "provider-group.add": people("building", _("let a group of a provider be ${target}")),
    "provider-group.remove": people("building", _("let a group of a provider be ${target} no more")),
    "provider.unlink": sign_in("building", _("signs ${target} in by ${provider} no more")),
    "provider.link": sign_in("building", _("signed in at a provider for the first time, as ${target}")),
    "provider.logout": sign_in(
        "building", _("signed somebody out"), _("was not believed that somebody signed out there: ${why}")
    ),
    "two-factor.relax": sign_in("shield-lock", _("no longer asks ${target} for two-factor sign-in")),
    "two-factor.require": sign_in("shield-lock", _("asks ${target} for two-factor sign-in, after ${days} days")),
    "two-factor.off": sign_in("phone", _("turned two-factor sign-in off")),
    "two-factor.on": sign_in("phone", _("turned two-factor sign-in on")),
    "two-factor.replace": sign_in("phone", _("replaced the authenticator app")),
    "two-factor.reset": sign_in("phone", _("took two-factor sign-in away from ${target}")),
    "upload": files("x-octagon", _("sent a file to ${target}"), _("could not add ${file} to ${target}: ${why}")),
    "user.accept": people("person-check", _("accepted the invitation")),
    "user.add": people("person-plus", _("added ${target}")),
    "user.change": people("pencil", _("changed the account of ${target}")),
    "user.delete": people("trash3", _("deleted the account of ${target}")),
    "user.disable": people("person-slash", _("disabled ${target}")),
    "user.email": people("envelope", _("changed the address of ${target}")),
    "user.email.ask": people(
        "envelope", _("asked to change the address of ${target}"), _("could not change the address of ${target}")
    ),
    "user.enable": people("person-check", _("enabled ${target}")),
    "user.export": people("download", _("exported the list of people")),
    "user.groups": people("people", _("changed the groups of ${target}")),
    "user.import": people("filetype-csv", _("imported people from a file of ${target}")),
    "user.invite": people("envelope", _("invited ${target}")),
    "user.invite-again": people("envelope", _("invited ${target} again")),
    "user.invite-revoke": people("envelope", _("took the invitation of ${target} back")),
    "user.password": sign_in(
        "key", _("set the password of ${target}"), _("did not know the old password of ${target}")
    ),
    "user.preferences": people("sliders", _("changed the preferences of ${target}")),
    "user.quota": people("hdd", _("changed how much ${target} may add")),
    "user.reset-link": sign_in("key", _("made a link to reset the password of ${target}")),
    "user.watched-clear": people("clock-history", _("cleared what they had watched")),
    "view-as.start": access("person-bounding-box", _("began to see the library as ${target}")),
    "view-as.stop": access("person-bounding-box", _("saw the library as ${target} for ${minutes} minutes")),
    "zip.make": files("file-earmark-zip", _("asked for a zip of ${count} files")),
}
UNKNOWN = Words(Topic.SITE, "journal-text", _("did something to ${target}"), _("was refused something on ${target}"))


def words_of(kind: str) -> Words:
    return KINDS.get(kind, UNKNOWN)


def kinds_of(topic: Topic) -> list[str]:
    return [kind for kind, words in KINDS.items() if words.topic is topic]
