"""Players that go by the word of a site: what is signed counts once, for what it says, and nothing else counts."""
from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from webtest import TestApp, TestResponse

from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.models import SignIn, User
from privmedia.attention.models import Watching
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.embedding.frames import forget_over
from privmedia.embedding.models import EmbedToken, SiteKey, SpentNonce
from privmedia.embedding.service import Embeds, Wish
from privmedia.embedding.site_keys import SKEW, SiteKeys
from privmedia.library.models import Version
from privmedia.library.service import Library
from tests.conftest import FakeClock
from tests.embeds import FROM_A_FRAME, INTRANET, key_for, make_embed, make_site_key, signed, tell, token_for
from tests.private_library import PrivateLibrary

CONTENT = b"every byte of the film"
HOUR = timedelta(hours=1)
Key = tuple[str, str]
Say = Callable[..., TestResponse]


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin", "privmedia.who_watched": "names"}


@pytest.fixture
def library(installation: Any) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person("maker", allow=Permission.MANAGE)
    library.add_person("stranger")
    return library


@pytest.fixture
def item(library: PrivateLibrary) -> str:
    return library.add_item(CONTENT)


@pytest.fixture
def key(library: PrivateLibrary) -> Key:
    return make_site_key(library.installation)


@pytest.fixture
def embed(library: PrivateLibrary, item: str, key: Key) -> str:
    return make_embed(library.installation, item, library.user_ids["maker"], audience="signed", key=key[0])


@pytest.fixture
def say(testapp: TestApp, embed: str) -> Say:
    """The frame hands over what a site signed."""

    def hand_over(word: Any, *, to: str = embed, ancestors: Any = (INTRANET,), app: TestApp = testapp) -> TestResponse:
        return tell(app, f"/embed/{to}/token", {"signed": word, "ancestors": list(ancestors), "page": f"{INTRANET}/t4"})

    return hand_over


def the_film(frame: TestApp, answer: TestResponse, item: str, name: str = "play.mp4") -> TestResponse:
    return frame.get(f"{answer.json['base']}{item}/{name}", expect_errors=True)


@pytest.mark.both_databases
def test_whom_the_site_vouches_for_watches_and_the_log_names_both(
    testapp: TestApp, library: PrivateLibrary, item: str, key: Key, say: Say, clock: FakeClock
) -> None:
    answer = say(signed(key, item, until=clock.now + HOUR, user="Jonas Bäkke"))
    assert answer.status_int == 200
    assert the_film(testapp, answer, item).body == CONTENT
    assert the_film(testapp, answer, item, "original").status_int == 404
    assert "Set-Cookie" not in answer.headers
    assert testapp.app.registry["viewings"].settle()
    with reading(library.installation.sessions) as session:
        lines = session.scalars(select(Event).where(Event.kind.in_(("embed.vouch", "item.view")))).all()
        assert [(line.kind, line.actor) for line in lines] == [
            ("embed.vouch", "user Jonas Bäkke, says “Yard intranet”"),
            ("item.view", "user Jonas Bäkke, says “Yard intranet”"),
        ]
        assert lines[0].detail["sites"] == INTRANET
        assert session.scalars(select(SiteKey.last_used_at)).one() == clock.now


def test_such_a_player_stands_on_the_sites_of_its_key_alone(
    testapp: TestApp, library: PrivateLibrary, item: str, key: Key
) -> None:
    wish = {"audience": "signed", "key": key[0], "appears": "everywhere", "sites": "https://other.example"}
    embed = make_embed(library.installation, item, library.user_ids["maker"], **wish)
    answer = testapp.get(f"/embed/{embed}", headers=FROM_A_FRAME)
    assert answer.headers["Content-Security-Policy"].endswith(f"frame-ancestors 'self' {INTRANET}")
    other = {**FROM_A_FRAME, "Referer": "https://other.example/"}
    assert testapp.get(f"/embed/{embed}", headers=other, expect_errors=True).status_int == 403


def refused(answer: TestResponse, why: str) -> None:
    assert (answer.status_int, answer.json) == (400, {"state": "unsigned", "why": why})
    assert "Set-Cookie" not in answer.headers


def test_nothing_that_was_changed_after_signing_counts(item: str, key: Key, say: Say, clock: FakeClock) -> None:
    word = signed(key, item, until=clock.now + HOUR)
    other = {
        "key": "k0k0k0k0k0k0k0k0", "item": "f1f1f1f1f1f1f1f1", "user": "Jonas Bakke ", "nonce": word["nonce"] + "x",
        "expires": str(int(word["expires"]) + 1), "signature": word["signature"][:-1] + "g",
    }
    for name, value in other.items():
        refused(say({**word, name: value}), "signature")
    refused(say({name: value for name, value in word.items() if name != "user"} | {"group": word["user"]}), "signature")
    assert say(word).status_int == 200


