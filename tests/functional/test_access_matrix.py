"""Every route, for every kind of visitor. A route missing from the table fails; so does a row without a route."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from pyramid.interfaces import IRoutesMapper
from webtest import TestApp

from privmedia.installation import Installation
from tests.faults import FULL
from tests.functional.visitors import World, ask, dump, token_of

ID = re.compile(r"\{(folder|item|user|group|link|embed|key)\}")
MISSING = "zzzzzzzzzzzzzzz0"
ID_IN_TEXT = re.compile(r"(?<=[/=])[0-9a-z]{16}(?=[/?&\"]|$)|(?<=%2F|%3D)[0-9a-z]{16}")
CHANGING = ("X-Request-ID",)
LEAVING = ("login", "logout", "view_as_stop")
"""What even those may send who only look: out, and in as somebody else."""
OK, LOGIN, ELSEWHERE, NO, NOTHING, WRONG = 200, "303 /login", 303, 403, 404, 405


@dataclass(frozen=True)
class Row:
    """What each visitor gets. Who was disabled gets what nobody gets; whose right has ended, what a stranger gets.

    The stranger is in another group. The rights of the others are rules on the folder: the uploader's is Upload alone
    (a drop box, in which nothing is hers). `view_as` is an administrator who sees the library as the viewer. The link
    holder has no account and came by a share link of the manager's to the item, which lets one view it, and by one to
    send files to the folder: what they open is `by_link`, and everything else is as for nobody. The embed frame is a
    browser that keeps the key of an administrator's player in a page of another site: nobody, everywhere. What such a
    player opens stands in its addresses, and is the same for whoever asks.
    """

    nobody: Any
    stranger: Any
    viewer: Any
    downloader: Any
    uploader: Any
    editor: Any
    manager: Any
    administrator: Any
    view_as: Any
    by_link: Any = None

    @property
    def link_holder(self) -> Any:
        return self.nobody if self.by_link is None else self.by_link

    @property
    def disabled(self) -> Any:
        return self.nobody

    @property
    def embed_frame(self) -> Any:
        return self.nobody

    @property
    def revoked(self) -> Any:
        return self.stranger

    def but(self, **others: Any) -> Row:
        """The same row with other answers for some."""
        return replace(self, **others)


COLUMNS = tuple(column.name for column in fields(Row) if column.name != "by_link")
VISITORS = (*COLUMNS, "disabled", "revoked", "link_holder", "embed_frame")


def for_all(answer: Any) -> Row:
    return Row(**dict.fromkeys(COLUMNS, answer))


# What a GET answers. Order: nobody, stranger, viewer, downloader, uploader, editor, manager, administrator, view_as.
PUBLIC = for_all(OK)
NEVER = for_all(NOTHING)
SIGNED_IN = for_all(OK).but(nobody=LOGIN)
ACCOUNT = SIGNED_IN.but(view_as=NO)
UNKNOWN = for_all(NOTHING).but(nobody=LOGIN)
FOR_ADMINISTRATORS = UNKNOWN.but(administrator=OK, view_as=NO)
NO_SUCH_PAGE = UNKNOWN.but(view_as=NO)
SEEN = Row(LOGIN, NOTHING, OK, OK, NOTHING, OK, OK, OK, OK)
EDITED = Row(LOGIN, NOTHING, NO, NO, NOTHING, OK, OK, OK, NO)
POSTED = Row(LOGIN, NOTHING, WRONG, WRONG, NOTHING, WRONG, WRONG, WRONG, WRONG)
MANAGED = Row(LOGIN, NOTHING, NO, NO, NOTHING, NO, OK, OK, NO)
LINKED = for_all(410)
MADE = Row(LOGIN, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, OK, OK, NOTHING)
BYTES = SEEN.but(nobody=NOTHING, by_link=OK)
DOWNLOADED = Row(NOTHING, NOTHING, NOTHING, OK, NOTHING, NOTHING, OK, OK, NOTHING)

SEERS = dict.fromkeys(("viewer", "downloader", "editor", "manager", "administrator", "view_as"), OK)
"""Who sees the item, and gets a page about it that says what they may do with it."""

TABLE: dict[str, list[tuple[str, Row]]] = {
    "__static/": [("/static/manifest.json", PUBLIC)],
    "login": [("/login", for_all(ELSEWHERE).but(nobody=OK))],
    "logout": [("/logout", for_all(WRONG))],
    "language": [("/language", for_all(WRONG))],
    "setup": [("/setup/" + "x" * 43, for_all(410))],
    "invite": [("/invite/" + "x" * 43, for_all(410))],
    "account": [("/account", ACCOUNT)],
    "account_reach": [("/account/reach", SIGNED_IN)],
    "account_watched": [("/account/watched", ACCOUNT)],
    "setup_strength": [("/setup/" + "x" * 43 + "/strength", for_all(WRONG))],
    "invite_strength": [("/invite/" + "x" * 43 + "/strength", for_all(WRONG))],
    "account_email": [("/account/email/" + "x" * 43, for_all(410).but(nobody=LOGIN, view_as=NO))],
    "second_step": [("/login/code", for_all(ELSEWHERE).but(nobody=LOGIN))],
    "header_sign_in": [("/login/header", UNKNOWN)],
    "provider": [("/login/oidc/nobody", UNKNOWN)],
    "provider_back": [("/login/oidc/nobody/callback", UNKNOWN)],
    "provider_logged_out": [("/login/oidc/nobody/back-channel", for_all(WRONG))],
    "provider_leave": [("/login/oidc/nobody/leave", UNKNOWN)],
    "two_factor": [("/account/two-factor", ACCOUNT)],
    "confirm": [("/account/confirm", ACCOUNT)],
    "second_factor": [("/account/second-factor", for_all(ELSEWHERE).but(nobody=LOGIN, view_as=NO))],
    "login_passkey": [("/login/passkey", for_all(WRONG))],
    "passkeys": [("/account/passkeys", ACCOUNT)],
    "passkey_options": [("/account/passkeys/options", for_all(WRONG))],
    "account_strength": [("/account/strength", for_all(WRONG))],
    "reset": [("/reset", PUBLIC)],
    "reset_choose": [("/reset/" + "x" * 43, for_all(410))],
    "reset_strength": [("/reset/" + "x" * 43 + "/strength", for_all(WRONG))],
    "menu": [("/menu", SIGNED_IN)],
    "shortcuts": [("/shortcuts", PUBLIC)],
    "library": [("/", SIGNED_IN)],
    "asked": [("/ask/{missing}", UNKNOWN)],
    "requests": [("/requests", SIGNED_IN)],
    "request": [("/requests/{missing}", UNKNOWN)],
    "recent": [("/recent", SIGNED_IN)],
    "search": [("/search?q=bearing", SIGNED_IN)],
    "search_suggest": [("/search/suggest?q=bea", SIGNED_IN)],
    "mine": [("/mine", SIGNED_IN)],
    "shared": [("/shared", SIGNED_IN)],
    "shared_folders": [("/shared/folders", SIGNED_IN)],
    "starred": [("/starred", SIGNED_IN)],
    "folders": [("/folders", SIGNED_IN), ("/folders?q=train", SIGNED_IN)],
    "side_bar": [("/side-bar", for_all(WRONG).but(nobody=LOGIN))],
    "folder_folders": [("/f/{folder}/folders", SEEN.but(uploader=OK)), ("/f/{missing}/folders", UNKNOWN)],
    "folder": [("/f/{folder}", SEEN.but(uploader=OK)), ("/f/{missing}", UNKNOWN)],
    "folder_new": [
        ("/f/{folder}/new", EDITED.but(uploader=NO)),
        ("/f/top/new", for_all(NO).but(nobody=LOGIN, administrator=OK)),
    ],
    "folder_edit": [("/f/{folder}/edit", EDITED.but(uploader=NO))],
    "folder_access": [("/f/{folder}/access", MANAGED.but(uploader=NO))],
    "folder_access_effect": [("/f/{folder}/access/effect", POSTED.but(uploader=WRONG))],
    "folder_access_suggest": [("/f/{folder}/access/suggest", MANAGED.but(uploader=NO))],
    "folder_follow": [("/f/{folder}/follow", POSTED.but(uploader=WRONG))],
    "notices": [("/notices", SIGNED_IN)],
    "unfollow": [("/unfollow/" + "x" * 43, for_all(410))],
    "folder_who": [("/f/{folder}/who", MANAGED.but(uploader=NO))],
    "item": [("/m/{item}", SEEN), ("/m/{missing}", UNKNOWN)],
    "item_edit": [("/m/{item}/edit", EDITED)],
    "item_delete": [("/m/{item}/delete", EDITED)],
    "folder_delete": [("/f/{folder}/delete", EDITED.but(uploader=NO))],
    "item_copy": [("/m/{item}/copy", SEEN.but(viewer=NO, editor=NO, view_as=NO))],
    "item_move": [("/m/{item}/move", EDITED)],
    "folder_move": [("/f/{folder}/move", EDITED.but(uploader=NO))],
    "move": [("/move?item={item}", UNKNOWN.but(**SEERS)), ("/move?item={missing}", UNKNOWN)],
    "delete": [("/delete?item={item}", UNKNOWN.but(**SEERS)), ("/delete?item={missing}", UNKNOWN)],
    "tag": [("/tag?item={item}", UNKNOWN.but(**SEERS)), ("/tag?item={missing}", UNKNOWN)],
    "share": [("/share?item={item}", UNKNOWN.but(**SEERS)), ("/share?item={missing}", UNKNOWN)],
    "download": [("/download?item={item}", UNKNOWN.but(**SEERS)), ("/download?item={missing}", UNKNOWN)],
    "folder_download": [("/f/{folder}/download", SEEN.but(uploader=OK)), ("/f/{missing}/download", UNKNOWN)],
    "zip": [("/zip/{missing}", UNKNOWN)],
    "zip_file": [("/zip/{missing}/file", UNKNOWN)],
    "selection": [("/selection?do=move&item={item}", for_all(ELSEWHERE).but(nobody=LOGIN))],
    "move_back": [("/move/back", for_all(WRONG).but(nobody=LOGIN))],
    "bin": [("/bin", SIGNED_IN)],
    "bin_undo": [("/bin/undo", for_all(WRONG).but(nobody=LOGIN))],
    "bin_empty": [("/bin/empty", SIGNED_IN)],
    "bin_restore": [("/bin/{missing}/restore", UNKNOWN)],
    "bin_purge": [("/bin/{missing}/delete", UNKNOWN)],
    "item_draft": [("/m/{item}/draft", POSTED)],
    "item_public": [("/m/{item}/public", MANAGED), ("/m/{missing}/public", UNKNOWN)],
    "item_again": [("/m/{item}/again", POSTED), ("/m/{missing}/again", UNKNOWN)],
    "item_reprocess": [("/m/{item}/reprocess", MANAGED), ("/m/{missing}/reprocess", UNKNOWN)],
    "item_access": [("/m/{item}/access", MANAGED)],
    "item_access_effect": [("/m/{item}/access/effect", POSTED)],
    "item_access_suggest": [("/m/{item}/access/suggest", MANAGED)],
    "item_who": [("/m/{item}/who", MANAGED)],
    "item_captions": [("/m/{item}/captions", EDITED)],
    "item_captions_language": [("/m/{item}/captions/en", EDITED), ("/m/{item}/captions/de", EDITED)],
    "item_chapters": [("/m/{item}/chapters", EDITED)],
    "item_transcript": [("/m/{item}/transcript", SEEN), ("/m/{missing}/transcript", UNKNOWN)],
    "captions_upload": [("/upload/captions/{item}", POSTED), ("/upload/captions/{missing}", UNKNOWN)],
    "item_replace": [("/m/{item}/replace", EDITED)],
    "replace_upload": [("/upload/replace/{item}", POSTED), ("/upload/replace/{missing}", UNKNOWN)],
    "version_show": [
        ("/m/{item}/versions/1/show", UNKNOWN.but(editor=WRONG, manager=WRONG, administrator=WRONG)),
        ("/m/{item}/versions/2/show", UNKNOWN),
    ],
    "version_delete": [
        ("/m/{item}/versions/1/delete", UNKNOWN.but(editor=OK, manager=OK, administrator=OK)),
        ("/m/{item}/versions/2/delete", UNKNOWN),
    ],
    "item_poster": [("/m/{item}/poster", EDITED)],
    "poster_upload": [("/upload/poster/{item}", POSTED), ("/upload/poster/{missing}", UNKNOWN)],
    "item_playback": [("/m/{item}/playback", POSTED)],
    "item_watched": [("/m/{item}/watched", EDITED), ("/m/{missing}/watched", UNKNOWN)],
    "item_watched_csv": [("/m/{item}/watched.csv", EDITED)],
    "item_watched_people_csv": [
        ("/m/{item}/watched-people.csv", MANAGED.but(manager=ELSEWHERE, administrator=ELSEWHERE)),
    ],
    "item_share": [("/m/{item}/share", MANAGED)],
    "folder_share": [("/f/{folder}/share", MANAGED.but(uploader=NO))],
    "links": [("/links", SIGNED_IN)],
    "link_manage": [("/links/{link}", MADE), ("/links/{missing}", UNKNOWN)],
    "link_revoke": [("/links/{link}/revoke", MADE), ("/links/{missing}/revoke", UNKNOWN)],
    "share_link": [("/s/" + "x" * 43, LINKED)],
    "link": [
        ("/link/{opened}", LINKED.but(by_link=OK)),
        ("/link/{asking}", LINKED),
        ("/link/{missing}", LINKED),
    ],
    "link_item": [
        ("/link/{opened}/m/{item}", LINKED.but(by_link=OK)),
        ("/link/{opened}/m/{missing}", LINKED.but(by_link=NOTHING)),
    ],
    "link_playback": [("/link/{opened}/m/{item}/playback", for_all(WRONG))],
    "link_folder": [
        ("/link/{opened}/f/{folder}", LINKED.but(by_link=NOTHING)),
        ("/link/{asking}/f/{folder}", LINKED),
    ],
    "item_embed": [
        ("/m/{item}/embed", MANAGED),
        ("/m/{item}/embed?player={embed}", MANAGED),
        ("/m/{missing}/embed", UNKNOWN),
    ],
    "item_embed_end": [
        ("/m/{item}/embed/{embed}/end", MANAGED),
        ("/m/{missing}/embed/{embed}/end", UNKNOWN),
    ],
    "embed": [("/embed/{embed}", PUBLIC), ("/embed/{missing}", NEVER)],
    "embed_token": [("/embed/{embed}/token", for_all(WRONG)), ("/embed/{missing}/token", for_all(WRONG))],
    "embed_renew": [("/embed/{embed}/renew", for_all(WRONG))],
    "embed_signin": [("/embed/{embed}/signin", SIGNED_IN), ("/embed/{missing}/signin", SIGNED_IN)],
    "oembed": [
        ("/oembed?url=http://media.example.test/embed/{embed}", PUBLIC),
        ("/oembed?url=http://media.example.test/embed/{missing}", NEVER),
        ("/oembed?url=http://media.example.test/m/{item}", SEEN.but(nobody=401)),
        ("/oembed?url=http://media.example.test/m/{missing}", NEVER.but(nobody=401)),
    ],
    "give": [("/give/" + "x" * 43, LINKED)],
    "send": [
        ("/send/{asking}", LINKED.but(by_link=OK)),
        ("/send/{opened}", LINKED),
        ("/send/{missing}", LINKED),
    ],
    "send_look": [("/send/{asking}/look", for_all(WRONG))],
    "sent_file": [("/send/{asking}/files/{item}", for_all(WRONG))],
    "send_plain": [("/upload/send/{asking}", LINKED.but(by_link=OK)), ("/upload/send/{opened}", LINKED)],
    "send_tus": [("/uploads/send/{asking}/", LINKED.but(by_link=WRONG))],
    "send_tus_upload": [("/uploads/send/{asking}/{missing}", LINKED.but(by_link=WRONG))],
    "folder_request": [("/f/{folder}/request", MANAGED.but(uploader=NO))],
    "upload": [("/upload", ACCOUNT)],
    "upload_look": [("/upload/look", for_all(WRONG))],
    "upload_known": [("/upload/known?size=4&sha256=" + "0" * 64, ACCOUNT)],
    "upload_folders": [("/upload/folders", for_all(WRONG))],
    "upload_state": [("/upload/state?item={item}", ACCOUNT)],
    "upload_plain": [("/upload/plain", ACCOUNT)],
    "tus": [("/uploads/", for_all(WRONG))],
    "tus_upload": [("/uploads/{missing}", NEVER.but(nobody=WRONG))],
    "smedia": [
        ("/smedia/{item}/play.mp4", BYTES),
        ("/smedia/{item}/poster.webp", BYTES),
        ("/smedia/{item}/poster-small.webp", BYTES),
        ("/smedia/{item}/captions-en.vtt", BYTES),
        ("/smedia/{item}/captions-de.vtt", NEVER),
        ("/smedia/{item}/chapters.vtt", BYTES),
        ("/smedia/{item}/waveform.json", BYTES),
        ("/smedia/{item}/page-1.webp", BYTES),
        ("/smedia/{item}/page-2.webp", NEVER),
        ("/smedia/{item}/storyboard.webp", BYTES),
        ("/smedia/{item}/storyboard.vtt", BYTES),
        ("/smedia/{item}/master.m3u8", NEVER),
        ("/smedia/{item}/version.json", NEVER),
        ("/smedia/{item}/original", NEVER),
        ("/smedia/{missing}/play.mp4", NEVER),
    ],
    "smedia_embed": [
        ("/smedia/~{watched}/{item}/play.mp4", PUBLIC),
        ("/smedia/~{watched}/{item}/poster.webp", PUBLIC),
        ("/smedia/~{watched}/{item}/poster-small.webp", PUBLIC),
        ("/smedia/~{watched}/{item}/captions-en.vtt", PUBLIC),
        ("/smedia/~{watched}/{item}/storyboard.vtt", PUBLIC),
        ("/smedia/~{watched}/{missing}/play.mp4", NEVER),
        ("/smedia/~{watched}/{item}/version.json", NEVER),
        ("/smedia/~{watched}/{item}/original", NEVER),
        ("/smedia/~{watched}/{item}/play.mp4?v=1", NEVER),
        ("/smedia/~{administered}/{item}/play.mp4", PUBLIC),
        ("/smedia/~{administered}/{item}/original", NEVER),
        ("/smedia/~{for_anybody}/{item}/play.mp4", PUBLIC),
        ("/smedia/~{for_anybody}/{item}/original", NEVER),
        ("/smedia/~{vouched_for}/{item}/play.mp4", PUBLIC),
        ("/smedia/~{vouched_for}/{item}/captions-en.vtt", PUBLIC),
        ("/smedia/~{vouched_for}/{missing}/play.mp4", NEVER),
        ("/smedia/~{vouched_for}/{item}/version.json", NEVER),
        ("/smedia/~{vouched_for}/{item}/original", NEVER),
        ("/smedia/~{vouched_for}/{item}/play.mp4?v=1", NEVER),
        ("/smedia/~{revoked_one}/{item}/play.mp4", NEVER),
        ("/smedia/~" + "x" * 43 + "/{item}/play.mp4", NEVER),
    ],
    "smedia_embed_stream": [
        ("/smedia/~{watched}/{item}/hls/v1/master.m3u8", PUBLIC),
        ("/smedia/~{watched}/{item}/hls/v2/master.m3u8", NEVER),
        ("/smedia/~{for_anybody}/{item}/hls/v1/720p-ab12.mp4", PUBLIC),
        ("/smedia/~{vouched_for}/{item}/hls/v1/720p-ab12.mp4", PUBLIC),
    ],
    "smedia_embed_nothing": [
        ("/smedia/~{administered}/{item}/original/bearing.mp4", NEVER),
        ("/smedia/~{for_anybody}/{item}/original/bearing.mp4", NEVER),
        ("/smedia/~{administered}/", NEVER),
    ],
    "smedia_original": [
        ("/smedia/{item}/original/bearing.mp4", DOWNLOADED),
        ("/smedia/{missing}/original/bearing.mp4", NEVER),
    ],
    "smedia_stream": [
        ("/smedia/{item}/hls/v1/master.m3u8", BYTES),
        ("/smedia/{item}/hls/v1/720p-ab12.mp4", BYTES),
        ("/smedia/{item}/hls/v1/sound-1-ab12.mp4", BYTES),
        ("/smedia/{item}/hls/v1/captions-en-ab12.m3u8", BYTES),
        ("/smedia/{item}/hls/v2/master.m3u8", NEVER),
        ("/smedia/{item}/hls/v1/play.mp4", NEVER),
        ("/smedia/{item}/hls/v01/master.m3u8", NEVER),
        ("/smedia/{missing}/hls/v1/master.m3u8", NEVER),
    ],
    "smedia_preview": [("/smedia/{item}/preview/{opened}.webp", NEVER)],
    "smedia_nothing": [("/smedia/{item}/hls/../original", NEVER), ("/smedia/", NEVER)],
    "admin": [("/admin", NO_SUCH_PAGE.but(administrator=ELSEWHERE))],
    "admin_users": [("/admin/users", FOR_ADMINISTRATORS)],
    "admin_users_csv": [("/admin/users.csv", FOR_ADMINISTRATORS)],
    "admin_users_import": [("/admin/users/import", FOR_ADMINISTRATORS)],
    "admin_users_import_preview": [("/admin/users/import/preview", NO_SUCH_PAGE.but(administrator=WRONG))],
    "admin_users_invite": [("/admin/users/invite", FOR_ADMINISTRATORS)],
    "admin_user": [("/admin/users/{user}", FOR_ADMINISTRATORS), ("/admin/users/{missing}", NO_SUCH_PAGE)],
    "admin_user_access": [
        ("/admin/users/{user}/access", FOR_ADMINISTRATORS),
        ("/admin/users/{missing}/access", NO_SUCH_PAGE),
    ],
    "admin_user_access_csv": [("/admin/users/{user}/access.csv", FOR_ADMINISTRATORS)],
    "admin_user_disable": [("/admin/users/{user}/disable", FOR_ADMINISTRATORS)],
    "admin_user_delete": [("/admin/users/{user}/delete", FOR_ADMINISTRATORS)],
    "admin_groups": [("/admin/groups", FOR_ADMINISTRATORS)],
    "admin_group": [("/admin/groups/{group}", FOR_ADMINISTRATORS), ("/admin/groups/{missing}", NO_SUCH_PAGE)],
    "admin_jobs": [("/admin/jobs", FOR_ADMINISTRATORS), ("/admin/jobs?show=failed", FOR_ADMINISTRATORS)],
    "admin_jobs_queue": [("/admin/jobs/queue", for_all(WRONG))],
    "admin_jobs_reprocess": [("/admin/jobs/reprocess", FOR_ADMINISTRATORS)],
    "admin_job": [("/admin/jobs/{job}", FOR_ADMINISTRATORS), ("/admin/jobs/999999", NO_SUCH_PAGE)],
    "admin_storage": [("/admin/storage", FOR_ADMINISTRATORS)],
    "admin_health": [("/admin/health", FOR_ADMINISTRATORS)],
    "probe": [("/smedia/probe/{missing}/play.mp4", NEVER), ("/smedia/probe/{item}/play.mp4", NEVER)],
    "probe_part": [("/uploads/probe/{missing}", NEVER)],
    "admin_providers": [("/admin/sign-in", FOR_ADMINISTRATORS)],
    "admin_second_factor": [("/admin/two-factor", FOR_ADMINISTRATORS)],
    "admin_public": [("/admin/public", FOR_ADMINISTRATORS)],
    "admin_links": [("/admin/links", FOR_ADMINISTRATORS)],
    "admin_embeds": [("/admin/embeds", FOR_ADMINISTRATORS)],
    "admin_site_keys": [("/admin/embeds/keys", FOR_ADMINISTRATORS)],
    "admin_site_key_remove": [
        ("/admin/embeds/keys/{key}/remove", FOR_ADMINISTRATORS),
        ("/admin/embeds/keys/{missing}/remove", NO_SUCH_PAGE),
    ],
    "admin_embed_end": [
        ("/admin/embeds/{embed}/end", FOR_ADMINISTRATORS),
        ("/admin/embeds/{missing}/end", NO_SUCH_PAGE),
    ],
    "admin_audit": [("/admin/audit", FOR_ADMINISTRATORS)],
    "admin_audit_csv": [("/admin/audit.csv", FOR_ADMINISTRATORS)],
    "admin_audit_event": [("/admin/audit/1", FOR_ADMINISTRATORS), ("/admin/audit/999999", NO_SUCH_PAGE)],
    "admin_group_delete": [("/admin/groups/{group}/delete", FOR_ADMINISTRATORS)],
    "view_as": [
        ("/view-as/{user}", FOR_ADMINISTRATORS.but(administrator=WRONG)),
        ("/view-as/{missing}", NO_SUCH_PAGE),
    ],
    "view_as_stop": [("/view-as/stop", for_all(WRONG))],
    "healthz": [("/healthz", PUBLIC)],
    "metrics": [("/metrics", NEVER)],
}


def every_row() -> Iterator[tuple[str, Row]]:
    return (row for rows in TABLE.values() for row in rows)


def facts_of(browser: TestApp, method: str, address: str, token: str) -> tuple[Any, ...]:
    """All of an answer but the address asked for, and what is new in every answer."""
    answer = ask(browser, method, address, {"csrf_token": token} if method == "POST" else None)
    assert answer.status_int in (303, NO, NOTHING, WRONG), (method, address)
    headers = [(name, ID_IN_TEXT.sub("-", value)) for name, value in answer.headerlist if name not in CHANGING]
    return answer.status_int, headers, ID_IN_TEXT.sub("-", answer.text.replace(token, "-"))


def answer_of(app: TestApp, address: str) -> Any:
    response = app.get(address, expect_errors=True)
    if response.status_int == 303 and "/login" in response.location:
        return LOGIN
    return response.status_int


def test_every_route_answers_every_visitor_as_the_table_says_and_reading_changes_nothing(
    world: World, installation: Installation
) -> None:
    before, wrong = dump(installation), []
    for route, rows in TABLE.items():
        for pattern, expected in rows:
            address = pattern.format(**world.ids)
            for visitor in VISITORS:
                wanted = getattr(expected, visitor)
                got = answer_of(world.browsers[visitor], address)
                if got != wanted:
                    wrong.append(f"{route}: {pattern} for {visitor}: {got}, not {wanted}")
    assert wrong == []
    assert dump(installation) == before


def test_the_token_of_a_player_is_good_in_addresses_of_its_files_and_nowhere_else(
    world: World, browser: Callable[[], TestApp]
) -> None:
    """An administrator's, in the place of everything else that opens something."""
    holder, token = browser(), world.ids["administered"]
    for name in ("session", "visit", "pm_frame"):
        holder.set_cookie(name, token)
    addresses = [(pattern.format(**world.ids), expected.nobody) for pattern, expected in every_row()]
    assert [address for address, wanted in addresses if answer_of(holder, address) != wanted] == []
    as_program = TestApp(holder.app, extra_environ={**holder.extra_environ, "HTTP_AUTHORIZATION": f"Bearer {token}"})
    opened = [address for address, wanted in addresses if wanted != OK and answer_of(as_program, address) in (OK, 206)]
    assert opened == []


