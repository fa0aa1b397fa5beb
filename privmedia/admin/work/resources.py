"""The job a page is about."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.admin.door import for_administrators
from privmedia.errors import NotFound
from privmedia.work.rows import JobRow


@dataclass
class JobContext:
    job: JobRow


def job_of(request: Request) -> JobContext:
    """Root factory of `/admin/jobs/<number>`. Raises NotFound."""
    for_administrators(request)
    number = request.matchdict["job"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound
    return JobContext(request.background.row(int(number)))