def test_what_has_too_little_too_much_or_another_shape_is_no_word(
    item: str, key: Key, say: Say, clock: FakeClock
) -> None:
    word = signed(key, item, until=clock.now + HOUR)
    for name in word:
        refused(say({left: value for left, value in word.items() if left != name}), "signature")
        refused(say({**word, name: ""}), "signature")
        for odd in (None, 7, True, [word[name]], {"": word[name]}):
            refused(say({**word, name: odd}), "signature")
    for word_of in ("", [], 7, {}, "a=b", {**word, "group": "Night shift"}, {**word, "embed": "x"}):
        refused(say(word_of), "signature")
    # Signed, all of them; but not as anything that could be said in another way.
    for name, odd in (
        ("user", "x" * 121), ("user", "two\nlines"), ("user", "\u2028"), ("user", " "), ("user", "\u202e"),
        ("nonce", "short"), ("nonce", "x" * 65), ("nonce", "with spaces in it ok"),
        ("expires", "01893456000"), ("expires", "-1"), ("expires", "1e9"), ("expires", "9" * 12), ("expires", "١٢٣"),
    ):
        refused(say(signed(key, item, **{"until": clock.now + HOUR, name: odd})), "signature")
    refused(say({**word, "user": "\ud800"}), "signature")
    assert say(signed(key, item, until=clock.now + HOUR, user="x" * 120)).status_int == 200


def test_there_is_one_way_to_sign_and_nothing_sent_chooses_another(
    item: str, key: Key, say: Say, clock: FakeClock
) -> None:
    word = signed(key, item, until=clock.now + HOUR)
    kept = ("privmedia-embed-v1", word["key"], word["item"], "user", word["user"], word["expires"], word["nonce"])
    text, secret = "\n".join(kept).encode(), key[1].encode()
    wrong = {
        "sha1": hmac.new(secret, text, hashlib.sha1).hexdigest(),
        "sha512": hmac.new(secret, text, hashlib.sha512).hexdigest(),
        "no key": hashlib.sha256(text).hexdigest(),
        "the id as the key": hmac.new(key[0].encode(), text, hashlib.sha256).hexdigest(),
        "an empty key": hmac.new(b"", text, hashlib.sha256).hexdigest(),
        "without its prefix": hmac.new(secret[4:], text, hashlib.sha256).hexdigest(),
        "capitals": word["signature"].upper(),
        "half": word["signature"][:32],
        "none": "none",
    }
    for name, signature in wrong.items():
        answer = say({**word, "signature": signature})
        assert answer.json == {"state": "unsigned", "why": "signature"}, name
    for choice in ({"alg": "none"}, {"alg": "HS256"}, {"algorithm": "sha1"}, {"kid": word["key"]}):
        refused(say({**word, **choice}), "signature")


def test_another_key_opens_nothing_even_of_the_same_site(
    library: PrivateLibrary, item: str, key: Key, say: Say, clock: FakeClock
) -> None:
    other = make_site_key(library.installation, "Another server")
    refused(say(signed(other, item, until=clock.now + HOUR)), "signature")
    refused(say(signed((key[0], other[1]), item, until=clock.now + HOUR)), "signature")


def test_a_word_for_one_item_opens_no_other(
    library: PrivateLibrary, item: str, key: Key, say: Say, clock: FakeClock, testapp: TestApp
) -> None:
    sibling = library.add_item(CONTENT)
    refused(say(signed(key, sibling, until=clock.now + HOUR)), "item")
    answer = say(signed(key, item, until=clock.now + HOUR))
    assert the_film(testapp, answer, sibling).status_int == 404


def test_a_page_around_it_that_is_none_of_the_keys_sites_is_refused(
    item: str, key: Key, say: Say, clock: FakeClock
) -> None:
    for around in (["https://other.example"], [INTRANET, "https://outer.example"], ["http://www.intra.example"]):
        refused(say(signed(key, item, until=clock.now + HOUR), ancestors=around), "site")
    # Browsers that do not tell enforce it by the policy of the document.
    assert say(signed(key, item, until=clock.now + HOUR), ancestors=[]).status_int == 200


def test_a_word_counts_until_its_time_give_or_take_two_minutes_and_not_for_longer_than_is_allowed(
    item: str, key: Key, say: Say, clock: FakeClock
) -> None:
    now, second = clock.now.replace(microsecond=0), timedelta(seconds=1)
    clock.now = now
    for until, why in ((now - SKEW, "expired"), (now + 12 * HOUR + SKEW + second, "too long")):
        refused(say(signed(key, item, until=until)), why)
    for until in (now - SKEW + second, now + 12 * HOUR + SKEW):
        assert say(signed(key, item, until=until)).status_int == 200, until


