"""Players in pages of other sites: every kind of place, cookies, film and person, and what each of them comes to see.

One table for both browsers. What a browser does with cookies of other sites changes nothing of it: that is the point.
"""
from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Protocol

from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts import passwords
from privmedia.accounts.models import User
from privmedia.db import writing
from tests.browser.foreign_sites import CROSS_SITE, MEDIA, OUTER, SAME_SITE, Sites
from tests.embeds import make_embed

PLACES = ("same site", "same site in a portal", "another site")
FILMS = ("file", "streams")
PEOPLE = ("signed out", "signed in", "without rights")
PASSWORD = "three unrelated words 7"
VIEWER, STRANGER = "Jonas Bakke", "Oskar Lund"
PRIVATE, NO_ACCESS = "This video is private", "You do not have access to this video"
NO_LONGER = "You can no longer watch this video here"


class Driver(Protocol):
    """A browser with one page open."""

    def signed_in_as(self, token: str | None) -> None:
        """Forget everything, and be signed in with this session, or with none."""

    def open(self, address: str) -> None: ...

    def says(self, words: str) -> None:
        """Wait until the player's frame says so, and nothing else."""

    def press(self) -> None:
        """Press “Sign in to play”."""

    def fill_in(self, email: str, password: str) -> None:
        """Sign in in the window that opened."""

    def window_is_gone(self) -> None: ...

    def plays(self) -> bool:
        """Wait until the film runs; whether its files came by a token in their addresses."""

    def beat(self) -> None:
        """Have the player ask now whether it may go on."""


@dataclass(frozen=True)
class Case:
    """One row: where the player stands, what it plays, and who is there."""

    place: str
    film: str
    who: str

    def __str__(self) -> str:
        return f"{self.place}, {self.film}, {self.who}"

    @property
    def at_once(self) -> bool:
        """Whether the session reaches the frame: every page around it is of the same site."""
        return self.place == "same site"


CASES = [Case(*row) for row in product(PLACES, FILMS, PEOPLE)]


def run(case: Case, driver: Driver, sites: Sites, item: str) -> None:
    """Play one row to its end, which for whoever may watch is that the right is taken away."""
    driver.signed_in_as(
        {"signed out": None, "signed in": sites.library.tokens[VIEWER]}.get(case.who, sites.library.tokens[STRANGER])
    )
    driver.open(page_with_player(sites, case, item))
    by_window = not case.at_once or case.who == "signed out"
    if by_window:
        driver.says(PRIVATE)
        driver.press()
        if case.who == "signed out":
            driver.fill_in(email_of(sites, VIEWER), PASSWORD)
    if case.who == "without rights":
        driver.says(NO_ACCESS)
        return
    if by_window:
        driver.window_is_gone()
    assert driver.plays() is by_window
    sites.library.set_rule(VIEWER, NOTHING)
    try:
        driver.beat()
        driver.says(NO_LONGER)
    finally:
        sites.library.set_rule(VIEWER, Permission.VIEW)


def page_with_player(sites: Sites, case: Case, item: str) -> str:
    """The address of a page in which a player stands; with a foreign portal around it, of the portal."""
    host = CROSS_SITE if case.place == "another site" else SAME_SITE
    in_portal = case.place == "same site in a portal"
    listed = " ".join(sites.url(name, "") for name in ((host, OUTER) if in_portal else (host,)))
    maker = sites.library.user_ids["Maren Aasen"]
    embed = make_embed(sites.library.installation, item, maker, appears="sites", sites=listed)
    code = f'<h1>News</h1><iframe src="{sites.url(MEDIA, "/embed/" + embed)}" width="640" height="360" title="Video" '
    code += 'allow="autoplay; fullscreen" allowfullscreen referrerpolicy="strict-origin-when-cross-origin"></iframe>'
    address = sites.page(host, f"{embed}.html", code)
    if not in_portal:
        return address
    return sites.page(OUTER, f"{embed}.html", f'<h1>Portal</h1><iframe src="{address}" width="760" height="520" '
                      'allow="autoplay; fullscreen" title="Intranet"></iframe>')


def email_of(sites: Sites, name: str) -> str:
    """The address of somebody, who can sign in with the password from now on."""
    installation = sites.library.installation
    with writing(installation.sessions) as session:
        user = session.get_one(User, sites.library.user_ids[name])
        user.password_hash = passwords.hash_password(PASSWORD, rounds=4)
        return user.email