def test_the_table_has_every_route_and_nothing_else(app: Any) -> None:
    routes = {route.name for route in app.registry.getUtility(IRoutesMapper).get_routes(include_static=True)}
    assert routes == set(TABLE)


def test_what_may_not_be_seen_is_missing_to_the_byte(world: World) -> None:
    wrong = []
    for visitor, browser in world.browsers.items():
        token = token_of(browser)
        for pattern, expected in every_row():
            if getattr(expected, visitor) not in (NOTHING, LOGIN) or not ID.search(pattern):
                continue
            # HEAD goes the way of GET: once for each kind of denial is enough.
            for method in ("GET", "HEAD", "POST") if FULL or visitor in ("nobody", "stranger") else ("GET",):
                denied, missing = (
                    facts_of(browser, method, address, token)
                    for address in (pattern.format(**world.ids), ID.sub(MISSING, pattern).format(**world.ids))
                )
                if denied != missing:
                    wrong.append(f"{method} {pattern} for {visitor}: {denied} and {missing}")
    assert wrong == []


def test_who_may_not_open_a_page_may_not_send_its_form(world: World, installation: Installation) -> None:
    wrong = []
    for visitor, browser in world.browsers.items():
        token, before = token_of(browser), dump(installation)
        for pattern, expected in every_row():
            if getattr(expected, visitor) not in (NOTHING, NO, LOGIN):
                continue
            answer = browser.post(pattern.format(**world.ids), {"csrf_token": token}, expect_errors=True)
            to_sign_in = answer.status_int == 303 and answer.location.partition("?")[0].endswith("/login")
            if answer.status_int not in (NO, NOTHING, WRONG, 401) and not to_sign_in:
                wrong.append(f"{pattern} by {visitor}: {answer.status}")
        if dump(installation) != before:
            wrong.append(f"{visitor} changed something")
    assert wrong == []


