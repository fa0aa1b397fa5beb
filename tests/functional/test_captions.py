"""Captions and chapters: uploaded, mended, served by the gate, and gone again."""
from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp, TestResponse, Upload

from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.library.models import File, Version
from tests.functional.visitors import World, ask, token_of

VTT = """WEBVTT

00:00:01.000 --> 00:00:04.000 align:start
Warm the <b>housing</b>.

00:05.500 --> 00:08.000
Then wait.
"""
SRT = """1\r
00:00:01,000 --> 00:00:04,000\r
Så er avtrekkeren rett.\r
\r
2\r
00:00:05,000 --> 00:00:08,500\r
Nå!\r
"""


@pytest.fixture
def editor(world: World, installation: Installation) -> TestApp:
    with writing(installation.sessions) as session:
        session.scalars(select(Version)).one().duration = 600
    return world.browsers["editor"]


def add(browser: TestApp, world: World, content: bytes | str, **others: str) -> TestResponse:
    data = content if isinstance(content, bytes) else content.encode()
    fields = {"csrf_token": token_of(browser), "language": "nb", "label": "", "text": "", **others}
    named = {**fields, "file": Upload("captions.srt", data, "application/octet-stream")}
    return browser.post(f"/upload/captions/{world.ids['item']}", named, expect_errors=True)


def lines(browser: TestApp, world: World, text: str, language: str = "en", **others: str) -> TestResponse:
    fields = {"csrf_token": token_of(browser), "text": text, **others}
    return browser.post(f"/m/{world.ids['item']}/captions/{language}", fields, expect_errors=True)


def served(installation: Installation, world: World, name: str) -> str:
    """The text behind a name, as the front server would send it."""
    answer = world.browsers["viewer"].get(f"/smedia/{world.ids['item']}/{name}")
    assert answer.headers["Content-Type"] == "text/vtt"
    path = answer.headers["X-Accel-Redirect"].removeprefix("/pmedia/")
    return (installation.storage.private / path).read_text()


def test_a_subrip_file_becomes_captions_that_viewers_see(
    editor: TestApp, world: World, installation: Installation
) -> None:
    answer = add(editor, world, SRT)
    assert answer.status_int == 303, answer
    assert "Norwegian" in answer.follow()
    assert "00:00:01.000 --> 00:00:04.000\nSå er avtrekkeren rett." in served(installation, world, "captions-nb.vtt")
    page = world.browsers["viewer"].get(f"/m/{world.ids['item']}")
    track = page.html.select_one("track[srclang=nb]")
    assert track["src"] == f"/smedia/{world.ids['item']}/captions-nb.vtt"
    assert track["kind"] == "subtitles"
    assert track["label"] == "Norsk bokmål"
    assert "default" not in track.attrs


