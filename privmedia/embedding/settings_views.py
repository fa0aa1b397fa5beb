"""The page of an item on which players are made and changed, their code, their preview, and where they were seen."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.own_account import OwnAccount
from privmedia.attention.service import WhoWatched
from privmedia.embedding.forms import EmbedForm
from privmedia.embedding.models import Embed
from privmedia.embedding.pages import Pages
from privmedia.embedding.previews import PREVIEWS, look_query
from privmedia.embedding.service import KINDS, Embeds
from privmedia.embedding.site_keys import SiteKeys
from privmedia.embedding.snippet import SANDBOX, Snippet
from privmedia.embedding.standing import Standing
from privmedia.errors import Conflict, Invalid
from privmedia.library.resources import ItemContext
from privmedia.library.service import Library
from privmedia.library.views import crumbs, itself
from privmedia.library.who_sees import WhoSees
from privmedia.versions.service import Versions
from privmedia.web.headers import PAGE_POLICY
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

PAGE = "embedding/settings.jinja2"
END = "embedding/end.jinja2"
CHOSEN = "player"
"""In the query of the page: which player it is about."""
MANAGED: dict[str, Any] = {"permission": Right.MANAGE}


@view_config(route_name="item_embed", request_method="GET", renderer=PAGE, **MANAGED)
def settings(context: ItemContext, request: Request) -> Any:
    chosen = _chosen(context, request)
    return _page(context, request, _form(request, chosen), chosen)


@view_config(route_name="item_embed", request_method="POST", renderer=PAGE, **MANAGED)
def save(context: ItemContext, request: Request) -> Any:
    """Make a player, or change the one that the address names."""
    chosen = _chosen(context, request)
    form = _form(request, chosen)
    if not form.validate():
        request.response.status_int = 422
        return _page(context, request, form, chosen)
    try:
        saved = _saved(context, request, form, chosen)
    except (Invalid, Conflict) as error:
        form.refuse(error)
        request.response.status_int = 409 if isinstance(error, Conflict) else 422
        return _page(context, request, form, chosen)
    flash(request, _("The player is changed.") if chosen else _("The player is made. Copy its code into your page."))
    return HTTPSeeOther(_address(request, context, saved))


@view_config(route_name="item_embed", request_param="preview", request_method="POST", renderer=PAGE, **MANAGED)
def preview(context: ItemContext, request: Request) -> Any:
    """The code and the player as the form has them now. Nothing is saved."""
    chosen = _chosen(context, request)
    return _page(context, request, _form(request, chosen), chosen)


@view_config(route_name="item_embed_end", request_method="GET", renderer=END, **MANAGED)
def ask_to_end(context: ItemContext, request: Request) -> Any:
    standing = _named(context, request, request.matchdict["embed"])
    return {
        "standing": standing,
        "seen": request.read(Pages).of_embeds([standing.embed.id]).get(standing.embed.id, []),
        "back": _address(request, context, standing),
    }


@view_config(route_name="item_embed_end", request_method="POST", **MANAGED)
def end(context: ItemContext, request: Request) -> Any:
    standing = _named(context, request, request.matchdict["embed"])
    request.write(Embeds).remove(uid=standing.embed.uid, by=context.identity)
    flash(request, _("“${name}” plays no more.", mapping={"name": standing.embed.name}))
    return HTTPSeeOther(request.route_path("item_embed", item=context.item.uid))


def _form(request: Request, chosen: Standing | None) -> EmbedForm:
    return EmbedForm.for_embed(request, chosen.embed if chosen else None, request.read(SiteKeys).all())


def _saved(context: ItemContext, request: Request, form: EmbedForm, chosen: Standing | None) -> Standing:
    wish, embeds = form.wish(), request.write(Embeds)
    if chosen is not None:
        changed: Standing = embeds.change(uid=chosen.embed.uid, wish=wish, by=context.identity)
        return changed
    item = request.write(Library).item(context.item.uid)
    maker = request.write(OwnAccount).user(context.identity.user_id)
    made: Standing = embeds.make(item=item, maker=maker, wish=wish, by=context.identity)
    return made


def _drawn(form: EmbedForm, chosen: Standing) -> Embed:
    """The player as the form has it; as it is kept while what was typed is no time."""
    try:
        wish = form.wish()
    except Invalid:
        return chosen.embed
    return Embed(
        uid=chosen.embed.uid,
        width=wish.width,
        names_title=wish.names_title,
        names_pages=wish.names_pages,
        start=wish.start,
        autoplay=wish.autoplay,
        loop=wish.loop,
        captions=wish.captions,
    )


def _preview(request: Request, chosen: Standing, drawn: Embed) -> dict[str, Any]:
    """The address of the frame, and what else it can be seen as: what there is to read for who may not watch."""
    seen_as = request.GET.get("as", "")
    if seen_as not in PREVIEWS or (seen_as == "unsigned" and not chosen.is_signed):
        seen_as = ""
    query = {"as": seen_as} if seen_as else look_query(drawn)
    return {"src": request.route_path("embed", embed=chosen.embed.uid, _query=query), "as": seen_as}


def _chosen(context: ItemContext, request: Request) -> Standing | None:
    uid = request.GET.get(CHOSEN)
    return None if uid is None else _named(context, request, uid)


def _named(context: ItemContext, request: Request, uid: str) -> Standing:
    """A player of this very item that was not ended. Raises HTTPNotFound and NotFound."""
    standing: Standing = request.read(Embeds).find(uid)
    if standing.item.id != context.item.id or standing.embed.removed_at is not None:
        raise HTTPNotFound
    return standing


def _address(request: Request, context: ItemContext, standing: Standing) -> str:
    return str(request.route_path("item_embed", item=context.item.uid, _query={CHOSEN: standing.embed.uid}))


def _page(context: ItemContext, request: Request, form: EmbedForm, chosen: Standing | None) -> dict[str, Any]:
    item, site = context.item, request.installation.settings
    version = request.read(Versions).shown(item)
    shape = (version.width, version.height) if version.width and version.height else None
    drawn = None if chosen is None else _drawn(form, chosen)
    # The preview is a frame of our own.
    request.response.headers["Content-Security-Policy"] = f"{PAGE_POLICY}; frame-src 'self'"
    way = [*crumbs(request, context.identity, context.folder), *itself(request, context.identity, context.folder)]
    back = request.route_path("item", item=item.uid)
    return {
        "form": form,
        "item_title": item.title,
        "item_uid": item.uid,
        "possible": item.kind in KINDS and item.shown,
        "is_sound": item.kind.value == "audio",
        "embeds": [one for one in request.read(Embeds).of_item(item) if one.embed.removed_at is None],
        "ended": [one for one in request.read(Embeds).of_item(item) if one.embed.removed_at is not None],
        "chosen": chosen,
        "snippet": None if drawn is None else Snippet(site.base_url, drawn, item, shape),
        "preview": None if chosen is None or drawn is None else _preview(request, chosen, drawn),
        "sandbox": SANDBOX,
        "seen": request.read(Pages).of_item(item),
        "viewers": request.read(WhoSees).viewers(item),
        "intranet": site.embed_sites,
        "open_allowed": site.embed_open == "allowed",
        "keys": request.read(SiteKeys).all() if site.embed_signed == "allowed" else (),
        "names": request.read(WhoWatched).names,
        "crumbs": [*way, (item.title, back)],
        "back": back,
    }
