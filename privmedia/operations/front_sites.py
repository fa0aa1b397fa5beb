"""The front servers by the names they have in the settings."""
from __future__ import annotations

from collections.abc import Mapping

from privmedia.operations.front_apache import ApacheSite
from privmedia.operations.front_caddy import CaddySite
from privmedia.operations.front_lighttpd import LighttpdSite
from privmedia.operations.front_servers import FrontSite, NginxSite

SITES: Mapping[str, type[FrontSite]] = {
    each.server: each for each in (NginxSite, ApacheSite, LighttpdSite, CaddySite)
}
