"""What a page weighs and how far it jumps, as the browser itself measures it."""
from __future__ import annotations

import gzip
import re
from dataclasses import dataclass

from playwright.sync_api import Page

MOST_BYTES = 60_000
"""Of the HTML, and of all scripts together, compressed."""
MOST_SHIFT = 0.05
SHIFT = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
})"""


@dataclass(frozen=True)
class Weight:
    """Compressed bytes of the page and of all its scripts, how far it jumped, what came from another host."""

    html: int
    scripts: int
    shift: float
    elsewhere: list[str]


def weigh(page: Page, address: str) -> Weight:
    """Load a page that has not been loaded yet, and measure it."""
    bodies: dict[str, bytes] = {}

    def keep(answer: object) -> None:
        if answer.ok and answer.request.resource_type in ("document", "script"):  # type: ignore[attr-defined] # a Response
            bodies[answer.url] = answer.body()  # type: ignore[attr-defined]

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", keep)
    page.goto(address, wait_until="networkidle")
    host = re.match(r"https?://[^/]+/", page.url)
    assert host is not None
    scripts = [body for url, body in bodies.items() if url.endswith(".js")]
    assert scripts
    return Weight(
        html=len(gzip.compress(bodies[page.url.partition("#")[0]])),
        scripts=sum(len(gzip.compress(body)) for body in scripts),
        shift=page.evaluate(SHIFT),
        elsewhere=[url for url in asked if not url.startswith((host.group(), "data:", "blob:"))],
    )
