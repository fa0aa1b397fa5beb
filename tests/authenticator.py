"""An authenticator app, as tests hold it in their hands."""
from __future__ import annotations

import re
from typing import Any

import pyotp
from webtest import TestApp

from tests.conftest import FakeClock

STEP = 30


class App:
    """The app of one person, set up on the pages. `codes` are the recovery codes that were shown."""

    def __init__(self, browser: TestApp, clock: FakeClock) -> None:
        self.clock = clock
        page = browser.get("/account/two-factor")
        self.secret = secret_on(page)
        form = page.forms["two-factor-form"]
        form["code"] = self.code()
        shown = form.submit(status=200)
        self.codes = codes_on(shown)

    def code(self, steps: int = 0) -> str:
        """What it shows now, or so many steps later."""
        return pyotp.TOTP(self.secret).at(int(self.clock().timestamp()) + steps * STEP)

    def next_code(self) -> str:
        """The code after the one that was shown last."""
        self.clock.forward(seconds=STEP)
        return self.code()


def secret_on(page: Any) -> str:
    return str(page.forms["two-factor-form"]["secret"].value).partition(".")[0]


def codes_on(page: Any) -> list[str]:
    """The recovery codes that a page shows."""
    found = re.search(r'id="recovery-codes"[^>]*>([^<]*)<', page.text)
    assert found is not None
    return found[1].split()
