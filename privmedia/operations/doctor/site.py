"""The address: that the site answers there and under no other name, by TLS, and that all clocks agree."""
from __future__ import annotations

import re
import ssl
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from privmedia.operations.doctor.findings import Area, Check, Outcome, bad, good, poor, say
from privmedia.operations.doctor.probe import Visit
from privmedia.operations.doctor.visiting import PublicAddress
from privmedia.operations.doctor.words import not_answered
from privmedia.text import Plural, Sentence
from privmedia.text import mark as _
from privmedia.web.headers import TRANSPORT

SKEW_WARNS, SKEW_HARMS = 5.0, 60.0
"""Seconds by which two clocks may differ."""
RENEW_DAYS = 14
YEAR = 31_536_000
"""Seconds."""
DAYS_LEFT = Plural(
    "${version}, and the certificate is good for ${count} more day.",
    "${version}, and the certificate is good for ${count} more days.",
)
NOT_BELIEVED = _("Browsers do not believe the certificate: ${why}.")
RENEW = say(_("Renew it, and load the front server: `certbot renew`."))
CADDY_RENEWS = say(_("Caddy renews by itself what it got by itself: its log says why it does not."))
ENDS_SOON = Plural("The certificate ends in ${count} day.", "The certificate ends in ${count} days.")


def the_site_answers(visit: Visit) -> Outcome:
    """By the address people use, and under that name alone."""
    return answers(visit.site)


def answers(site: PublicAddress) -> Outcome:
    """Whether the application can be reached at all, as `/healthz` says."""
    well = site.ask("/healthz")
    if not well.status and "certificate" in well.fault.lower():
        return bad(say(NOT_BELIEVED, why=well.fault), RENEW, "certbot renew")
    if not well.status:
        return bad(
            not_answered(well.fault),
            say(_("Start front server and application, and let ${url} lead from this machine to them."), url=site.url),
        )
    if well.status != 200 or b'"status"' not in well.body:
        return bad(
            say(_("${url} answered ${status} to /healthz: that is not our application, or its database is away."),
                url=site.url, status=well.status),
            say(_("Start the application, and let its front server find the socket.")),
            "systemctl status privmedia nginx",
        )
    stranger = site.ask("/login", host="another-name.example")
    if stranger.status == 200:
        return poor(
            say(_("The site answers under any name: /login came under another-name.example.")),
            say(_("Pass on the name that was asked for (`proxy_set_header Host $$http_host;`), so that others are "
                  "refused.")),
        )
    own = site.ask("/login")
    if own.status == 421:
        return bad(
            say(_("The application was told another name than that of ${url} and refuses (421)."), url=site.base_url),
            say(_("Let every proxy in front pass on the name: `proxy_set_header Host $$http_host;`.")),
        )
    return good(_("${url} answers in ${ms} ms, and under no other name."), url=site.url, ms=round(well.seconds * 1000))