def test_a_nonce_is_used_once_and_nothing_but_a_good_word_uses_it_up(
    library: PrivateLibrary, item: str, key: Key, embed: str, say: Say, clock: FakeClock
) -> None:
    word = signed(key, item, until=clock.now + HOUR)
    refused(say(word, ancestors=["https://other.example"]), "site")
    refused(say({**word, "user": "Somebody else"}), "signature")
    assert say(word).status_int == 200
    refused(say(word), "used")
    # Not for another player of the same item either, nor for somebody else.
    again = make_embed(library.installation, item, library.user_ids["maker"], audience="signed", key=key[0])
    refused(say(word, to=again), "used")
    refused(say(signed(key, item, until=clock.now + HOUR, user="Kari", nonce=word["nonce"])), "used")
    clock.now += HOUR + SKEW - timedelta(seconds=1)
    forget_over(library.installation)
    refused(say(word), "used")
    clock.now += timedelta(seconds=1)
    forget_over(library.installation)
    with reading(library.installation.sessions) as session:
        assert session.scalars(select(SpentNonce)).all() == []
    refused(say(word), "expired")


@pytest.mark.both_databases
def test_of_several_that_come_with_the_same_word_at_once_one_may_watch(
    browser: Callable[[], TestApp], item: str, key: Key, say: Say, clock: FakeClock
) -> None:
    word, answers, together = signed(key, item, until=clock.now + HOUR), [], threading.Barrier(4)

    def come() -> None:
        mine = browser()
        together.wait()
        answers.append(say(word, app=mine).status_int)

    threads = [threading.Thread(target=come) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 400, 400, 400]


def remove_key(library: PrivateLibrary, embed: str, key: Key) -> None:
    with writing(library.installation.sessions) as session:
        SiteKeys(session, library.installation).remove(uid=key[0])


def end_player(library: PrivateLibrary, embed: str, key: Key) -> None:
    with writing(library.installation.sessions) as session:
        Embeds(session, library.installation).remove(uid=embed)


def change_key(library: PrivateLibrary, embed: str, key: Key) -> None:
    other = make_site_key(library.installation, "Another server")
    change(library, embed, audience="signed", key=other[0])


def ask_for_sign_in(library: PrivateLibrary, embed: str, key: Key) -> None:
    change(library, embed, audience="people", appears="sites", sites=INTRANET)


def change(library: PrivateLibrary, embed: str, **wish: Any) -> None:
    with writing(library.installation.sessions) as session:
        Embeds(session, library.installation).change(uid=embed, wish=Wish(name="Yard intranet", **wish))


def makers_view(library: PrivateLibrary, embed: str, key: Key) -> None:
    library.set_rule("maker", NOTHING)


def makers_account(library: PrivateLibrary, embed: str, key: Key) -> None:
    with writing(library.installation.sessions) as session:
        session.get_one(User, library.user_ids["maker"]).disabled_at = library.installation.clock()


def the_item(library: PrivateLibrary, embed: str, key: Key) -> None:
    with writing(library.installation.sessions) as session:
        standing = Embeds(session, library.installation).find(embed)
        Library(session, library.installation).item(standing.item.uid).shown = False


ENDS = (remove_key, end_player, change_key, ask_for_sign_in, makers_view, makers_account, the_item)


@pytest.mark.parametrize("end", ENDS)
def test_what_it_rests_on_ends_it_at_the_next_byte_and_the_next_heartbeat(
    testapp: TestApp,
    library: PrivateLibrary,
    item: str,
    key: Key,
    embed: str,
    say: Say,
    clock: FakeClock,
    end: Callable[[PrivateLibrary, str, Key], None],
) -> None:
    answer = say(signed(key, item, until=clock.now + HOUR))
    assert the_film(testapp, answer, item).status_int == 200
    end(library, embed, key)
    assert the_film(testapp, answer, item).status_int == 404
    beat = tell(testapp, f"/embed/{embed}/renew", {"renew": answer.json["renew"], "played": [[0, 9]], "version": 1})
    assert beat.status_int in (401, 404)
    assert say(signed(key, item, until=clock.now + HOUR)).status_int in (400, 404)


def test_it_is_over_when_the_time_is_that_was_signed_however_often_it_is_renewed(
    testapp: TestApp, item: str, key: Key, embed: str, say: Say, clock: FakeClock
) -> None:
    clock.now = clock.now.replace(microsecond=0)
    answer = say(signed(key, item, until=clock.now + timedelta(minutes=15)))
    told = {"renew": answer.json["renew"], "played": [[0, 9]], "version": 1}
    for _ in range(2):
        clock.now += timedelta(minutes=8)
        assert tell(testapp, f"/embed/{embed}/renew", told).status_int == 204
        assert the_film(testapp, answer, item).status_int == 200
    clock.now += timedelta(minutes=1)
    assert the_film(testapp, answer, item).status_int == 404
    assert tell(testapp, f"/embed/{embed}/renew", told).status_int == 401


