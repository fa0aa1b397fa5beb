"""Why statements of front servers' configurations matter: the first pattern that fits `place: statement` counts."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

Reasons = Sequence[tuple[str, str]]

_OPEN = "Without it private files can be fetched by their address, without a decision."
_COMPRESSED = "Compressed files lose their ranges, so that nobody can jump in a film, and pages betray their secrets."
_STEERED = "A client could name a file, an address or a key of its own, and be believed."
_PROTECTED = (
    "What was uploaded would run in the site's name, be kept by others' caches, or be taken for what it is not: the "
    "front server drops or adds these headers, not the application."
)
_UPLOADS = "Uploads would be refused, cut off, or taken in before the application has said yes."
_LOGGED = "Addresses that open something by themselves would stand in the log."
_SLOW = "Slow clients would hold connections for as long as they like, or slow answers be cut off."
_ELSEWHERE = "It leads elsewhere than to this installation."
_RANGES = "Many ranges in one request cost more than the whole file, and players expect one answer from all servers."
_TYPES = "Public files, scripts and styles would go out under a type that browsers refuse."
_CACHED = "A right that was taken away would count later than is said, or one person's decision be another's."
_CACHE_ADDED = "Answers that are for one person would be kept and given to others."

REASONS: Mapping[str, Reasons] = {
    "nginx": (
        (r"pmedia/: internal", _OPEN),
        (r"pmedia/: $", "Only here nginx sends private files, and never to who asks for them by this address."),
        (r"pmedia/: alias", "It needs the slash in both places: without it files of neighbouring folders are sent."),
        (r": sendfile", "Files would be sent slower than need be: read and written piece by piece."),
        (r"privmedia-decides|privmedia_nobody|_cache|privmedia_decisions|auth_request", _CACHED),
        (r": disable_symlinks", "A link in the storage could lead to any file of this machine."),
        (r": max_ranges", _RANGES),
        (r": gzip", _COMPRESSED),
        (r"_set_header|_param", _STEERED),
        (r": add_header|error_page|media_gone|map \$upstream_http", _PROTECTED),
        (r"upload|body_size|buffering|lingering|body_|part_too", _UPLOADS),
        (r"log_format|access_log|error_log|privmedia_address", _LOGGED),
        (r"limit_conn|limit_rate", "The limits that the settings name would not be kept."),
        (r"timeout|reset_timedout|large_client", _SLOW),
        (r"upstream|_pass|server_name|listen|ssl_|return", _ELSEWHERE),
        (r"types|default_type", _TYPES),
        (r"alias|sendfile|tcp_nopush|aio", "Files would be missing, or sent slower than need be."),
    ),
    "apache": (
        (r"xsendfile", "Apache would send empty answers in place of private files, or files from elsewhere."),
        (r"maxrange", _RANGES),
        (r"no-gzip|no-brotli|deflate", _COMPRESSED),
        (r"requestheader|proxypreservehost|proxyaddheaders", _STEERED),
        (r"header|errordocument", _PROTECTED),
        (r"limitrequestbody", _UPLOADS),
        (r"privmedia_address|log", _LOGGED),
        (r"timeout|limitrequest", _SLOW),
        (r"proxy|allowencoded|servername|serveralias|ssl|redirect|protocols", _ELSEWHERE),
        (r"addtype", _TYPES),
        (r"options|allowoverride|require|alias", "Files would be missing, or more of this machine be shown."),
    ),
    "lighttpd": (
        (r"x-sendfile|proxy.server", "Without `x-sendfile-docroot` lighttpd sends any file of this machine."),
        (r"range", _RANGES),
        (r"set-request-header", _STEERED),
        (r"set-response-header", _PROTECTED),
        (r"request-size|request-body|field-size", _UPLOADS),
        (r"log", _LOGGED),
        (r"idle", _SLOW),
        (r"mimetype", _TYPES),
        (r"symlink|dir-listing", "More of this machine would be shown than meant."),
    ),
    "caddy": (
        (r"status|@decided|handle_response|rewrite|header_down", "Caddy would send the file along with a refusal."),
        (r"range|if-", _RANGES),
        (r"header_up", _STEERED),
        (r"copy_response|include|header|csp|vary|etag|last-modified|content-|x-|referrer|cross-", _PROTECTED),
        (r"max_size|request_body|@parts|@forms|@body", _UPLOADS),
        (r"log|uri|format|fields|output", _LOGGED),
        (r"timeout|timeouts|read_|idle", _SLOW),
        (r"protocols", "One client of HTTP/2 can keep this version of Caddy busy (CVE-2023-44487)."),
    ),
}

_BY_ADDRESS = "Decisions belong to the application alone."
ADDED: Mapping[str, Reasons] = {
    "nginx": (
        (r"pmedia/: (?:root|rewrite|try_files|proxy_pass|mp4|flv|slice|dav_methods|open_file_cache)",
         "With it nginx has sent other files than the application named, or had holes that were mended later."),
        (r"p?media/: (?:expires|add_header cache-control)", "It replaces what the application says, so that browsers "
         "and caches keep private files without asking again."),
        (r": gzip on|: brotli on", _COMPRESSED),
        (r": (?:proxy|uwsgi|fastcgi)_(?:cache|store) (?!off)", _CACHE_ADDED),
        (r": (?:proxy|uwsgi)_ignore_headers .*x-accel-redirect", "nginx would send no files, and show where they lie."),
        (r": (?:proxy|uwsgi)_pass_header .*x-accel", "It shows clients where files lie."),
        (r": autoindex on", "It lists files that nobody was shown."),
        (r": (?:mp4|flv)$", "It reads uploaded films inside nginx, and has had holes time and again."),
        (r": set_real_ip_from (?:0\.0\.0\.0/0|::/0)", "Anybody could say any address of his own."),
    ),
    "apache": (
        (r": xsendfilepath", "It lets the application's answers name files elsewhere."),
        (r": (?:cacheenable|cacheroot)", _CACHE_ADDED),
        (r": setoutputfilter deflate|: addoutputfilterbytype", _COMPRESSED),
        (r": options .*indexes", "It lists files that nobody was shown."),
    ),
    "lighttpd": (
        (r": (?:deflate|compress)", _COMPRESSED),
        (r": dir-listing.activate = enable", "It lists files that nobody was shown."),
        (r": cgi\.|: fastcgi\.", _BY_ADDRESS),
    ),
    "caddy": (
        (r"handle \S*: encode|site: encode", _COMPRESSED),
        (r": file_server browse", "It lists files that nobody was shown."),
    ),
}
"""What nobody needs here and what it would do."""

SINGLE = frozenset(
    {
        "internal", "alias", "root", "disable_symlinks", "sendfile", "tcp_nopush", "aio", "max_ranges", "autoindex",
        "index", "gzip", "gzip_types", "gzip_vary", "server_name", "access_log", "error_log", "server_tokens",
        "client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_timeout",
        "reset_timedout_connection", "large_client_header_buffers", "client_max_body_size", "default_type",
        "proxy_pass", "uwsgi_pass",
        "proxy_request_buffering", "uwsgi_request_buffering", "lingering_time", "lingering_timeout", "auth_request",
        "client_body_temp_path", "client_body_in_file_only", "proxy_pass_request_body", "uwsgi_pass_request_body",
        "proxy_connect_timeout", "proxy_send_timeout", "proxy_read_timeout", "proxy_buffers", "proxy_http_version",
        "proxy_redirect", "proxy_max_temp_file_size", "uwsgi_connect_timeout", "uwsgi_send_timeout", "limit_rate",
        "uwsgi_read_timeout", "uwsgi_buffers", "uwsgi_max_temp_file_size", "log_not_found", "return", "keepalive",
        "server", "ssl_certificate", "ssl_certificate_key", "ssl_protocols", "ssl_session_cache", "limit_conn_status",
        "ssl_session_tickets", "log_format", "expires", "default", "proxy_cache", "proxy_cache_key",
        # Apache, by their names in small letters.
        "xsendfile", "xsendfilepath", "maxranges", "proxypreservehost", "proxyrequests", "proxyaddheaders",
        "limitrequestbody", "timeout", "keepalivetimeout", "requestreadtimeout", "errorlog", "errorlogformat",
        "customlog", "servername", "sslengine", "sslcertificatefile", "sslcertificatekeyfile", "sslprotocol", "options",
        "allowoverride", "require", "serversignature", "servertokens", "traceenable", "allowencodedslashes", "loglevel",
        # Caddy.
        "rewrite", "max_size", "max_header_size", "read_header", "idle", "status", "bind", "admin", "dial_timeout",
    }
)
"""Statements of which the last one counts: another value is said in place of this one."""