def by_tls(visit: Visit) -> Outcome:
    """A certificate that browsers believe, for a while yet; and HTTP leads there."""
    settings, site = visit.installation.settings, visit.site
    if settings.loopback and not settings.secure:
        return good(_("The site is for this machine only and needs no TLS."))
    if not settings.secure:
        return bad(
            say(_("${url} is plain HTTP: whoever is on the way reads passwords and files."), url=settings.base_url),
            say(_("Get a certificate, say https:// in privmedia.base_url and print the configuration with --tls.")),
        )
    if not site.secure:
        return good(_("Not measured: ${url} is asked by plain HTTP."), url=site.url)
    try:
        with site.connected() as line:
            certificate, version = line.getpeercert(), line.version()  # type: ignore[attr-defined]  # it is encrypted
    except OSError as error:
        why = getattr(error, "verify_message", "") or " ".join(str(error).split())
        return bad(say(NOT_BELIEVED, why=why), *_renewal(visit))
    days = int((ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) // 86400)
    if days < RENEW_DAYS:
        return poor(say(ENDS_SOON, count=days), *_renewal(visit))
    return _plain_leads_there(visit) or good(DAYS_LEFT, version=version or "TLS", count=days)


def _renewal(visit: Visit) -> tuple[Sentence, str]:
    """The cure for a certificate that is over, and the line to copy."""
    if visit.installation.settings.front_server == "caddy":
        return CADDY_RENEWS, "journalctl -u caddy"
    return RENEW, "certbot renew"


def _plain_leads_there(visit: Visit) -> Outcome | None:
    """What is wrong with plain HTTP; None if nothing is, or nobody answers there."""
    site = visit.site
    if site.url != site.base_url or site.port != 443:
        return None
    plain = PublicAddress(f"http://{site.named}").ask("/login", patience=5.0)
    if not plain.status or plain.header("Location").startswith("https://"):
        return None
    return poor(
        say(_("Plain HTTP is answered ${status} instead of leading to HTTPS."), status=plain.status),
        say(_("Let port 80 answer 301 to the same address with https://.")),
        *visit.printed,
    )


def browsers_stay_with_tls(visit: Visit) -> Outcome:
    """Strict-Transport-Security on pages and files, for a year at least."""
    if not visit.installation.settings.secure:
        return good(_("Not needed without TLS."))
    found = {"/login": visit.site.ask("/login"), "/smedia/": visit.whole or visit.fetch()}
    for path, answer in found.items():
        said = answer.header(TRANSPORT[0])
        age = re.search(r"max-age=([0-9]{1,12})", said)
        if age is None or int(age[1]) < YEAR:
            return bad(
                say(_("${path} says “${found}” in Strict-Transport-Security instead of a year."), path=path,
                    found=said),
                say(_("Let the front server send it once, with `max-age=31536000`, on every answer.")),
                *visit.printed,
            )
    return good(_("Pages and files tell browsers to come by HTTPS for a year."))


def clocks_agree(visit: Visit) -> Outcome:
    """This process, the front server, the database and the files' disk: sessions, leases and codes go by the time."""
    now = visit.installation.clock()
    said = visit.site.ask("/healthz").header("Date")
    clocks: list[tuple[str, float]] = []
    if said:
        clocks.append(("front", (parsedate_to_datetime(said) - now).total_seconds()))
    try:
        with visit.installation.engine.connect() as connection:
            asked = "SELECT extract(epoch FROM clock_timestamp())"
            if connection.dialect.name == "sqlite":
                asked = "SELECT (julianday('now') - 2440587.5) * 86400.0"
            there = datetime.fromtimestamp(float(connection.scalar(text(asked)) or 0), UTC)
            clocks.append(("database", (there - visit.installation.clock()).total_seconds()))
    except SQLAlchemyError:
        pass  # the check of the database says so
    probe = visit.installation.storage.version_folder(visit.uid, 1) / "original"
    written = datetime.fromtimestamp(probe.stat().st_mtime, UTC).timestamp()
    clocks.append(("disk", written - (visit.started + (now.timestamp() - time.time()))))
    which, skew = max(clocks, key=lambda clock: abs(clock[1]))
    names = {"front": _("the front server"), "database": _("the database"), "disk": _("the disk of the files")}
    if abs(skew) > SKEW_WARNS:
        make = bad if abs(skew) > SKEW_HARMS else poor
        return make(
            say(_("The clock of ${which} is ${count} s away from that of the application."), which=say(names[which]),
                count=round(abs(skew))),
            say(_("Let all machines keep the time: `timedatectl set-ntp true`.")),
            "timedatectl set-ntp true",
        )
    return good(_("Front server, database, disk and application agree within ${count} s."), count=round(abs(skew)) + 1)


CHECKS = (
    Check("tls", Area.SITE, _("HTTPS"), _("HTTPS is not as it should be"), by_tls),
    Check("hsts", Area.SITE, _("Browsers stay with HTTPS"), _("Browsers may be led to plain HTTP"),
          browsers_stay_with_tls),
    Check("clock", Area.SITE, _("Clocks agree"), _("A clock is wrong"), clocks_agree),
)
FIRST = Check("reached", Area.SITE, _("The site answers at its address"), _("The site does not answer at its address"),
              the_site_answers)
