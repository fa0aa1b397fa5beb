"""The health page, and what all administration pages say of it."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.operations.doctor.findings import AREAS, Area, Finding, Level, worst
from privmedia.operations.doctor.jobs import CheckUps
from privmedia.operations.doctor.report import Report, last_report
from privmedia.operations.doctor.service import at_once
from privmedia.web.rights import Right


@dataclass(frozen=True)
class Part:
    """The checks under one heading."""

    title: str
    findings: list[Finding]

    @property
    def level(self) -> Level:
        return worst(self.findings)

    @property
    def passed(self) -> int:
        return sum(one.level is Level.GREEN for one in self.findings)


def health(request: Request) -> Report | None:
    """`request.health`: what was found when somebody looked last."""
    return last_report(request.installation)


def _urgency(finding: Finding) -> tuple[int, bool]:
    return -finding.level.rank, finding.area is not Area.PROTECTION


@view_config(
    route_name="admin_health", request_method="GET", permission=Right.ADMINISTER, renderer="operations/health.jinja2"
)
def show(request: Request) -> Any:
    """What is seen from inside, seen now; the rest as it was when somebody looked last."""
    report: Report | None = request.health
    now = [one.after(report.finding(one.name) if report else None) for one in at_once(request.installation)]
    seen_now = {one.name for one in now}
    findings = [*now, *(one for one in (report.findings if report else ()) if one.name not in seen_now)]
    ill = [one for one in findings if one.level is not Level.GREEN]
    return {
        "report": report,
        "findings": findings,
        "ill": sorted(ill, key=_urgency),
        "level": worst(findings),
        "failed": sum(one.level is Level.RED for one in findings),
        "parts": [Part(title, [one for one in findings if one.area is area]) for area, title in AREAS.items()],
        "seen_now": seen_now,
        "asked": request.read(CheckUps).asked,
    }


@view_config(route_name="admin_health", request_method="POST", permission=Right.ADMINISTER)
def check_now(request: Request) -> Any:
    request.write(CheckUps).ask()
    return HTTPSeeOther(request.route_path("admin_health"))
