"""What axe finds wrong with a page as it is now."""
from __future__ import annotations

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

DARK_PHONE = {"viewport": {"width": 390, "height": 900}, "color_scheme": "dark", "bypass_csp": True}
"""Options of a browser: where there is as little room and as little light as many have."""
SCRIPT = Axe().axe_script
# This axe is older than the word of WebAuthn for fields that browsers offer passkeys in.
TOO_NEW = 'autocomplete="username webauthn"'
# What has passed is not described: that takes longer than looking.
RUN = """(options) => axe.run({ resultTypes: ["violations"], ...options }).then((found) => found.violations)"""


def violations(page: Page, **options: object) -> list[str]:
    """Each rule that is broken: where, which, and the first element that breaks it. `options` are axe's own."""
    if page.evaluate("!window.axe"):
        page.evaluate(SCRIPT)
    found = page.evaluate(RUN, options)
    return [
        f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:160]}"
        for one in found
        if one["id"] != "autocomplete-valid" or any(TOO_NEW not in node["html"] for node in one["nodes"])
    ]


def faults(page: Page) -> list[str]:
    """The same, and how far the page is wider than its window."""
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return violations(page) + ([f"{page.url} is {over} px too wide"] if over > 0 else [])
