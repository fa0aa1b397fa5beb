"""What is seen from inside: the database, the workers, the mail server, the programs that are used."""
from __future__ import annotations

import smtplib
import subprocess
import time
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from privmedia.db import reading
from privmedia.errors import DomainError
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState, Queue
from privmedia.jobs.presence import living
from privmedia.mail.post_office import greet
from privmedia.media import ffmpeg
from privmedia.operations.doctor.findings import Area, Check, Outcome, bad, good, poor, say
from privmedia.operations.migrations import require_newest
from privmedia.providers import client, directory
from privmedia.text import Plural, Sentence
from privmedia.text import mark as _

SLOW = 0.5
"""Seconds for the least question."""
WAITS_LONG = timedelta(hours=2)
SQLITE_WANTED = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
POSTGRESQL_WANTED = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
WORKERS = Plural("${count} worker answers.", "${count} workers answer.")
WAITING = Plural("${count} job waits.", "${count} jobs wait.")
FAILED = Plural("${count} job failed for good.", "${count} jobs failed for good.")


def the_database_is_well(installation: Installation) -> Outcome:
    """It answers, its schema is the newest, and it keeps what was committed."""
    engine = installation.engine
    began = time.monotonic()
    try:
        with engine.connect() as connection:
            connection.scalar(text("SELECT count(*) FROM alembic_version"))
            took = time.monotonic() - began
            wrong = _wrong_settings(connection)
        require_newest(engine)
    except SQLAlchemyError as error:
        return bad(
            say(_("The database does not answer: ${why}"), why=str(getattr(error, "orig", error)).strip()[:200]),
            say(_("Start it, and see that sqlalchemy.url leads there; an empty one is filled by `privmedia migrate`.")),
            "privmedia migrate",
        )
    except DomainError as error:
        return bad(
            say("${why}", why=str(error)), say(_("Bring the database to the newest schema.")), "privmedia migrate"
        )
    if wrong:
        name, found, wanted = wrong
        return bad(
            say(_("${name} is ${found} instead of ${wanted}: a power cut may take what was acknowledged."),
                name=name, found=found, wanted=wanted),
            say(_("Set it back in the database, for this database and its user.")),
            f"ALTER DATABASE privmedia SET {name} = {wanted};" if engine.dialect.name == "postgresql" else "",
        )
    if took > SLOW:
        return poor(
            say(_("It took ${ms} ms to answer the least question."), ms=round(took * 1000)),
            say(_("Look what else keeps its disk or processor busy.")),
        )
    return good(_("Answers in ${ms} ms. Schema is at the newest step."), ms=round(took * 1000))


def _wrong_settings(connection: Connection) -> tuple[str, str, str] | None:
    """The first setting that is not as it has to be: its name, how it is, how it should be."""
    sqlite = connection.dialect.name == "sqlite"
    for name, wanted in (SQLITE_WANTED if sqlite else POSTGRESQL_WANTED).items():
        found = str(connection.scalar(text(f"PRAGMA {name}" if sqlite else f"SHOW {name}")))
        if found != wanted:
            return name, found, wanted
    return None


def workers_answer(installation: Installation) -> Outcome:
    """Somebody does the work, and it does not pile up."""
    try:
        with reading(installation.sessions) as session:
            workers = len(living(session, installation))
            due = (Job.state == JobState.QUEUED, Job.run_after <= installation.clock())
            waiting, oldest = session.execute(select(func.count(), func.min(Job.run_after)).where(*due)).one()
            failed = session.scalar(select(func.count()).where(Job.state == JobState.FAILED)) or 0
            paused = session.scalar(select(Queue.paused_at)) is not None
    except SQLAlchemyError:
        return bad(say(_("The database does not answer.")), say(_("See the check of the database.")))
    counted = Sentence(WAITING, {"count": waiting})
    if not workers:
        return bad(
            say(_("${waiting} Uploads arrive safely but nothing becomes playable. Nothing is lost: the jobs run when a "
                  "worker comes back."), waiting=counted),
            say(_("Start it; if it stops again, the last lines of its log say why.")),
            "systemctl start privmedia-worker",
            "journalctl -u privmedia-worker -n 30",
        )
    if paused:
        return poor(
            say(_("The queue is paused. ${waiting}"), waiting=counted),
            say(_("Let it go on, under Background jobs.")),
        )
    if oldest is not None and installation.clock() - oldest > WAITS_LONG:
        return poor(
            say(_("${waiting} The first one has waited since ${moment}."), waiting=counted, moment=oldest),
            say(_("Run more workers, or raise privmedia.encoders.")),
        )
    if failed:
        return poor(
            Sentence(FAILED, {"count": failed}),
            say(_("Look at them under Background jobs: try them again or dismiss them.")),
        )
    return good("${first} ${second}", first=Sentence(WORKERS, {"count": workers}), second=counted)