def test_whoever_sees_as_somebody_else_sends_no_form(world: World, installation: Installation) -> None:
    browser, before, wrong = world.browsers["view_as"], dump(installation), []
    token = token_of(browser)
    for route, rows in TABLE.items():
        if route in LEAVING:
            continue
        for pattern, _expected in rows:
            answer = browser.post(pattern.format(**world.ids), {"csrf_token": token}, expect_errors=True)
            if answer.status_int not in (NO, NOTHING, WRONG, ELSEWHERE, 410):
                wrong.append(f"{pattern}: {answer.status}")
    assert wrong == []
    assert dump(installation) == before


WITH_MOST_RIGHTS = ("nobody", "uploader", "manager", "administrator", "view_as", "link_holder")
"""What the others may do is a part of what one of these may."""


def test_no_route_changes_anything_without_its_token(world: World, installation: Installation) -> None:
    visitors = list(world.browsers) if FULL else WITH_MOST_RIGHTS
    before = dump(installation)
    wrong = []
    for pattern, _expected in every_row():
        address = pattern.format(**world.ids)
        for visitor in visitors:
            for method in ("post", "delete") if visitor in ("nobody", "administrator") else ("post",):
                response = getattr(world.browsers[visitor], method)(address, expect_errors=True)
                if response.status_int not in (303, 401, 403, 404, 405, 410, 422):
                    wrong.append(f"{method} {pattern} by {visitor}: {response.status_int}")
    assert wrong == []
    assert dump(installation) == before
