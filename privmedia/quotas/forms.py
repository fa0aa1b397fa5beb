"""The form by which administrators give space."""
from __future__ import annotations

from typing import Self

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from privmedia.quotas.sizes import UNITS, number_and_unit, quota_of
from privmedia.web.forms import Form
from privmedia.web.i18n import _


class QuotaForm(Form):
    """How much somebody may add, or all people of a group together."""

    quota = StringField(_("At most"), description=_("Empty for no limit."))
    unit = SelectField(_("Unit"), choices=[SelectChoice(unit, unit) for unit in UNITS])

    @classmethod
    def showing(cls, quota: int | None) -> Self:
        """The form with what holds now."""
        number, unit = number_and_unit(quota)
        return cls(quota=number, unit=unit)

    def size(self) -> int | None:
        """Bytes; None for no limit. Raises Invalid."""
        return quota_of(self["quota"].data or "", self["unit"].data or "")
