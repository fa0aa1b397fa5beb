"""The table of docs/front-servers.md: what each front server does of itself, and what privmedia makes of it.

`python -m tests.contracts.front_table` writes it anew.
"""
from __future__ import annotations

import re
import tempfile
from pathlib import Path

from privmedia.access.permissions import Permission
from privmedia.delivery.headers import BARE_ANSWER_HEADERS, PRIVATE_FILE_HEADERS
from tests.contracts.alone import FILE, OUTSIDE, Alone, alone
from tests.sites import Answer, Site, started

PAGE = Path(__file__).parents[2] / "docs" / "front-servers.md"
COLUMNS = {
    "nginx": "nginx, gunicorn",
    "nginx+uwsgi": "nginx, uWSGI",
    "apache": "Apache",
    "lighttpd": "lighttpd",
    "caddy": "Caddy",
    "builtin": "builtin",
}
NONE = "—"
NAME = "%C3%9Cbung%20100%25.mp4"
CONTENT = bytes(range(256)) * 40


def column(site: Site, by_itself: Alone | None, front: str) -> dict[str, str]:
    """One column: by row what was seen."""
    return {**_of_itself(by_itself, front), **_with_privmedia(site)}


def _of_itself(server: Alone | None, front: str) -> dict[str, str]:
    rows = ("a refusal (403) that names a file", "that header on a refusal", "a file outside of `private/`")
    if server is None:
        return dict.fromkeys(rows, NONE)
    file, outside = _headers(front, server.private, "ab/file"), _headers(front, server.private, "../secret")
    assert server.ask(status="200", **file)[2] == FILE, "it can send a file at all"
    status, headers, body = server.ask(status="403", **file)
    steering = [name for name in file if headers[name.replace("_", "-")] is not None]
    sent = {FILE: f"sends the file, as {status}", b"": "empty answer"}.get(body, "passed on as it is")
    reached = "reaches the client" if steering else "taken away"
    refused = "sent" if server.ask(status="200", **outside)[2] == OUTSIDE else "refused"
    return dict(zip(rows, (sent, reached, refused), strict=True))


def _headers(front: str, private: Path, path: str) -> dict[str, str]:
    if front.startswith("nginx"):
        return {"X_Accel_Redirect": f"/pmedia/{path}"}
    if front == "caddy":
        return {"X_Accel_Redirect": f"/{path}", "X_Accel_Range": ""}
    return {"X_Sendfile": f"{private}/{path}"}


def _with_privmedia(site: Site) -> dict[str, str]:
    address = f"/smedia/{site.library.add_item(CONTENT, filename='Übung 100%.mp4')}/play.mp4"

    def ask(name: str = "member", method: str = "GET", **headers: str) -> Answer:
        spelled = {key.replace("_", "-"): value for key, value in headers.items()}
        return site.ask(address, name, method=method, headers=spelled)

    whole = ask()
    answers = {
        "200": whole,
        "206": ask(Range="bytes=5-9"),
        "304": ask(If_None_Match=whole.headers["ETag"]),
        "404": ask("stranger"),
        "416": ask(Range="bytes=999999-"),
    }
    protected = [said for said, answer in answers.items() if str(answer.status) == said and _is_protected(answer)]
    several, head = ask(Range="bytes=0-1,4-5"), ask(method="HEAD", Range="bytes=0-1")
    zipped = ask(Accept_Encoding="gzip")
    path = site.library.installation.storage.relative_path(address.split("/")[2], 1, "original")
    private = site.ask(f"/pmedia/{path}")
    return {
        "one range": f"{answers['206'].status}, {len(answers['206'].body)} bytes",
        "several ranges": f"{several.status}, {'whole' if several.body == CONTENT else 'parts'}",
        "a range outside": f"{answers['416'].status}",
        "HEAD with a range": f"{head.status}, {head.headers['Content-Length']} bytes said",
        "what the client has": f"{answers['304'].status}",
        "a stranger": f"{answers['404'].status}",
        "security headers on": " ".join(protected),
        "ETag by": "application" if re.search(r'"[0-9a-f]{16}-', whole.headers["ETag"]) else "front server",
        "compressed": "never" if zipped.headers["Content-Encoding"] is None else "yes",
        "a name with ü and %": "right" if NAME in whole.headers["Content-Disposition"] else "wrong",
        "`/pmedia/` from outside": f"{private.status}",
    }


def _is_protected(answer: Answer) -> bool:
    wanted = BARE_ANSWER_HEADERS if answer.status == 404 else PRIVATE_FILE_HEADERS
    return all(answer.headers[name] is not None for name in wanted)


def rendered(columns: dict[str, dict[str, str]]) -> str:
    """The table in Markdown."""
    rows = list(next(iter(columns.values())))
    head = ["", *(COLUMNS[name] for name in columns)]
    lines = [head, ["---"] * len(head), *([row, *(columns[name][row] for name in columns)] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def documented(page: str) -> dict[str, dict[str, str]]:
    """The columns of the table that stands in a page."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in _table(page).splitlines()]
    names = {title: name for name, title in COLUMNS.items()}
    head, _, *rows = lines
    return {names[title]: {row[0]: row[number] for row in rows} for number, title in enumerate(head) if title}


def _table(page: str) -> str:
    return page.partition("<!-- measured -->\n")[2].partition("\n<!-- /measured -->")[0]


def measured(name: str) -> dict[str, str]:
    """A column, of servers that are started for it."""
    front = name.partition("+")[0]
    with tempfile.TemporaryDirectory() as folder, started(Path(folder), name) as site:
        site.library.add_person("member", allow=Permission.VIEW | Permission.DOWNLOAD)
        site.library.add_person("stranger")
        if front == "builtin":
            return column(site, None, front)
        with tempfile.TemporaryDirectory() as other, alone(Path(other), front) as by_itself:
            return column(site, by_itself, front)


if __name__ == "__main__":
    page = PAGE.read_text()
    PAGE.write_text(page.replace(_table(page), rendered({name: measured(name) for name in COLUMNS})))
