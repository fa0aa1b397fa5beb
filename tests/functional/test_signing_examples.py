"""The examples of docs/signed-embeds.md: each says the seven lines in their order, and what it signs is taken."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.embedding.statements import FIRST_LINE, signature_of
from privmedia.installation import Installation
from tests.conftest import FakeClock
from tests.embeds import make_embed, make_site_key, tell
from tests.private_library import PrivateLibrary

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "signed-embeds"
SEVEN_LINES = [FIRST_LINE, "key", "item", "kind", "label", "expires", "nonce"]
LABEL = "Jonas Bäkke & Søn + 100 % #1"
RUN = {
    "sign.py": [sys.executable],
    "sign.mjs": ["node"],
    "sign.php": ["php"],
    "Sign.cs": ["dotnet", "run", "--project"],
}
SIGNED_BY = {
    "sign.py": 'hmac.new(secret.encode(), text.encode("utf-8"), hashlib.sha256).hexdigest()',
    "sign.mjs": 'createHmac("sha256", secret).update(text, "utf8").digest("hex")',
    "sign.php": "hash_hmac('sha256', $text, $secret)",
    "Sign.cs": "new HMACSHA256(Encoding.ASCII.GetBytes(secret))",
}


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin"}


@pytest.mark.parametrize("name", RUN)
def test_each_states_the_same_seven_lines_in_the_same_order_and_the_same_signature(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    (lines,) = re.findall(r"[\[(\"n', ]+(privmedia-embed-v1[^\n]*?nonce)\b", text)
    words = [re.sub(r"\(string\)|str\(|String\(|[\s$'\")\[\]]", "", word) for word in lines.split(",")]
    assert words == SEVEN_LINES
    assert SIGNED_BY[name] in text


def test_the_vector_in_the_documentation_is_right_and_each_example_that_can_run_here_says_the_same() -> None:
    page = (DOCS / "signed-embeds.md").read_text("utf-8")
    vector = dict(re.findall(r"^\| (\w+) \| `([^`]+)` \|$", page, re.MULTILINE))
    assert set(vector) == {"secret", "key", "item", "user", "expires", "nonce", "signature"}
    text = "\n".join((FIRST_LINE, vector["key"], vector["item"], "user", vector["user"], vector["expires"],
                      vector["nonce"]))
    assert signature_of(text, vector["secret"]) == vector["signature"]
    assert f"({FOLDER.name}/" in page
    said = {**vector, "kind": "user", "label": vector["user"], "expires": int(vector["expires"])}
    in_python = (
        f"import sys, json; sys.path.insert(0, {str(FOLDER)!r}); sys.dont_write_bytecode = True; import sign; "
        "said = json.loads(sys.argv[1]); names = ('secret', 'key', 'item', 'kind', 'label', 'expires', 'nonce'); "
        "print(sign.signature(**{name: said[name] for name in names}))"
    )
    in_javascript = (
        f"import {{ signature }} from {json.dumps((FOLDER / 'sign.mjs').as_uri())}; "
        "console.log(signature(JSON.parse(process.argv[1])))"
    )
    for command in ([sys.executable, "-c", in_python], ["node", "--input-type=module", "-e", in_javascript, "--"]):
        ran = subprocess.run([*command, json.dumps(said)], capture_output=True, text=True, check=True, timeout=30)
        assert ran.stdout.strip() == vector["signature"], command[0]


@pytest.mark.parametrize("name", RUN)
def test_what_each_example_signs_plays(
    name: str, installation: Installation, testapp: TestApp, tmp_path: Path, clock: FakeClock
) -> None:
    clock.now = datetime.now(UTC)  # as the examples know it
    program = RUN[name]
    if shutil.which(program[0]) is None:
        if name in ("sign.py", "sign.mjs"):
            pytest.fail(f"{program[0]} is needed")
        return  # the two tests above hold it to the recorded vector
    library = PrivateLibrary(installation)
    library.add_person("maker", allow=Permission.MANAGE)
    item = library.add_item(b"the film")
    key, secret = make_site_key(installation)
    embed = make_embed(installation, item, library.user_ids["maker"], audience="signed", key=key)
    file = FOLDER / name
    if name == "Sign.cs":
        shutil.copy(file, tmp_path)
        project = '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType>' \
            "<TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>"
        (tmp_path / "Sign.csproj").write_text(project)
        file = tmp_path
    site = "https://media.example.com"
    named = {"PRIVMEDIA_URL": site, "PRIVMEDIA_KEY": key, "PRIVMEDIA_SECRET": secret, "PYTHONDONTWRITEBYTECODE": "1"}
    separator = ["--"] if name == "Sign.cs" else []
    address = subprocess.run(
        [*program, str(file), *separator, embed, item, LABEL],
        env={**os.environ, **named}, capture_output=True, text=True, check=True, timeout=120,
    ).stdout.strip()
    parts = urlsplit(address)
    assert (f"{parts.scheme}://{parts.netloc}", parts.path, parts.query) == (site, f"/embed/{embed}", "")
    # As the frame reads it: URLSearchParams and this take a plus for a space alike.
    word: dict[str, Any] = dict(parse_qsl(parts.fragment, strict_parsing=True))
    assert word["user"] == LABEL
    answer = tell(testapp, f"/embed/{embed}/token", {"signed": word})
    assert answer.status_int == 200, answer.json
    assert testapp.get(f"{answer.json['base']}{item}/play.mp4").body == b"the film"