def mail_is_taken(installation: Installation) -> Outcome:
    """The mail server lets us in; no letter is sent."""
    settings = installation.settings
    if settings.mail_url is None:
        if not settings.production:
            return good(_("No mail server, as is usual for trying out: letters stand in the worker's log."))
        return poor(
            say(_("Mail is off: nobody can reset a password by themselves, and invitations are handed over by hand.")),
            say(_("Name a mail server in privmedia.mail_url and start application and worker again.")),
        )
    began = time.monotonic()
    try:
        greet(settings.mail_url, name=settings.host)
    except (OSError, smtplib.SMTPException) as error:
        server = f"{settings.mail_url.host}:{settings.mail_url.port}"
        return bad(
            say(_("${server} does not take letters: ${why}"), server=server, why=" ".join(str(error).split())[:200]),
            say(_("See that privmedia.mail_url is right and that this machine may go there.")),
        )
    return good(
        _("${server} let us in after ${ms} ms; no letter was sent."),
        server=settings.mail_url.host, ms=round((time.monotonic() - began) * 1000),
    )


def the_providers_answer(installation: Installation) -> Outcome:
    """Every OpenID provider says who it is, and has keys to sign with."""
    providers = installation.settings.providers
    if not providers:
        return good(_("No identity provider signs people in."))
    began, problems = time.monotonic(), []
    for provider in providers:
        try:
            client.Client(provider, installation.clock).greet()
        except client.Unreachable as problem:
            problems.append(f"{provider.text}: {problem}")
    if problems:
        return bad(
            say(_("Nobody can sign in there. ${why}"), why="; ".join(problems)[:400]),
            say(_("See that its issuer in the settings is right, to the letter, and that this machine may go there. "
                  "Whoever has a password of this library signs in meanwhile.")),
        )
    return good(
        _("${names} told who they are, and their keys, in ${ms} ms."),
        names=", ".join(provider.text for provider in providers), ms=round((time.monotonic() - began) * 1000),
    )


def the_directory_answers(installation: Installation) -> Outcome:
    """The company's directory lets us in, over TLS that fits."""
    settings = installation.settings.directory
    if settings is None:
        return good(_("No directory is asked when people sign in."))
    began = time.monotonic()
    try:
        server = directory.Client(settings).greet()
    except (directory.Unreachable, DomainError) as error:
        return bad(
            say(_("${directory} does not let us in: ${why}"), directory=settings.text,
                why=" ".join(str(error).split())[:200]),
            say(_("See that privmedia.ldap.servers, bind_dn, bind_password and ca_file are right and that this machine "
                  "may go there. Whoever has a password of this library signs in meanwhile.")),
        )
    took = round((time.monotonic() - began) * 1000)
    if settings.unencrypted:
        return poor(
            say(_("${server} answers in ${ms} ms, without TLS."), server=server, ms=took),
            say(_("Take privmedia.ldap.unencrypted out of the settings: it is for trying out.")),
        )
    return good(_("${server} let us in after ${ms} ms, and its certificate fits."), server=server, ms=took)


def the_encoder_is_there(installation: Installation) -> Outcome:
    """ffmpeg can be run, and makes H.264 and AAC."""
    try:
        program = ffmpeg.find(installation.settings.ffmpeg)
        said = subprocess.run(
            [program, "-hide_banner", "-loglevel", "error", "-encoders"],
            capture_output=True, text=True, timeout=20, check=True, stdin=subprocess.DEVNULL,
        ).stdout
    except (DomainError, OSError, subprocess.SubprocessError) as error:
        return bad(
            say(_("ffmpeg cannot be run: ${why}"), why=" ".join(str(error).split())[:200]),
            say(_("Install it, or name it in privmedia.ffmpeg.")),
            "apt-get install ffmpeg",
        )
    missing = [name for name in ("libx264", "aac") if f" {name} " not in said]
    if missing:
        return bad(
            say(_("${program} cannot make ${names}."), program=str(program), names=", ".join(missing)),
            say(_("Install one that can, or name it in privmedia.ffmpeg.")),
            "apt-get install ffmpeg",
        )
    return good(_("${program} makes H.264 and AAC."), program=str(program))


AT_ONCE = (
    Check("database", Area.SITE, _("Database"), _("The database is not as it should be"), the_database_is_well),
    Check("workers", Area.WORK, _("Workers"), _("Work in the background stands still"), workers_answer),
)
CHECKS = (
    Check("mail", Area.SITE, _("Mail"), _("Letters do not leave"), mail_is_taken),
    Check("providers", Area.SITE, _("Identity providers"), _("A provider does not answer"), the_providers_answer),
    Check("directory", Area.SITE, _("Directory"), _("The directory does not answer"), the_directory_answers),
    Check("encoder", Area.WORK, _("Encoder"), _("Films cannot be converted"), the_encoder_is_there),
)
