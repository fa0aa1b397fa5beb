"""The doctor at work: all checks in their order, or those that can be looked at while a page is made."""
from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from privmedia.delivery.probing import SLOW
from privmedia.errors import DomainError
from privmedia.installation import Installation
from privmedia.operations.doctor import delivery, inside, machine, protection, receiving, site, versions
from privmedia.operations.doctor.findings import Area, Check, Finding, Outcome, bad, say
from privmedia.operations.doctor.probe import Visit, probing
from privmedia.operations.doctor.visiting import PublicAddress
from privmedia.text import mark as _

log = logging.getLogger(__name__)

PATIENCE = 20.0
"""Seconds for which an answer is held back, to see whether somebody in front gives up."""
AT_ONCE = (*machine.AT_ONCE, *receiving.AT_ONCE, *inside.AT_ONCE)
"""They take a few milliseconds and write nothing."""
INSIDE = (*AT_ONCE, *machine.CHECKS, *inside.CHECKS, *versions.CHECKS)
"""They need no probe."""
OUTSIDE = (*delivery.CHECKS, *protection.CHECKS, *receiving.CHECKS, *site.CHECKS, *protection.LAST)
"""In this order: the first one fetches what others compare with, the last one closes the probe."""
TIME_OUTS = receiving.CHECKS[-1]
"""Left out where nothing is held back."""
EVERY: tuple[Check, ...] = (*INSIDE, site.FIRST, *OUTSIDE)
PROBE = Check(
    "probe", Area.STORAGE, _("The probe could be written"), _("The probe could not be written"), lambda visit: visit
)
"""Said only where it fails."""


def examine(
    installation: Installation, *, url: str | None = None, patience: float = PATIENCE, only: Sequence[str] = ()
) -> list[Finding]:
    """Look at everything, or at what is named in `only`. Raises Invalid for a URL that cannot be asked.

    What cannot be reached at all is not asked further: its checks are left out.
    """
    unmeasured = () if patience else (TIME_OUTS,)
    address = PublicAddress(installation.settings.base_url, url)
    found = [_look(installation, check, installation) for check in INSIDE if _wanted(check, only)]
    reached = _finding(installation, site.FIRST, lambda: site.answers(address))
    found.append(reached)
    if reached.level == "red" or not any(_wanted(check, only) for check in OUTSIDE):
        return found
    try:
        with probing(installation, address, patience=patience) as visit, ThreadPoolExecutor(1) as aside:
            waiting = aside.submit(_held_back, visit) if _wanted(TIME_OUTS, only) and patience else None
            for check in OUTSIDE:
                if check is TIME_OUTS and waiting is not None:
                    visit.slow = waiting.result()
                if _wanted(check, only) and check not in unmeasured:
                    found.append(_look(installation, check, visit))
    except DomainError as error:
        why = str(error)
        ill = bad(say("${why}", why=why), say(_("Let this user write to the media root, and free space there.")))
        found.append(Finding.of(PROBE, ill, installation.clock()))
    return found


def at_once(installation: Installation) -> list[Finding]:
    """What can be seen without asking anybody else: for pages. Writes nothing."""
    return [_look(installation, check, installation) for check in AT_ONCE]


def _wanted(check: Check, only: Sequence[str]) -> bool:
    return not only or check.name in only


def _held_back(visit: Visit) -> Any:
    """An answer for which the application takes its time."""
    address = f"{visit.address(SLOW)}?ms={round(visit.patience * 1000)}"
    headers = visit.signed_in({"Range": "bytes=0-0"})
    return visit.site.ask(address, headers=headers, patience=visit.patience + 15)


def _look(installation: Installation, check: Check, at: Any) -> Finding:
    return _finding(installation, check, lambda: check.look(at))


def _finding(installation: Installation, check: Check, look: Callable[[], Outcome]) -> Finding:
    try:
        outcome = look()
    except Exception as error:
        # One check that breaks must not keep the others from being said.
        log.exception("the check %s broke", check.name)
        outcome = bad(
            say(_("It could not be looked at: ${why}"), why=" ".join(str(error).split())[:200] or type(error).__name__),
            say(_("See the log of this program.")),
        )
    return Finding.of(check, outcome, installation.clock())