def test_what_webvtt_allows_in_a_caption_stays_and_nothing_else(
    editor: TestApp, world: World, installation: Installation
) -> None:
    hostile = (
        "WEBVTT\n\nSTYLE\n::cue { background: url(//evil.example) }\n\n"
        "00:01.000 --> 00:02.000 line:0 region:x onload=1\n"
        '<script>alert(1)</script><v Leila>Now <i onclick="x">pull</i> & <img src=x onerror=y>push <b>hard\n\n'
        "00:03.000 --> 00:04.000\n{\\an8}<font color=red>5 < 6</font> &lt;b&gt; \u202eback\n"
    )
    assert lines(editor, world, hostile).status_int == 303
    text = served(installation, world, "captions-en.vtt")
    assert "alert(1)<v Leila>Now <i>pull</i> &amp; push <b>hard</b></v>" in text
    assert "5 &lt; 6 &lt;b&gt; back" in text
    assert "line:0\n" in text
    for gone in ("script", "onclick", "onerror", "STYLE", "evil", "region", "onload", "font", "an8", "\u202e"):
        assert gone not in text
    page = world.browsers["viewer"].get(f"/m/{world.ids['item']}")
    assert "Leila: Now pull &amp; push hard" in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose a file, or paste the captions."),
        (b"\0\1\2", "it holds more than text"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\na\0b\n", "it holds more than text"),
        (bytes(range(256)) * 40, "This is no text"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 100, "This is no text"),
        (b"WEBVTT\n", "There is no caption in this file."),
        (b"[Script Info]\nTitle: x\n", "This is a file of SubStation Alpha"),
        (b"<!doctype html><script>alert(1)</script>", "This is a web page or an XML file."),
        (b"just words\n", "Line 1:"),
        (b"WEBVTT\n\n00:99.000 --> 00:02.000\na\n", "is no time"),
        (b"WEBVTT\n\n00:04.000 --> 00:02.000\na\n", "The caption ends before it begins."),
        (b"1\n00:00:01 --> 00:00:02\na\n", "Line 2: “00:00:01 --&gt; 00:00:02” is no time"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n" + "x" * 2001, "has 2001 characters; 2000 is the most"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_and_nothing_changes(
    editor: TestApp, world: World, installation: Installation, content: bytes | str, sentence: str
) -> None:
    before = served(installation, world, "captions-en.vtt")
    answer = add(editor, world, content, language="en")
    assert answer.status_int == 422
    assert sentence in answer
    assert served(installation, world, "captions-en.vtt") == before


def test_mistakes_are_told_by_their_lines_and_the_text_is_there_to_be_mended(editor: TestApp, world: World) -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nGood.\n\nno time here\n\n00:09.000 --> 00:03.000\nBackwards.\n"
    answer = add(editor, world, text, language="en")
    assert answer.status_int == 422
    assert "2 lines cannot be read." in answer
    assert "Line 6: There is text without a time above it" in answer
    assert "Line 8: The caption ends before it begins." in answer
    assert answer.html.select_one("textarea[name=text]").text.strip() == text.strip()
    mended = lines(editor, world, text.replace("no time here\n\n", "").replace("00:09", "00:02"))
    assert mended.status_int == 303


def test_a_file_that_is_too_large_is_refused(editor: TestApp, world: World) -> None:
    answer = add(editor, world, b"WEBVTT\n\n" + b"x" * 10_000_000)
    assert answer.status_int == 413
    assert "1 MB is the most" in answer


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_taken_without_asking(
    editor: TestApp, world: World, installation: Installation, encoding: str
) -> None:
    assert add(editor, world, SRT.encode(encoding)).status_int == 303
    assert "Nå!" in served(installation, world, "captions-nb.vtt")


def test_where_the_file_does_not_tell_its_charset_one_sees_what_each_gives(
    editor: TestApp, world: World, installation: Installation
) -> None:
    polish = SRT.replace("Så er avtrekkeren rett.", "Zażółć gęślą jaźń.")
    asked = add(editor, world, polish.encode("cp1250", "replace"), language="pl", label="Polski")
    assert asked.status_int == 200
    assert "Which of these reads right?" in asked
    assert "Zażółć gęślą jaźń." in asked
    form = asked.forms["charset-form"]
    form["charset"] = "cp1250"
    assert form.submit().status_int == 303
    assert "Zażółć gęślą jaźń." in served(installation, world, "captions-pl.vtt")


def test_what_was_set_aside_is_for_whoever_sent_it_and_for_one_item(editor: TestApp, world: World) -> None:
    asked = add(editor, world, SRT.encode("latin-1"))
    fields = {name: asked.forms["charset-form"][name].value for name in ("ticket", "language", "label", "do")}
    address = f"/m/{world.ids['item']}/captions"
    for browser, ticket in (
        (world.browsers["manager"], fields["ticket"]),
        (editor, "0" * 32 + fields["ticket"][32:]),
        (editor, "../../x"),
    ):
        sent = {**fields, "ticket": ticket, "charset": "cp1252", "csrf_token": token_of(browser)}
        answer = browser.post(address, sent, expect_errors=True)
        assert answer.status_int == 422
        assert "Send it again." in answer
    wrong = {**fields, "charset": "utf-7", "csrf_token": token_of(editor)}
    assert "Choose another" in editor.post(address, wrong, status=422)


def test_captions_that_overlap_are_kept_and_looked_at(
    editor: TestApp, world: World, installation: Installation
) -> None:
    text = "WEBVTT\n\n07:06.000 --> 07:12.800\nWarm it.\n\n07:12.000 --> 07:19.600\nNot the bearing.\n"
    page = lines(editor, world, text).follow()
    assert "1 line to look at." in page
    assert "Starts 0.8 s before the line above ends." in page
    form = page.forms["lines-form"]
    assert form.submit("mend").status_int == 303
    assert "00:07:12.800 --> 00:07:19.600" in served(installation, world, "captions-en.vtt")


def test_replaced_captions_leave_nothing_of_the_old_file(
    editor: TestApp, world: World, installation: Installation
) -> None:
    folder = installation.storage.version_folder(world.ids["item"], 1)
    lines(editor, world, VTT)
    lines(editor, world, VTT.replace("wait", "listen"))
    found = list(folder.glob("captions-en*"))
    assert len(found) == 1
    assert "listen" in found[0].read_text()
    with reading(installation.sessions) as session:
        assert session.scalars(select(File.size).where(File.name == "captions-en.vtt")).one() == found[0].stat().st_size


def test_captions_are_renamed_and_deleted(editor: TestApp, world: World, installation: Installation) -> None:
    address = f"/m/{world.ids['item']}/captions"
    named = {"csrf_token": token_of(editor), "do": "rename", "language": "en", "label": "English, for the deaf"}
    assert "English, for the deaf" in editor.post(address, named).follow()
    assert editor.post(address, {**named, "label": " "}, status=422)
    assert editor.post(address, {**named, "language": "fr"}, status=404)
    assert editor.post(address, {**named, "do": "burn"}, status=400)
    gone = {"csrf_token": token_of(editor), "do": "remove", "language": "en"}
    assert "The captions are deleted." in editor.post(address, gone).follow()
    world.browsers["viewer"].get(f"/smedia/{world.ids['item']}/captions-en.vtt", status=404)
    folder = installation.storage.version_folder(world.ids["item"], 1)
    assert list(folder.glob("captions*")) == []


@pytest.mark.parametrize("language", ["", "xx-not-one", "../en", "en/../../x", "EN_us_x_y", "<b>"])
def test_what_is_no_language_is_refused(editor: TestApp, world: World, language: str) -> None:
    answer = add(editor, world, VTT, language=language)
    assert answer.status_int == 422
    assert "Choose the language the captions are in." in answer


def test_only_with_edit_may_one_send_captions_and_a_forged_form_never(world: World, editor: TestApp) -> None:
    for name, status in (("viewer", 403), ("stranger", 404), ("view_as", 403)):
        assert add(world.browsers[name], world, VTT).status_int == status
    assert add(editor, world, VTT, csrf_token="made up").status_int == 403


def test_what_was_done_stands_in_the_log(editor: TestApp, world: World, installation: Installation) -> None:
    add(editor, world, SRT)
    add(editor, world, b"\0")
    with reading(installation.sessions) as session:
        found = session.scalars(select(Event).where(Event.kind == "captions.put").order_by(Event.id)).all()
    assert [(event.outcome, event.target) for event in found] == [
        ("done", f"item:{world.ids['item']}"),
        ("denied", f"item:{world.ids['item']}"),
    ]


def test_the_transcript_is_text_with_links_that_work_without_script(editor: TestApp, world: World) -> None:
    lines(editor, world, VTT)
    page = world.browsers["viewer"].get(f"/m/{world.ids['item']}")
    link = page.html.select("a[data-line]")[1]
    assert link.text == "0:05Then wait."
    assert link["href"] == f"/m/{world.ids['item']}?t=5.5#t=5.5"
    whole = world.browsers["viewer"].get(f"/m/{world.ids['item']}/transcript?q=HOUSING")
    assert "1 line with “HOUSING”" in whole
    assert "Then wait." not in whole


def put_chapters(browser: TestApp, world: World, text: str) -> TestResponse:
    fields = {"csrf_token": token_of(browser), "chapters": text}
    return browser.post(f"/m/{world.ids['item']}/chapters", fields, expect_errors=True)


def test_chapters_are_typed_one_a_line(editor: TestApp, world: World, installation: Installation) -> None:
    answer = put_chapters(editor, world, "4:06 Draw the <old> bearing\n0:00 Lockout & tools\n")
    assert answer.status_int == 303
    text = served(installation, world, "chapters.vtt")
    assert "00:00:00.000 --> 00:04:06.000\nLockout &amp; tools" in text
    assert "00:04:06.000 --> 00:10:00.000\nDraw the &lt;old&gt; bearing" in text
    page = world.browsers["viewer"].get(f"/m/{world.ids['item']}")
    assert [link["data-chapter"] for link in page.html.select("a[data-chapter]")] == ["0.0", "246.0"]
    assert page.html.select_one("track[kind=chapters]")["src"] == f"/smedia/{world.ids['item']}/chapters.vtt"
    typed = editor.get(f"/m/{world.ids['item']}/chapters").html.select_one("textarea[name=chapters]").text.strip()
    assert typed == "0:00 Lockout & tools\n4:06 Draw the <old> bearing"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Draw the bearing", "Line 1: A chapter looks like this"),
        ("0:00 A\n\n4:76 B", "Line 3: A chapter looks like this"),
        ("0:00 A\n0:00 B", "Line 2: Two chapters begin at 0:00."),
        ("0:00 A\n11:00 B", "Line 2: The chapter begins at 11:00, after the end."),
        ("0:00 " + "x" * 201, "has 201 characters; 200 is the most"),
        ("\n".join(f"{n // 60}:{n % 60:02} x" for n in range(201)), "There are more than 200 chapters."),
    ],
)
def test_what_is_wrong_with_chapters_is_told_by_its_line(
    editor: TestApp, world: World, text: str, sentence: str
) -> None:
    answer = put_chapters(editor, world, text)
    assert answer.status_int == 422
    assert sentence in answer
    assert answer.html.select_one("textarea[name=chapters]").text.strip() == text.strip()


