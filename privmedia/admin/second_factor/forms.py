"""The form that asks people for a second factor."""
from __future__ import annotations

from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired

from privmedia.accounts.factor_rules import DAYS_WRONG
from privmedia.web.forms import Form
from privmedia.web.i18n import _


class FactorRuleForm(Form):
    who = SelectField(_("Who"), validate_choice=False)
    days = IntegerField(
        _("Days to set it up"), [InputRequired(DAYS_WRONG)], default=14,
        description=_(
            "After these days they can do nothing else here until it is set up. For new people and new members the "
            "days begin when they come."
        ),
    )
