"""Forms of signing in, of the first start and of one's own account."""
from __future__ import annotations

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from privmedia.accounts.passwords import SHORTEST
from privmedia.scopes import Scope
from privmedia.text import LANGUAGES
from privmedia.web.forms import Form
from privmedia.web.i18n import _

CODE_NEEDED = _("A code is needed.")
EMAIL_NEEDED = _("An email address is needed.")
NAME_NEEDED = _("A name is needed.")
OLD_NEEDED = _("Your current password is needed.")
PASSWORD_NEEDED = _("A password is needed.")
STRENGTH = _("${count} characters or more. Three or four unrelated words are good.", mapping={"count": SHORTEST})


class SignInForm(Form):
    email = EmailField(_("Email"), [InputRequired(EMAIL_NEEDED)])
    password = PasswordField(_("Password"), [InputRequired(PASSWORD_NEEDED)])
    keep = BooleanField(_("Keep me signed in for 30 days"))


class NameSignInForm(SignInForm):
    """Where a directory knows people by a short name as well."""

    email = StringField(_("Email or user name"), [InputRequired(_("An email address or a user name is needed."))])


class CodeForm(Form):
    code = StringField(_("Code"), [InputRequired(CODE_NEEDED)])
    remember = BooleanField(_("Do not ask on this device for 30 days"))


class ConfirmForm(Form):
    confirm_password = PasswordField(_("Your password"))
    confirm_code = StringField(
        _("Code"), description=_("From your authenticator app, or one of your recovery codes.")
    )


class PasskeyForm(Form):
    passkey = HiddenField()
    """What the browser's script puts in: its answer, and the ticket of the challenge it is to."""
    ticket = HiddenField()
    name = StringField(
        _("Name"),
        [InputRequired(_("A name is needed, to know it by."))],
        description=_("What it is kept in: a phone, a computer, a key on your ring."),
    )


class TwoFactorForm(Form):
    secret = HiddenField()
    code = StringField(_("Code"), [InputRequired(CODE_NEEDED)], description=_("Six digits."))


class SetupForm(Form):
    organisation = StringField(_("Organisation"), [InputRequired(_("The name of your organisation is needed."))])
    name = StringField(_("Your name"), [InputRequired(NAME_NEEDED)])
    email = EmailField(_("Email, used to sign in"), [InputRequired(EMAIL_NEEDED)])
    password = PasswordField(_("Password"), [InputRequired(PASSWORD_NEEDED)], description=STRENGTH)


class NewPasswordForm(Form):
    old = PasswordField(_("Current password"), [InputRequired(OLD_NEEDED)])
    new = PasswordField(_("New password"), [InputRequired(PASSWORD_NEEDED)], description=STRENGTH)
    revoke = BooleanField(_("Revoke my API tokens too"))


class NameForm(Form):
    name = StringField(_("Name"), [InputRequired(NAME_NEEDED)], description=_("As others see it."))


class EmailForm(Form):
    email = EmailField(_("New email"), [InputRequired(EMAIL_NEEDED)])
    proof = PasswordField(_("Your password"), [InputRequired(OLD_NEEDED)])


class PreferencesForm(Form):
    theme = RadioField(
        _("Theme"),
        choices=[
            SelectChoice("auto", _("System")), SelectChoice("light", _("Light")), SelectChoice("dark", _("Dark"))
        ],
    )
    language = SelectField(
        _("Language"),
        choices=[
            SelectChoice("", _("As the browser asks")), *(SelectChoice(key, name) for key, name in LANGUAGES.items())
        ],
    )
    shortcuts = BooleanField(
        _("Single letters are shortcuts"), description=_("Switch them off if you dictate, or press keys by accident.")
    )


class Boxes(SelectMultipleField):
    """Several of a few choices, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class TokenForm(Form):
    name = StringField(
        _("Name"),
        [InputRequired(_("A name is needed, to know it by."))],
        description=_("What will use it."),
        id="token-name",  # the page has a field of that name already
    )
    scopes = Boxes(
        _("May be used to"),
        choices=[
            SelectChoice(Scope.READ, _("Read: list, view, download")),
            SelectChoice(Scope.UPLOAD, _("Upload: add files")),
            SelectChoice(Scope.EDIT, _("Edit: change titles and texts, replace, move, delete")),
            SelectChoice(Scope.MANAGE, _("Manage: change who may do what")),
        ],
    )
    days = SelectField(
        _("Ends after"),
        choices=[
            SelectChoice("7", _("7 days")),
            SelectChoice("30", _("30 days")),
            SelectChoice("90", _("90 days")),
            SelectChoice("365", _("1 year")),
        ],
        default="90",
    )


class AskResetForm(Form):
    email = EmailField(_("Email"), [InputRequired(EMAIL_NEEDED)])


class ResetForm(Form):
    new = PasswordField(_("New password"), [InputRequired(PASSWORD_NEEDED)], description=STRENGTH)
