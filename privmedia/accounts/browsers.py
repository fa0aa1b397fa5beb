"""What a browser calls itself, in words for the list of sessions. A hint, not a fact: anybody can claim anything."""
from __future__ import annotations

# The first that fits: every browser also claims to be those that come after it.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


HANDHELD = ("iPhone", "iPad", "Android")


def is_handheld(user_agent: str) -> bool:
    """Whether it says that it is a telephone or a tablet."""
    return any(mark in user_agent for mark in HANDHELD)


def browser_in_words(user_agent: str) -> str:
    """`Firefox on Linux`; `Unknown browser` for what cannot be told."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown browser"
