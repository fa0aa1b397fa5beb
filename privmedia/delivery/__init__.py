"""The gate and the senders: the only way a private byte leaves."""
from __future__ import annotations

from pyramid.config import Configurator
from pyramid.tweens import INGRESS

from privmedia.delivery.gate import Gate
from privmedia.delivery.senders import make_sender
from privmedia.delivery.viewings import Viewings


def includeme(config: Configurator) -> None:
    installation = config.registry["installation"]
    config.registry["gate"] = Gate(installation.settings.sqlalchemy_url)
    config.registry["viewings"] = Viewings(installation)
    config.registry["sender"] = make_sender(installation.settings, installation.storage)
    config.outside_transaction_manager("/smedia/")
    # Before the others: what follows /smedia/~ is a player's token, and none of their items.
    config.add_route("smedia_embed", "/smedia/~{token}/{item}/{file}", factory="privmedia.delivery.resources.embedded")
    config.add_route(
        "smedia_embed_stream",
        "/smedia/~{token}/{item}/hls/v{version}/{file}",
        factory="privmedia.delivery.resources.embedded_stream",
    )
    config.add_route("smedia_embed_nothing", "/smedia/~*rest", factory="privmedia.delivery.resources.nothing")
    config.add_route("smedia", "/smedia/{item}/{file}", factory="privmedia.delivery.resources.derivative")
    config.add_route(
        "smedia_original", "/smedia/{item}/original/{name}", factory="privmedia.delivery.resources.original"
    )
    config.add_route(
        "smedia_preview", "/smedia/{item}/preview/{link}.webp", factory="privmedia.delivery.resources.preview"
    )
    config.add_route(
        "smedia_stream",
        "/smedia/{item}/hls/v{version}/{file}",
        factory="privmedia.delivery.resources.stream",
    )
    config.add_route("probe", "/smedia/probe/{probe}/{file}", factory="privmedia.delivery.probing.probe_of")
    config.add_route("probe_part", "/uploads/probe/{probe}", factory="privmedia.delivery.probing.probe_of")
    config.add_route("smedia_nothing", "/smedia/*rest", factory="privmedia.delivery.resources.nothing")
    # Outermost: it judges what all others have made.
    config.add_tween(
        "privmedia.delivery.guard.only_authorised_answers_factory",
        under=INGRESS,
        over="privmedia.web.address.one_address_factory",
    )
    config.include("privmedia.delivery.refusals")
    config.include("privmedia.delivery.public_views")
    config.include("privmedia.delivery.decision_views")
    config.scan("privmedia.delivery.views")
    config.scan("privmedia.delivery.probing")
