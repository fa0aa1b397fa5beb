"""The base of all HTML forms: WTForms, its own messages translated, what people type cleaned before it is checked."""
from __future__ import annotations

from typing import Any, Self

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.request import Request
from wtforms import Form as PlainForm

from privmedia.errors import Conflict, Invalid
from privmedia.web.i18n import _


class Form(PlainForm):
    """A form over a request's POST. The CSRF token is checked before any form is made."""

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
