"""The machine: whose the files are, how much room is left, whether what is written is kept."""
from __future__ import annotations

import os
import pwd
import stat
import time
from pathlib import Path

from privmedia.errors import DomainError
from privmedia.installation import Installation
from privmedia.operations.doctor.findings import Area, Check, Outcome, bad, good, poor, say
from privmedia.text import Size
from privmedia.text import mark as _

LEAST_SHARE = 0.05
LEAST_BYTES = 2 << 30
SLOW_WRITE = 1.0
"""Seconds."""


def files_are_for_one_user(installation: Installation) -> Outcome:
    """The application's user owns the folders, nobody else reads them, and nginx is that user."""
    storage = installation.storage
    me = _user(os.geteuid())
    for folder in (storage.root, storage.private, storage.incoming, storage.incoming / "form"):
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            return bad(
                say(_("${user} may not read and write ${folder}."), user=me, folder=str(folder)),
                say(_("Give the folder to the user of the application.")),
                f"chown -R {me}: {folder}",
            )
    if stat.S_IMODE(storage.private.stat().st_mode) & stat.S_IRWXO:
        return bad(
            say(_("Every user of this machine may look into ${folder}."), folder=str(storage.private)),
            say(_("Take that right away.")),
            f"chmod 0750 {storage.private}",
        )
    if installation.settings.front_server == "nginx" and (why := storage.bodies.why_not_ours()) is not None:
        return bad(
            say("${why}", why=why),
            say(_("Say `user ${user};` at the top of nginx.conf and start nginx anew."), user=me),
            f"sed -i 's/^user .*;/user {me};/' /etc/nginx/nginx.conf",
            "systemctl restart nginx",
        )
    if installation.settings.front_server != "nginx":
        return good(_("The files belong to ${user} and are closed to others."), user=me)
    return good(_("The files belong to ${user}, as whom nginx works too, and are closed to others."), user=me)


def there_is_room(installation: Installation) -> Outcome:
    """Room for the largest upload, and a twentieth of the disk."""
    facts = os.statvfs(installation.storage.incoming)
    free, whole = facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize
    used = round(100 * (1 - free / whole)) if whole else 0
    inodes = facts.f_favail / facts.f_files if facts.f_files else 1.0
    measured = say(_("${percent} % used, ${size} free."), percent=used, size=Size(free))
    if free < LEAST_BYTES or inodes < 0.01:
        return bad(measured, say(_("Free space on the disk of the files: uploads are refused soon.")),
                   f"df -h {installation.storage.root}")
    if free < max(installation.settings.max_upload_size, LEAST_SHARE * whole) or inodes < LEAST_SHARE:
        return poor(measured, say(_("Free space before long: a file of the largest size would not fit.")),
                    f"df -h {installation.storage.root}")
    return good(_("${percent} % used, ${size} free."), percent=used, size=Size(free))


def writes_are_kept(installation: Installation) -> Outcome:
    """A file is written, forced to the disk and read back, as an upload is."""
    storage, content = installation.storage, os.urandom(65536)
    began = time.monotonic()
    try:
        with storage.receive() as incoming:
            incoming.write(content)
            incoming.finish()
            same = Path(incoming.path).read_bytes() == content
    except DomainError as error:
        return bad(
            say("${why}", why=str(error)),
            say(_("Look into the log of the system for what the disk says: `dmesg | tail`.")),
            "dmesg | tail",
        )
    took = time.monotonic() - began
    if not same:
        return bad(
            say(_("What was written was read back otherwise.")),
            say(_("Look into the log of the system for what the disk says: `dmesg | tail`.")),
            "dmesg | tail",
        )
    if took > SLOW_WRITE:
        return poor(
            say(_("Test write, fsync and read back took ${ms} ms."), ms=round(took * 1000)),
            say(_("Look what else keeps the disk busy; uploads wait for it at each part.")),
            "iostat -x 1 5",
        )
    return good(_("Test write, fsync and read back took ${ms} ms."), ms=round(took * 1000))


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


CHECKS = (
    Check("permissions", Area.STORAGE, _("Files belong to one user"), _("Files are not for one user alone"),
          files_are_for_one_user),
    Check("writes", Area.STORAGE, _("Writes are safe"), _("Writes are not safe"), writes_are_kept),
)
AT_ONCE = (
    Check("space", Area.STORAGE, _("Disk of the files"), _("The disk of the files fills up"), there_is_room),
)
