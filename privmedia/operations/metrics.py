"""Numbers for Prometheus, read when they are asked for.

Several processes serve one installation, and none knows what the others have done. So nothing is counted in memory:
each number is read from the database, the disk or the doctor's last report, and is the same whichever process is asked.
Numbers only, with labels from lists of our own: no name of a person, an item or an address is among them.
"""
from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.accounts.models import SignIn, User
from privmedia.audit.models import Event
from privmedia.db import reading
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind, Version
from privmedia.mail.models import Mail
from privmedia.operations.doctor.report import last_report
from privmedia.uploads.models import Upload
from privmedia.work.service import Background, Show

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LATELY = timedelta(minutes=10)
"""What counts as now: who is here, what was just done or refused."""
STATES = (Show.RUNNING, Show.WAITING, Show.FAILED)


def exposition(installation: Installation) -> bytes:
    """All numbers in the text format of Prometheus. Raises SQLAlchemyError if the database does not answer."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Numbers(installation))
    return generate_latest(registry)


class Numbers(Collector):
    """Reads them, in one short transaction."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._now = installation.clock()

    def describe(self) -> list[Metric]:
        """Nothing beforehand: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield self._build()
        yield from self._disk()
        yield from self._health()
        with reading(self._installation.sessions) as session:
            yield from self._library(session)
            yield from self._work(session)
            yield from self._people(session)

    def _build(self) -> Metric:
        settings = self._installation.settings
        about = {
            "version": version("privmedia"),
            "python": ".".join(map(str, sys.version_info[:3])),
            "front_server": settings.front_server,
            "database": settings.sqlalchemy_url.partition(":")[0].partition("+")[0],
        }
        gauge = Gauge("privmedia_build_info", "Always 1; what runs here is in the labels.", labels=list(about))
        gauge.add_metric(list(about.values()), 1)
        return gauge

    def _disk(self) -> Iterator[Metric]:
        disk = shutil.disk_usage(self._installation.storage.root)
        yield Gauge("privmedia_disk_size_bytes", "Size of the disk the files lie on.", disk.total)
        yield Gauge("privmedia_disk_free_bytes", "What is free of it.", disk.free)

    def _health(self) -> Iterator[Metric]:
        report = last_report(self._installation)
        if report is None:
            return
        checks = Gauge(
            "privmedia_check", "The doctor's checks: 0 green, 1 amber, 2 red.", labels=["check", "area"]
        )
        for finding in report.findings:
            checks.add_metric([finding.name, finding.area.value], finding.level.rank)
        yield checks
        yield Gauge(
            "privmedia_check_timestamp_seconds", "When the doctor looked last.", report.at.timestamp()
        )

    def _library(self, session: Session) -> Iterator[Metric]:
        items = Gauge("privmedia_items", "Items, without those in the bin.", labels=["kind"])
        counted = dict(session.execute(select(Item.kind, func.count()).group_by(Item.kind)).all())
        for kind in Kind:
            items.add_metric([kind.value], counted.get(kind, 0))
        yield items
        originals = session.scalar(select(func.coalesce(func.sum(Version.size), 0)))
        yield Gauge("privmedia_originals_bytes", "Size of all originals, those in the bin as well.", originals)
        unfinished = session.scalar(select(func.count()).where(Upload.finished_at.is_(None)))
        yield Gauge("privmedia_uploads_unfinished", "Uploads that are not whole yet.", unfinished)

    def _work(self, session: Session) -> Iterator[Metric]:
        background = Background(session, self._installation, {})
        counts, standing = background.counts(), background.standing()
        jobs = Gauge("privmedia_jobs", "Jobs by state; failed ones stay until somebody looks.", labels=["state"])
        for state in STATES:
            jobs.add_metric([state.value], counts.of(state) or 0)
        yield jobs
        yield Gauge(
            "privmedia_jobs_oldest_due_seconds",
            "For how long the job waits that waits longest of those that could begin; 0 if none waits.",
            self._since(standing.oldest),
        )
        yield Gauge("privmedia_queue_paused", "1 while an administrator has paused the queue.",
                    int(standing.paused_at is not None))
        yield Gauge("privmedia_workers", "Workers that live.", standing.workers)
        unsent = select(func.count(), func.min(Mail.created_at)).where(Mail.sent_at.is_(None))
        letters, oldest = session.execute(unsent).one()
        yield Gauge("privmedia_mail_unsent", "Letters that were not sent yet.", letters)
        yield Gauge(
            "privmedia_mail_oldest_unsent_seconds", "For how long the oldest of them waits.", self._since(oldest)
        )

    def _people(self, session: Session) -> Iterator[Metric]:
        may_sign_in = select(func.count()).where(User.disabled_at.is_(None))
        yield Gauge("privmedia_people", "People who are not disabled.", session.scalar(may_sign_in))
        since = self._now - LATELY
        here = select(func.count(SignIn.user_id.distinct())).where(
            SignIn.last_used_at >= since, SignIn.idle_until > self._now, SignIn.expires_at > self._now
        )
        yield Gauge("privmedia_people_here", "People who asked for something in the last 10 minutes.",
                    session.scalar(here))
        events = Gauge(
            "privmedia_events", "Lines of the audit log in the last 10 minutes.", labels=["kind", "outcome"]
        )
        lately = select(Event.kind, Event.outcome, func.count()).where(Event.at >= since)
        for kind, outcome, count in session.execute(lately.group_by(Event.kind, Event.outcome).order_by(
            Event.kind, Event.outcome
        )):
            events.add_metric([kind, outcome], count)
        yield events

    def _since(self, moment: datetime | None) -> float:
        return 0 if moment is None else max(0.0, (self._now - moment).total_seconds())
