"""Forms of signing in, of the first start and of one's own account."""
from __future__ import annotations

from wtforms import BooleanField, EmailField, PasswordField, StringField
from wtforms.validators import InputRequired

from privmedia.accounts.passwords import SHORTEST
from privmedia.web.forms import Form
from privmedia.web.i18n import _

EMAIL_NEEDED = _("An email address is needed.")
NAME_NEEDED = _("A name is needed.")
PASSWORD_NEEDED = _("A password is needed.")
STRENGTH = _("${count} characters or more. Three or four unrelated words are good.", mapping={"count": SHORTEST})


class SignInForm(Form):
    email = EmailField(_("Email"), [InputRequired(EMAIL_NEEDED)])
    password = PasswordField(_("Password"), [InputRequired(PASSWORD_NEEDED)])
    keep = BooleanField(_("Keep me signed in for 30 days"))


class SetupForm(Form):
    organisation = StringField(_("Organisation"), [InputRequired(_("The name of your organisation is needed."))])
    name = StringField(_("Your name"), [InputRequired(NAME_NEEDED)])
    email = EmailField(_("Email, used to sign in"), [InputRequired(EMAIL_NEEDED)])
    password = PasswordField(_("Password"), [InputRequired(PASSWORD_NEEDED)], description=STRENGTH)


class NewPasswordForm(Form):
    old = PasswordField(_("Current password"), [InputRequired(_("Your current password is needed."))])
    new = PasswordField(_("New password"), [InputRequired(PASSWORD_NEEDED)], description=STRENGTH)
