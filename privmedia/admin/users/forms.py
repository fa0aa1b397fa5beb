"""Forms about people."""
from __future__ import annotations

from wtforms import BooleanField, EmailField, PasswordField, StringField
from wtforms.validators import InputRequired

from privmedia.accounts.forms import EMAIL_NEEDED, NAME_NEEDED, PASSWORD_NEEDED, STRENGTH
from privmedia.web.forms import Form
from privmedia.web.i18n import _


class ProfileForm(Form):
    name = StringField(_("Name"), [InputRequired(NAME_NEEDED)])
    guest = BooleanField(
        _("Guest"), description=_("Sees only what is given to them or a group of theirs, not what everyone sees.")
    )
    admin = BooleanField(
        _("Administrator"), description=_("Sees everything and can change every setting. All of it is logged.")
    )


class PasswordForm(Form):
    password = PasswordField(_("Password"), [InputRequired(PASSWORD_NEEDED)], description=STRENGTH)


class NewUserForm(ProfileForm, PasswordForm):
    email = EmailField(_("Email, used to sign in"), [InputRequired(EMAIL_NEEDED)])