def test_whose_session_reaches_it_watches_as_themselves_and_their_word_stays_unused(
    browser: Callable[[], TestApp], library: PrivateLibrary, item: str, key: Key, say: Say, clock: FakeClock
) -> None:
    word = signed(key, item, until=clock.now + HOUR)
    own = browser()
    own.set_cookie("session", library.tokens["maker"])
    assert say(word, app=own).status_int == 200
    with reading(library.installation.sessions) as session:
        token = session.scalars(select(EmbedToken)).one()
        assert (token.user_id, token.label, token.key_id) == (library.user_ids["maker"], "", None)
    # What a browser kept from somebody who signed in hours ago is not who is there now.
    with reading(library.installation.sessions) as session:
        of_maker = session.scalars(select(SignIn.id).where(SignIn.user_id == library.user_ids["maker"])).one()
    shared = browser()
    shared.set_cookie("pm_frame", key_for(library.installation, of_maker))
    assert say(signed(key, item, until=clock.now + HOUR, user="Kari"), app=shared).status_int == 200
    with reading(library.installation.sessions) as session:
        assert [token.label for token in session.scalars(select(EmbedToken))] == ["", "user Kari"]
    stranger = browser()
    stranger.set_cookie("session", library.tokens["stranger"])
    assert say(word, app=stranger).status_int == 200
    with reading(library.installation.sessions) as session:
        assert [token.label for token in session.scalars(select(EmbedToken))] == ["", "user Kari", "user Jonas Bakke"]


def test_without_a_word_the_player_says_that_the_page_did_not_say_who_it_is_and_asks_people_to_sign_in(
    testapp: TestApp, embed: str
) -> None:
    page = testapp.get(f"/embed/{embed}", headers=FROM_A_FRAME)
    assert page.html.select_one("main[data-signed]")
    assert page.html.select_one("[data-screen=unsigned] h1").text == "This page did not say who you are"
    assert "It is noted who watches, by name." in page.text
    assert tell(testapp, f"/embed/{embed}/token", {}).status_int == 401


def test_other_players_take_no_word(library: PrivateLibrary, item: str, key: Key, say: Say, clock: FakeClock) -> None:
    for audience in ("people", "open"):
        other = make_embed(library.installation, item, library.user_ids["maker"], audience=audience)
        answer = say(signed(key, item, until=clock.now + HOUR), to=other)
        assert answer.status_int == (200 if audience == "open" else 400)
    with reading(library.installation.sessions) as session:
        assert [token.label for token in session.scalars(select(EmbedToken))] == [""]


def test_who_watched_has_them_by_the_name_their_site_gave_where_names_are_shown(
    testapp: TestApp, browser: Callable[[], TestApp], library: PrivateLibrary, item: str, key: Key, embed: str,
    say: Say, clock: FakeClock,
) -> None:
    with writing(library.installation.sessions) as session:
        session.execute(update(Version).values(duration=600))
    for kind, name, played in (("user", "Kari Olsen", 60), ("user", "Kari Olsen", 90), ("group", "Night shift", 30)):
        answer = say(signed(key, item, until=clock.now + HOUR, **{kind: name}))
        told = {"renew": answer.json["renew"], "played": [[0, played]], "version": 1}
        assert tell(testapp, f"/embed/{embed}/renew", told).status_int == 204
    assert testapp.app.registry["attention"].settle()
    own = browser()
    own.set_cookie("session", library.tokens["maker"])
    page = own.get(f"/m/{item}/watched").html
    table = page.select_one("[aria-labelledby=heading-vouched] tbody")
    assert sorted(" ".join(row.th.text.split()) for row in table.select("tr")) == ["Kari Olsen", "Night shift group"]
    assert "2 in other pages" in " ".join(page.select_one(".stats").text.split())
    rows = own.get(f"/m/{item}/watched-people.csv").text
    assert "Kari Olsen" in rows
    assert "Yard intranet" in rows
    with reading(library.installation.sessions) as session:
        assert {row.label for row in session.scalars(select(Watching))} == {"user Kari Olsen", "group Night shift"}


def test_a_token_of_one_kind_is_none_of_another(library: PrivateLibrary, testapp: TestApp, item: str, key: Key) -> None:
    """A player without sign-in that goes by a key from now on does not let those go on who came before."""
    embed = make_embed(library.installation, item, library.user_ids["maker"], audience="open")
    token, _renew = token_for(library.installation, embed, None)
    with writing(library.installation.sessions) as session:  # past the service, which would have ended it
        made = Embeds(session, library.installation).find(embed).embed
        made.audience, made.key = "signed", session.scalars(select(SiteKey).where(SiteKey.uid == key[0])).one()
    assert testapp.get(f"/smedia/~{token}/{item}/play.mp4", expect_errors=True).status_int == 404
