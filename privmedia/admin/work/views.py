"""Background jobs: looked at, cancelled, tried again, held up, begun anew; and what the files take of the disk."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.admin.work.resources import JobContext
from privmedia.errors import Conflict
from privmedia.text import Plural, Sentence
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right
from privmedia.work.service import OF_EACH, Page, Show
from privmedia.work.space import Space

JOBS, JOB = "admin/work/jobs.jinja2", "admin/work/job.jinja2"
REPROCESS, STORAGE = "admin/work/reprocess.jinja2", "admin/work/storage.jinja2"
CHIPS = {
    Show.ALL: _("All"),
    Show.RUNNING: _("Running"),
    Show.WAITING: _("Waiting"),
    Show.FAILED: _("Failed"),
    Show.DONE: _("Done today"),
}
SAID = {"cancel": _("It is cancelled."), "retry": _("It is tried again."), "dismiss": _("It is dismissed.")}


@view_config(route_name="admin_jobs", request_method="GET", permission=Right.ADMINISTER, renderer=JOBS)
def jobs(request: Request) -> Any:
    background, show = request.background, shown_by(request.GET)
    page = Page(background.overview()) if show is Show.ALL else background.page(show, request.GET.get("after", ""))
    counts = background.counts()
    return {
        "page": page,
        "show": show,
        "counts": counts,
        "chips": [(text, counts.of(which), address(request, which), which is show) for which, text in CHIPS.items()],
        "standing": background.standing(),
        "more": max(counts.waiting, counts.failed, counts.done) > OF_EACH if show is Show.ALL else False,
        "next_page": address(request, show, after=page.next) if page.next else None,
    }


@view_config(
    route_name="admin_job", context=JobContext, request_method="GET", permission=Right.ADMINISTER, renderer=JOB
)
def job(context: JobContext, request: Request) -> Any:
    return {"job": context.job, "log": request.background.log(context.job.id)}


@view_config(route_name="admin_job", context=JobContext, request_method="POST", permission=Right.ADMINISTER)
def steer(context: JobContext, request: Request) -> Any:
    """What was asked for of a job that ended meanwhile is said and does no harm."""
    asked, steering, number = request.POST.get("do", ""), request.steering, context.job.id
    verbs = {"cancel": steering.cancel, "retry": steering.retry, "dismiss": steering.dismiss}
    if asked in verbs:
        try:
            verbs[asked](number, request.identity)
        except Conflict as error:
            flash(request, error.sentence, "info")
        else:
            flash(request, SAID[asked])
    return HTTPSeeOther(address(request, shown_by(request.POST)))


@view_config(route_name="admin_jobs_queue", request_method="POST", permission=Right.ADMINISTER)
def steer_queue(request: Request) -> Any:
    asked, steering = request.POST.get("do", ""), request.steering
    if asked == "pause":
        steering.pause(request.identity)
    elif asked == "go-on":
        steering.go_on(request.identity)
    elif asked == "retry-failed":
        count = steering.retry_failed(request.identity)
        words = Plural("${count} job is tried again.", "${count} jobs are tried again.")
        flash(request, Sentence(words, {"count": count}))
    return HTTPSeeOther(address(request, shown_by(request.POST)))


@view_config(
    route_name="admin_jobs_reprocess", request_method="GET", permission=Right.ADMINISTER, renderer=REPROCESS
)
def ask_reprocess(request: Request) -> Any:
    return {"count": request.background.count_all()}


@view_config(route_name="admin_jobs_reprocess", request_method="POST", permission=Right.ADMINISTER)
def reprocess(request: Request) -> Any:
    count = request.steering.reprocess_all(request.identity)
    words = Plural("${count} item is prepared anew.", "${count} items are prepared anew.")
    flash(request, Sentence(words, {"count": count}))
    return HTTPSeeOther(address(request, Show.WAITING))


@view_config(route_name="admin_storage", request_method="GET", permission=Right.ADMINISTER, renderer=STORAGE)
def storage(request: Request) -> Any:
    used = request.read(Space).by_kind()
    return {"used": used, "whole": sum(kind.size for kind in used)}


def shown_by(values: Any) -> Show:
    """Which list is asked for; all for what is none."""
    asked = values.get("show", "")
    return Show(asked) if asked in list(Show) else Show.ALL


def address(request: Request, show: Show, **more: str) -> str:
    query = {**({} if show is Show.ALL else {"show": show.value}), **more}
    return str(request.route_path("admin_jobs", _query=query or None))
