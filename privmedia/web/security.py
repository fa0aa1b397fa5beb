"""Who asks, and what the context's rules say to it. The policy asks; credential readers of the features answer."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from pyramid.authorization import ACLHelper
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.security import Allowed, Denied

from privmedia.scopes import Scope
from privmedia.web.csrf import SAFE_METHODS
from privmedia.web.rights import NOT_WHILE_LOOKING, OF_ANYBODY, SCOPE_TO_CHANGE, SCOPE_TO_READ, Right


class Caller(Protocol):
    """What the policy needs to know of whoever asks."""

    @property
    def user_id(self) -> int: ...

    @property
    def looks_only(self) -> bool:
        """Whether an administrator sees the library as this person."""

    @property
    def scopes(self) -> frozenset[Scope] | None:
        """What the API token that the request came with is for; None for a browser."""

    @property
    def is_admin(self) -> bool: ...

    @property
    def principals(self) -> frozenset[str]: ...


CredentialReader = Callable[[Request], "Caller | None"]
READERS = "privmedia.credential_readers"
NOT_THIS_WAY = "not with this key, or not while looking as somebody else"
"""Why somebody is refused who, having come in otherwise, might not be."""


@dataclass
class SecurityPolicy:
    """Pyramid's security policy: the identity of the first reader that recognises one, decided by `__acl__`."""

    readers: list[CredentialReader] = field(default_factory=list)
    acl: ACLHelper = field(default_factory=ACLHelper)

    def identity(self, request: Request) -> Caller | None:
        """Who asks, asked once. The gate, which finds out together with what is asked for, sets `request.caller`."""
        if "caller" not in request.__dict__:
            request.caller = next((found for reader in self.readers if (found := reader(request)) is not None), None)
        caller: Caller | None = request.caller
        return caller

    def authenticated_userid(self, request: Request) -> str | None:
        identity = self.identity(request)
        return None if identity is None else f"user:{identity.user_id}"

    def permits(self, request: Request, context: Any, permission: str) -> Allowed | Denied:
        identity = self.identity(request)
        if identity is None:
            return Denied("nobody is signed in")
        if permission == Right.ADMINISTER and not (identity.is_admin or identity.looks_only):
            return Denied("no administrator")
        if not self.fits(identity, permission, changes=request.method not in SAFE_METHODS):
            return Denied(NOT_THIS_WAY)
        if permission in OF_ANYBODY:
            return Allowed("signed in")
        if permission == Right.ADMINISTER:
            return Allowed("administrator")
        return self.acl.permits(context, identity.principals, permission)

    @staticmethod
    def fits(caller: Caller, permission: str, *, changes: bool) -> bool:
        """Whether the way the caller came in allows it: a token has its scopes, and who only looks changes nothing."""
        if caller.looks_only:
            return permission == Right.LEAVE or not (changes or permission in NOT_WHILE_LOOKING)
        if caller.scopes is None:
            return True
        needed = (SCOPE_TO_CHANGE if changes else SCOPE_TO_READ).get(Right(permission))
        return needed in caller.scopes

    def remember(self, request: Request, userid: str, **kw: Any) -> list[tuple[str, str]]:
        """Signing in is the accounts' business: they make the session and its cookie."""
        return []

    def forget(self, request: Request, **kw: Any) -> list[tuple[str, str]]:
        return []


def add_credential_reader(config: Configurator, reader: CredentialReader) -> None:
    """Directive: ask `reader` too who makes a request. Readers are asked in the order they were added."""
    config.registry[READERS].append(reader)


def includeme(config: Configurator) -> None:
    readers: list[CredentialReader] = []
    config.registry[READERS] = readers
    config.add_directive("add_credential_reader", add_credential_reader)
    config.set_security_policy(SecurityPolicy(readers))
    config.set_default_permission(Right.ADMINISTER)
