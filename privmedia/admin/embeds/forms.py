"""The form of a site's key."""
from __future__ import annotations

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from privmedia.embedding.site_keys import LONGEST_NAME, NO_NAME, NO_SITES
from privmedia.web.forms import Form
from privmedia.web.i18n import _

LONGEST_SITES = 5_000


class SiteKeyForm(Form):
    name = StringField(
        _("Whose server has it?"),
        [InputRequired(NO_NAME), Length(max=LONGEST_NAME, message=_("A name may have 120 characters."))],
    )
    sites = TextAreaField(
        _("Sites, one a line"),
        [InputRequired(NO_SITES), Length(max=LONGEST_SITES, message=_("That is too long for a list of sites."))],
        description=_(
            "Players that go by this key appear on these sites and nowhere else. A page inside another page needs both."
        ),
    )
