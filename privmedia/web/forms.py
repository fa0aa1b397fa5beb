"""The base of all HTML forms: WTForms, its own messages translated, what people type cleaned before it is checked."""
from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.request import Request
from pyramid.threadlocal import get_current_request
from wtforms import Form as PlainForm
from wtforms import SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.meta import DefaultMeta

from privmedia.errors import Conflict, Invalid
from privmedia.web.i18n import _

# What WTForms says by itself, so that it is collected.
OF_WTFORMS = (_("Not a valid choice."), _("Not a valid date value."), _("Not a valid integer value."))


class Meta(DefaultMeta):
    """How fields are rendered: with their choices in the reader's language, as templates do it with labels."""

    def render_field(self, field: Any, render_kw: Any) -> Any:
        request = get_current_request()
        if isinstance(field, SelectField | SelectMultipleField) and request is not None:
            say = request.localizer.translate
            field.choices = [
                replace(choice, label=say(choice.label)) if isinstance(choice, SelectChoice) else choice
                for choice in field.choices or ()
            ]
        return super().render_field(field, render_kw)


class Form(PlainForm):
    """A form over a request's POST. The CSRF token is checked before any form is made."""

    Meta = Meta

    @classmethod
    def of(cls, request: Request, obj: Any = None, **values: Any) -> Self:
        """The form filled from the request if it is a POST, else from `obj` and `values`.

        Raises HTTPBadRequest for rows whose numbers are none.
        """
        fields = request.POST if request.method == "POST" else None
        try:
            return cls(fields, obj=obj, **values)
        except ValueError as error:
            raise HTTPBadRequest(_("The form cannot be read.")) from error

    def refuse(self, error: Invalid | Conflict, field: str | None = None) -> None:
        """Show a service's refusal at the field it speaks of, or above the form."""
        name = getattr(error, "field", None) or field
        if name and name in self:
            self[name].errors = [*self[name].errors, error.sentence]
        else:
            self.form_errors.append(error.sentence)
