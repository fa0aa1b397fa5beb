"""The form of a player."""
from __future__ import annotations

from collections.abc import Sequence

from pyramid.request import Request
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from privmedia.embedding.models import EVERYWHERE, INTRANET, NOWHERE, OPEN, PEOPLE, SIGNED, SITES, Embed, SiteKey
from privmedia.embedding.service import LONGEST_NAME, NO_NAME, WIDTHS, Wish
from privmedia.errors import Invalid
from privmedia.playback.times import seconds
from privmedia.web.forms import Form
from privmedia.web.i18n import _

LONGEST_SITES = 10_000
NO_TIME = _("Write a time such as 4:06, or nothing.")


class EmbedForm(Form):
    """What every player is asked."""

    name = StringField(
        _("Which page is it for?"),
        [InputRequired(NO_NAME), Length(max=LONGEST_NAME, message=_("A name may have 120 characters."))],
    )
    appears = RadioField(
        choices=[
            SelectChoice(NOWHERE, _("Nowhere yet")),
            SelectChoice(SITES, _("On these sites")),
            SelectChoice(INTRANET, _("On any page of the intranet")),
            SelectChoice(EVERYWHERE, _("On any site")),
        ],
        default=NOWHERE,
    )
    sites = TextAreaField(
        _("Sites, one a line"), [Length(max=LONGEST_SITES, message=_("That is too long for a list of sites."))]
    )
    audience = RadioField(
        choices=[
            SelectChoice(PEOPLE, _("People who can see it here, after sign-in")),
            SelectChoice(SIGNED, _("And people for whom its site vouches")),
            SelectChoice(OPEN, _("Anyone who learns the address of this player")),
        ],
        default=PEOPLE,
    )
    key = SelectField(_("Which site"), choices=[], validate_choice=False)
    width = SelectField(
        _("Size"),
        choices=[SelectChoice(str(width), f"{width} \u00d7 {width * 9 // 16}") for width in WIDTHS],
        default="640",
    )
    start = StringField(_("Start at"), [Length(max=20, message=NO_TIME)])
    autoplay = BooleanField(_("Play by itself, muted"))
    loop = BooleanField(_("Again from the start"))
    captions = BooleanField(_("Captions on at start"))
    names_title = BooleanField(
        _("Say its title"),
        description=_("All readers of the page find it in the code, and programs that ask for a preview."),
    )
    names_pages = BooleanField(
        _("Name the pages that use it"),
        description=_("The list below has the pages then, where browsers tell them, not only their sites."),
    )

    @classmethod
    def for_embed(cls, request: Request, embed: Embed | None, keys: Sequence[SiteKey] = ()) -> EmbedForm:
        """The form as it was sent; at first with what the player has, or what a new one gets."""
        if embed is None:
            form = cls.of(request)
        else:
            its_key = embed.key.uid if embed.key else ""
            values = {"width": str(embed.width), "start": _clock(embed.start), "key": its_key}
            form = cls.of(request, obj=embed, **values) if request.method == "POST" else cls(obj=_Shown(embed, values))
        form["key"].choices = [(key.uid, key.name) for key in keys]
        return form

    def wish(self) -> Wish:
        """What the form asks for. Raises Invalid for a time that is none."""
        typed = (self["start"].data or "").strip()
        start = seconds(typed) if typed else 0.0
        if start is None:
            raise Invalid(NO_TIME, "start")
        return Wish(
            name=self["name"].data,
            appears=self["appears"].data,
            sites=self["sites"].data or "",
            audience=self["audience"].data,
            key=self["key"].data or "",
            names_title=self["names_title"].data,
            names_pages=self["names_pages"].data,
            start=start,
            width=int(self["width"].data),
            autoplay=self["autoplay"].data,
            loop=self["loop"].data,
            captions=self["captions"].data,
        )


class _Shown:
    """A player as the fields show it: some otherwise than it is kept."""

    def __init__(self, embed: Embed, values: dict[str, str]) -> None:
        self.__dict__ = {**vars(embed), **values}


def _clock(start: float) -> str:
    if not start:
        return ""
    minutes, rest = divmod(start, 60)
    hours, minutes = divmod(int(minutes), 60)
    whole = f"{rest:06.3f}".rstrip("0").rstrip(".")
    return f"{hours}:{minutes:02}:{whole}" if hours else f"{minutes}:{whole}"
