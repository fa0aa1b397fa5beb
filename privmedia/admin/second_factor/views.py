"""The page that says who has to have two-factor sign-in, and who of them has none yet."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.confirming import JUST_NOW
from privmedia.accounts.duty import ADMINISTRATORS, EVERYONE
from privmedia.accounts.factor_rules import FactorRules
from privmedia.accounts.groups import Groups
from privmedia.admin.paging import Pages, page_number
from privmedia.admin.second_factor.forms import FactorRuleForm
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

PAGE = "admin/second_factor.jinja2"
PEOPLE = 50
"""On a page."""
NAMES = {ADMINISTRATORS: _("Administrators"), EVERYONE: _("Everyone, guests too")}


@view_config(route_name="admin_second_factor", request_method="GET", permission=Right.ADMINISTER, renderer=PAGE)
def second_factor(request: Request) -> dict[str, Any]:
    return _page(request, FactorRuleForm())


@view_config(
    route_name="admin_second_factor", request_method="POST", permission=Right.ADMINISTER, renderer=PAGE,
    request_param="remove", confirmed=JUST_NOW,
)
def relax(request: Request) -> Response:
    number = request.POST["remove"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound
    request.write(FactorRules).relax(rule_id=int(number), by=request.identity)
    flash(request, _("The rule is gone. Whoever has a second factor keeps it."))
    return _back(request)


@view_config(
    route_name="admin_second_factor", request_method="POST", permission=Right.ADMINISTER, renderer=PAGE,
    confirmed=JUST_NOW,
)
def require(request: Request) -> Any:
    form = FactorRuleForm.of(request)
    try:
        if form.validate():
            who, group = form["who"].data or "", None
            if who not in NAMES:
                group = request.write(Groups).group(who)
            request.write(FactorRules).require(who=who, group=group, days=form["days"].data, by=request.identity)
            flash(request, _("The rule holds. Who has no second factor is told on every page."))
            return _back(request)
    except NotFound:
        form.refuse(Invalid(_("That group is gone. Look again."), "who"))
    except (Invalid, Conflict) as error:
        form.refuse(error)
    request.response.status_int = 422
    return _page(request, form)


def _page(request: Request, form: FactorRuleForm) -> dict[str, Any]:
    rules = request.read(FactorRules)
    groups = request.read(Groups).groups()
    localize = request.localizer.translate
    form["who"].choices = [(name, localize(text)) for name, text in NAMES.items()]
    form["who"].choices += [(group.uid, group.name) for group, _size in groups]
    pages = Pages(page_number(request), PEOPLE, rules.count())
    now = request.installation.clock()
    return {
        "form": form,
        "rules": [(rule, NAMES.get(rule.who)) for rule in rules.rules()],
        "lacking": [
            (each, each.due <= now) for each in rules.lacking(offset=(pages.number - 1) * PEOPLE, limit=PEOPLE)
        ],
        "count": pages.count,
        "pages": pages.links(lambda page: request.route_path("admin_second_factor", _query={"page": page})),
    }


def _back(request: Request) -> Response:
    return HTTPSeeOther(request.route_path("admin_second_factor"))
