"""Signs players for the people of an intranet. Python 3.8 or later, its standard library alone."""
import hashlib
import hmac
import secrets
import time
from urllib.parse import urlencode


def signature(*, secret, key, item, kind, label, expires, nonce):
    """What the library expects: HMAC-SHA256 over seven lines, in hexadecimal digits."""
    text = "\n".join(["privmedia-embed-v1", key, item, kind, label, str(expires), nonce])
    return hmac.new(secret.encode(), text.encode("utf-8"), hashlib.sha256).hexdigest()


def signed_address(*, site, embed, item, key, secret, label, kind="user", lasts=4 * 3600):
    """The `src` of the player's <iframe>, for one person and one load of the page. `kind` is "user" or "group"."""
    expires, nonce = int(time.time()) + lasts, secrets.token_urlsafe(18)
    signed = signature(secret=secret, key=key, item=item, kind=kind, label=label, expires=expires, nonce=nonce)
    said = {"key": key, "item": item, kind: label, "expires": expires, "nonce": nonce, "signature": signed}
    return f"{site}/embed/{embed}#{urlencode(said)}"


if __name__ == "__main__":
    import os
    import sys

    # python sign.py EMBED ITEM "Jonas Bakke"
    embed, item, label = sys.argv[1:4]
    site, key, secret = (os.environ["PRIVMEDIA_" + name] for name in ("URL", "KEY", "SECRET"))
    address = signed_address(site=site, embed=embed, item=item, key=key, secret=secret, label=label)
    sys.stdout.write(f"{address}\n")
