"""Signing in with a passkey: instead of the password, or after it."""
from __future__ import annotations

from dataclasses import replace

from privmedia.accounts import second_factor
from privmedia.accounts.factors import factors_of
from privmedia.accounts.models import User
from privmedia.accounts.passkey_proof import (
    NOT_VERIFIED,
    Brought,
    PasskeyRefused,
    look_at,
    take,
    warn_of_copy,
)
from privmedia.accounts.second_step import SecondSteps, device_mark
from privmedia.accounts.sign_ins import SignedIn, SignIns, admit
from privmedia.accounts.throttle import Throttling
from privmedia.db import reading, writing
from privmedia.errors import NotFound
from privmedia.installation import Installation

NOBODY = "a passkey that is not known"
"""Tries with those are counted as if they were an account's."""


def sign_in_with_passkey(
    installation: Installation,
    brought: Brought,
    *,
    keep: bool = False,
    address: str = "",
    browser: str = "",
    replaces: str | None = None,
) -> SignedIn:
    """Sign in whose passkey this is, in transactions of its own. It has to have made sure that it is the person.

    It is then two factors in one, so nothing more is asked. Raises Throttled before anything is looked at,
    PasskeyRefused alike for an unknown, a wrong and a disabled one, and NoPasskeys where there cannot be any.
    """
    account = NOBODY

    def count(email: str) -> int:
        nonlocal account
        account = email or NOBODY
        return admit(installation, account=account, address=address)

    seen = look_at(installation, brought, count=count)
    if not seen.signed.verified:
        raise PasskeyRefused(
            "it did not verify the person", who=seen.user.email, tries_left=seen.tries_left, sentence=NOT_VERIFIED
        )
    try:
        with writing(installation.sessions) as session:
            user = session.get(User, seen.user.id, with_for_update=True)
            if user is None or user.disabled_at is not None:
                raise PasskeyRefused("disabled account", who=seen.user.email, tries_left=seen.tries_left)
            take(session, installation, seen)
            Throttling(session, installation).succeeded(account=account, address=address)
            sign_ins = SignIns(session, installation)
            sign_ins.end_token(replaces)
            through = second_factor.BY_PASSKEY
            return sign_ins.begin(user=user, keep=keep, address=address, browser=browser, through=through)
    except PasskeyRefused as refused:
        warn_of_copy(installation, refused, seen)
        raise


def second_step_with_passkey(
    installation: Installation,
    brought: Brought,
    *,
    token: str,
    keep: bool = False,
    remember: bool = False,
    address: str = "",
    browser: str = "",
    replaces: str | None = None,
) -> SignedIn:
    """Sign in who is half signed in, by a passkey of theirs; `remember` makes the browser known.

    Raises NotFound when it is too late, Throttled before anything is looked at, and PasskeyRefused.
    """
    with reading(installation.sessions) as session:
        half = SecondSteps(session, installation).person(token)
    if half is None:
        raise NotFound
    left = 0

    def count(_email: str) -> int:
        nonlocal left
        left = second_factor.admit(installation, user_id=half.id)
        return left

    try:
        seen = look_at(installation, brought, count=count, only=half.id)
    except PasskeyRefused:
        second_factor.warn(installation, left, user_id=half.id)
        raise
    try:
        with writing(installation.sessions) as session:
            user = session.get(User, half.id, with_for_update=True)
            if user is None or not SecondSteps(session, installation).end(token):
                raise NotFound
            take(session, installation, seen)
            second_factor.succeeded(session, installation, user_id=user.id)
            sign_ins = SignIns(session, installation)
            sign_ins.end_token(replaces)
            through = second_factor.BY_PASSKEY
            signed_in = sign_ins.begin(user=user, keep=keep, address=address, browser=browser, through=through)
            if remember:
                mark = device_mark(installation, user, factors_of(session, user.id))
                return replace(signed_in, known_by=mark)
            return signed_in
    except PasskeyRefused as refused:
        warn_of_copy(installation, refused, seen)
        raise
