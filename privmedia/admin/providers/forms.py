"""The form that says which group of a provider is which of ours."""
from __future__ import annotations

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from privmedia.web.forms import Form
from privmedia.web.i18n import _


class ProviderGroupForm(Form):
    provider = SelectField(_("Signs in by"), validate_choice=False)
    value = StringField(
        _("Group there"),
        [InputRequired(_("What is the group called there?"))],
        description=_("As it stands in the claim: a name with some providers, a number with others."),
    )
    group = SelectField(_("Group here"), validate_choice=False)
