"""`Authorization: Bearer …`: whoever comes with an API token is known by it alone, whatever cookies come along."""
from __future__ import annotations

from pyramid.request import Request

from privmedia.accounts.identity import Identity, touch
from privmedia.accounts.tokens import identity_of_token

BEARER = "bearer"


def bearer_token(request: Request) -> str | None:
    """What was sent as a token; None if nothing was. Tokens are read from this header only, never from an address."""
    scheme, _, credentials = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return credentials.strip() if scheme.lower() == BEARER else None


def read_bearer_token(request: Request) -> Identity | None:
    """Credential reader: whom the token stands for. Notes, after the answer, that it was used."""
    token = bearer_token(request)
    if token is None:
        return None
    installation = request.installation
    identity = identity_of_token(
        request.db, installation, token=token, address=request.remote_addr or "", request_id=request.request_id
    )
    if identity is not None:
        request.add_finished_callback(lambda _request: touch(installation, identity))
    return identity
