"""Background jobs and the space that files take, for administrators."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.admin.work.resources import job_of

    config.add_route("admin_jobs", "/admin/jobs")
    config.add_route("admin_jobs_queue", "/admin/jobs/queue")  # before a job, whose address would take it
    config.add_route("admin_jobs_reprocess", "/admin/jobs/reprocess")
    config.add_route("admin_job", "/admin/jobs/{job}", factory=job_of)
    config.add_route("admin_storage", "/admin/storage")
    config.scan("privmedia.admin.work.views")