def test_an_empty_list_takes_the_chapters_away(editor: TestApp, world: World) -> None:
    assert put_chapters(editor, world, " \n").status_int == 303
    assert world.browsers["viewer"].get(f"/smedia/{world.ids['item']}/chapters.vtt", status=404)
    assert "data-chapter=" not in world.browsers["viewer"].get(f"/m/{world.ids['item']}")


def test_captions_of_what_has_no_time_are_nowhere(world: World, editor: TestApp, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        session.scalars(select(Version)).one().item.kind = "image"
    for page in ("captions", "chapters", "captions/en"):
        editor.get(f"/m/{world.ids['item']}/{page}", status=404)


def test_captions_that_came_for_a_file_since_replaced_are_refused(
    editor: TestApp, world: World, installation: Installation, monkeypatch: Any
) -> None:
    from privmedia.captions import views

    def replaced(item: Any) -> Any:
        place = original(item)
        return type(place)(place.item_id, place.uid, place.number + 1)

    original = views.place_of
    folder = installation.storage.version_folder(world.ids["item"], 2)
    folder.mkdir()
    monkeypatch.setattr(views, "place_of", replaced)
    answer = lines(editor, world, VTT)
    assert answer.status_int == 409
    assert "The file was replaced in the meantime." in answer
    assert list(folder.iterdir()) == []


def test_a_missing_item_and_a_hidden_one_answer_alike(world: World) -> None:
    stranger = world.browsers["stranger"]
    sent = {"csrf_token": token_of(stranger)}
    for pattern in ("/upload/captions/{}", "/m/{}/captions", "/m/{}/chapters", "/m/{}/captions/en"):
        there = ask(stranger, "POST", pattern.format(world.ids["item"]), sent)
        missing = ask(stranger, "POST", pattern.format(world.ids["missing"]), sent)
        assert there.status_int == missing.status_int == 404
        assert there.text.replace(world.ids["item"], "") == missing.text.replace(world.ids["missing"], "")


@pytest.mark.both_databases
def test_what_is_said_is_found_by_whoever_may_see_it_until_it_is_taken_away(editor: TestApp, world: World) -> None:
    lines(editor, world, VTT.replace("housing", "cofferdam"))
    put_chapters(editor, world, "0:00 Ballast pumping")
    viewer = world.browsers["viewer"]
    found = viewer.get("/search?q=cofferdam")
    assert "Bearing" in found
    assert f"/m/{world.ids['item']}?t=1#t=1" in found
    assert "Bearing" in viewer.get("/search?q=ballast")
    assert "Bearing" not in world.browsers["stranger"].get("/search?q=cofferdam")
    editor.post(
        f"/m/{world.ids['item']}/captions", {"csrf_token": token_of(editor), "do": "remove", "language": "en"}
    )
    put_chapters(editor, world, "")
    assert "Bearing" not in viewer.get("/search?q=cofferdam")
    assert "Bearing" not in viewer.get("/search?q=ballast")


def test_a_long_transcript_is_shown_in_parts_and_no_page_reads_its_file(
    editor: TestApp, world: World, installation: Installation
) -> None:
    minutes = [f"{n // 60:02}:{n % 60:02}" for n in range(2500)]
    long = "WEBVTT\n\n" + "\n\n".join(f"{m}.000 --> {m}.900\nWord {n}" for n, m in enumerate(minutes))
    assert lines(editor, world, long).status_int == 303
    viewer, item = world.browsers["viewer"], f"/m/{world.ids['item']}"
    for file in installation.storage.version_folder(world.ids["item"], 1).glob("captions-*"):
        file.unlink()
    page = viewer.get(item).html
    assert len(page.select(".tline")) == 1000
    whole = viewer.get(page.find("a", string="Show the whole transcript")["href"]).html
    later = viewer.get(whole.select_one("a[rel=next]")["href"]).html
    assert later.select(".tline")[0].text.endswith("Word 1000")
    last = viewer.get(later.select_one("a[rel=next]")["href"]).html
    assert (len(last.select(".tline")), last.select_one("a[rel=next]")) == (500, None)
    found = viewer.get(f"{item}/transcript", {"q": "word 24"}).html
    assert [line.text.split()[-1] for line in found.select(".tline")][:3] == ["24", "240", "241"]
    assert viewer.get(f"{item}/transcript", {"part": "99"}).html.select(".tline")[-1].text.endswith("Word 2499")


def test_the_second_of_two_who_edit_at_once_is_told_and_overwrites_nothing(
    editor: TestApp, world: World, installation: Installation
) -> None:
    address = f"/m/{world.ids['item']}/captions/en"
    one, other = editor.get(address).forms["lines-form"], editor.get(address).forms["lines-form"]
    one["text"] = "WEBVTT\n\n00:01.000 --> 00:02.000\nMine.\n"
    assert one.submit().status_int == 303
    other["text"] = "WEBVTT\n\n00:01.000 --> 00:02.000\nTheirs.\n"
    told = other.submit(expect_errors=True)
    assert told.status_int == 409
    assert "Somebody has saved other lines while this page was open." in told
    assert "Theirs." in told.html.select_one("textarea[name=text]").text
    assert "Mine." in served(installation, world, "captions-en.vtt")
    again = told.forms["lines-form"].submit(expect_errors=True)
    assert again.status_int == 409
    over = again.html.select_one("button[name=over]")
    assert over["form"] == "lines-form"
    fields = {**dict(again.forms["lines-form"].submit_fields()), "over": over["value"]}
    assert editor.post(address, fields).status_int == 303
    assert "Theirs." in served(installation, world, "captions-en.vtt")


def test_pressing_twice_saves_once_and_says_nothing_of_others(
    editor: TestApp, world: World, installation: Installation
) -> None:
    form = editor.get(f"/m/{world.ids['item']}/captions/en").forms["lines-form"]
    form["text"] = "WEBVTT\n\n00:01.000 --> 00:02.000\nMine.\n"
    assert [form.submit().status_int, form.submit().status_int] == [303, 303]


def test_chapters_that_somebody_else_has_saved_are_not_overwritten(editor: TestApp, world: World) -> None:
    address = f"/m/{world.ids['item']}/chapters"
    one, other = editor.get(address).forms["lines-form"], editor.get(address).forms["lines-form"]
    one["chapters"], other["chapters"] = "0:00 Mine", "0:00 Theirs"
    assert one.submit().status_int == 303
    told = other.submit(expect_errors=True)
    assert (told.status_int, told.html.select_one("textarea").text.strip()) == (409, "0:00 Theirs")
    assert editor.get(address).html.select_one("textarea").text.strip() == "0:00 Mine"
