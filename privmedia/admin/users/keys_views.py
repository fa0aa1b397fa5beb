"""One person's ways in: invitation, password, two-factor, sessions and tokens."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config, view_defaults

from privmedia.accounts.confirming import JUST_NOW
from privmedia.accounts.invitations import Invitation, Invitations
from privmedia.accounts.keys import Keys
from privmedia.accounts.sign_ins import SignIns
from privmedia.accounts.tokens import Tokens
from privmedia.accounts.two_factor import TwoFactors
from privmedia.admin.users.invite_views import invitations_made, links_once
from privmedia.admin.users.person_page import PERSON, back_to, person_page, writable
from privmedia.admin.users.resources import PersonContext
from privmedia.errors import Conflict, NotFound
from privmedia.providers.account_views import number_of_tie
from privmedia.providers.ties import Ties
from privmedia.web.i18n import _
from privmedia.web.rights import Right


@view_defaults(route_name="admin_user", request_method="POST", permission=Right.ADMINISTER, renderer=PERSON)
class KeysOfOne:
    """Forms of a person's page; the field `do` says which."""

    def __init__(self, context: PersonContext, request: Request) -> None:
        self.request = request
        self.user = context.user
        self.by = request.identity

    @view_config(request_param="do=invite")
    def invite_again(self) -> Any:
        try:
            user = writable(self.request, self.user)
            invitation = self.request.write(Invitations).again(user=user, by=self.by)
        except Conflict as error:
            return self._refused(error)
        return invitations_made(self.request, [invitation])

    @view_config(request_param="do=revoke_invitation")
    def revoke_invitation(self) -> Any:
        self.request.write(Invitations).revoke(user=writable(self.request, self.user), by=self.by)
        return back_to(self.request, self.user, _("The invitation is taken back. Its link is dead."))

    @view_config(request_param="do=reset")
    def send_reset(self) -> Any:
        user = writable(self.request, self.user)
        try:
            address = self.request.write(Keys).send_reset(user=user, by=self.by)
        except Conflict as error:
            return self._refused(error)
        if address is not None:
            return links_once(self.request, [Invitation(user, address)], for_password=True)
        named = {"email": user.email}
        return back_to(self.request, user, _("A link to a new password is on its way to ${email}.", mapping=named))

    @view_config(request_param="do=disconnect")
    def disconnect(self) -> Any:
        user = writable(self.request, self.user)
        try:
            text = self.request.write(Ties).disconnect(number_of_tie(self.request), user=user, by=self.by)
        except Conflict as error:
            return self._refused(error)
        return back_to(self.request, user, _("${provider} opens this account no more.", mapping={"provider": text}))

    @view_config(request_param="do=two_factor_off", confirmed=JUST_NOW)
    def two_factor_off(self) -> Any:
        try:
            self.request.write(TwoFactors).reset(writable(self.request, self.user), self.by)
        except Conflict as error:
            return self._refused(error)
        return back_to(self.request, self.user, _("Two-factor is off. The password alone lets them in now."))

    @view_config(request_param="do=sign_out")
    def sign_out(self) -> Any:
        try:
            uid = self.request.POST.get("session", "")
            self.request.write(SignIns).end(uid=uid, user_id=self.user.id, by=self.by)
        except NotFound:
            return self._refused(Conflict(_("That session has ended already.")))
        return back_to(self.request, self.user, _("That browser is signed out."))

    @view_config(request_param="do=sign_out_all")
    def sign_out_all(self) -> Any:
        self.request.write(SignIns).end_all(user_id=self.user.id, by=self.by)
        named = {"name": self.user.name}
        return back_to(self.request, self.user, _("${name} is signed out everywhere.", mapping=named))

    @view_config(request_param="do=revoke_token")
    def revoke_token(self) -> Any:
        try:
            uid = self.request.POST.get("token", "")
            self.request.write(Tokens).revoke(uid=uid, user=self.user, by=self.by)
        except NotFound:
            return self._refused(Conflict(_("That token is gone already.")))
        return back_to(self.request, self.user, _("The token works no more."))

    def _refused(self, error: Conflict) -> Any:
        return person_page(self.request, self.user, status=409, problem=error.sentence)
