"""The kinds of letters the accounts have sent, by which their writers are found."""
from __future__ import annotations

RESET = "reset"
"""A link to a new password, for whoever has the address."""
CHANGED = "password-changed"
EMAIL = "email"
"""A link that proves a new address."""
MOVED = "email-changed"
"""To the address somebody had before."""
