"""The settings: one frozen object, read once from the ini and the environment, every problem reported together."""
from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from privmedia.directory_settings import PREFIX as OF_THE_DIRECTORY
from privmedia.directory_settings import Directory, read_directory
from privmedia.errors import SettingsError
from privmedia.header_settings import PREFIX as OF_THE_HEADER
from privmedia.header_settings import TrustedHeader, read_header
from privmedia.mail_settings import MailServer, parse_mail_from, parse_mail_url
from privmedia.origins import origins_in
from privmedia.provider_settings import LOOPBACK, Provider, Source, read_providers
from privmedia.provider_settings import PREFIX as OF_PROVIDERS
from privmedia.text import LANGUAGES

FRONT_SERVERS = ("builtin", "nginx", "apache", "lighttpd", "caddy")
FAMILIES = (OF_PROVIDERS, OF_THE_DIRECTORY, OF_THE_HEADER)
"""What keys of several parts begin with; they are read elsewhere."""
ONLY_WITH_NGINX = ("decision_cache", "person_connections", "person_rate", "link_connections", "link_rate")
LINK_PASSWORDS = ("suggested", "required")
EMBED_OPEN = ("allowed", "forbidden")
SAMPLE_SECRETS = ("change-me", "changeme", "secret", "development", "sample", "example", "please-replace")
SHORTEST_SECRET = 32  # characters
UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class Attending(StrEnum):
    """What is shown of who watched: sums that name nobody, the names as well, or nothing, and then nothing is noted."""

    NUMBERS = "numbers"
    NAMES = "names"
    OFF = "off"


def parse_text(value: str) -> str:
    return value


def parse_path(value: str) -> Path:
    path = Path(value)
    if not path.is_absolute():
        raise ValueError("it has to be an absolute path")
    return path


def parse_size(value: str) -> int:
    """Bytes, from `512m`, `20 GB`, `1073741824`. Units are powers of 1024."""
    match = re.fullmatch(r"(\d+)\s*([bkmgt]?)i?b?", value.strip().lower())
    if match is None or int(match[1]) == 0:
        raise ValueError("it has to be a size such as 512m or 20g")
    return int(match[1]) * UNITS[match[2]]


def parse_rate(value: str) -> int:
    """Bytes in a second as parse_size reads them; 0 for no limit."""
    return 0 if value.strip() == "0" else parse_size(value)


def parse_connections(value: str) -> int:
    return _between(value, 0, 10_000, "connections")


def parse_decision_cache(value: str) -> int:
    """nginx counts whole seconds: one would be none."""
    if value.strip() not in ("0", "2", "3", "4", "5"):
        raise ValueError("it has to be 0, or 2 to 5 seconds")
    return int(value)


def parse_hours(value: str) -> int:
    return _between(value, 1, 24 * 365, "hours")


def parse_days(value: str) -> int:
    return _between(value, 30, 36500, "days")


def parse_some_days(value: str) -> int:
    return _between(value, 1, 3650, "days")


def one_of(choices: Collection[str]) -> Callable[[str], str]:
    """A reader of what is one of some words."""

    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"it has to be one of {', '.join(choices)}")
        return value

    return parse


def parse_who_watched(value: str) -> Attending:
    if value not in list(Attending):
        raise ValueError(f"it has to be one of {', '.join(Attending)}")
    return Attending(value)


def parse_origins(value: str) -> tuple[str, ...]:
    """Sites as browsers name them, with spaces or commas between them: `https://intranet.example.com`."""
    try:
        return origins_in(value)
    except ValueError as error:
        raise ValueError(str(error).rstrip(".")) from None


def parse_metrics_token(value: str) -> str:
    if len(value) < SHORTEST_SECRET or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError(f"it has to have {SHORTEST_SECRET} characters at least, without spaces: openssl rand -hex 32")
    return value


def parse_bcrypt_rounds(value: str) -> int:
    return _between(value, 4, 16, "rounds")


def parse_encoders(value: str) -> int:
    return _between(value, 0, 64, "conversions")


def parse_base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("it has to be an address such as https://media.example.com")
    if parts.path not in ("", "/"):
        raise ValueError("it has to be a host of its own, without a path")
    _ = parts.port  # raises for a port that is no number
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _between(value: str, lowest: int, highest: int, unit: str) -> int:
    if not value.strip().isdigit() or not lowest <= int(value) <= highest:
        raise ValueError(f"it has to be a whole number of {unit} from {lowest} to {highest}")
    return int(value)


def setting(
    help: str,
    parse: Callable[[str], Any] = parse_text,
    *,
    key: str = "",
    default: Any = MISSING,
    confidential: bool = False,
) -> Any:
    """A field of Settings: what it means, how its text is read, its key in the ini, its default.

    What is wrong with a confidential one is said without showing it.
    """
    metadata = {"help": help, "parse": parse, "key": key, "confidential": confidential}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings. `docs/settings.md` lists them; a test holds both equal."""

    sqlalchemy_url: str = setting("Database address, SQLite or PostgreSQL.", key="sqlalchemy.url")
    media_root: Path = setting("Folder of all files: incoming/, private/ and public/ lie in it.", parse_path)
    base_url: str = setting("The one address people use; any other Host answers 421.", parse_base_url)
    secret: str = setting(f"Key of all signatures, at least {SHORTEST_SECRET} random characters.")
    front_server: str = setting(
        "Who sends files: nginx, apache, lighttpd, caddy or builtin.", one_of(FRONT_SERVERS), default="builtin"
    )
    decision_cache: int = setting(
        "Seconds for which nginx keeps a yes; a right taken away counts only then. 0: none.",
        parse_decision_cache,
        default=0,
    )
    person_connections: int = setting(
        "Files one person fetches at once through nginx; 0: any number.", parse_connections, default=0
    )
    person_rate: int = setting(
        "Bytes a second on each connection of a person, e.g. 4m; 0: no limit.", parse_rate, default=0
    )
    link_connections: int = setting(
        "Files all who came by one share link fetch at once through nginx; 0: any number.", parse_connections, default=0
    )
    link_rate: int = setting("Bytes a second on each connection by a link, e.g. 2m; 0: none.", parse_rate, default=0)
    max_upload_size: int = setting("Largest file one may upload, e.g. 20g.", parse_size, default=20 * UNITS["g"])
    max_zip_size: int = setting(
        "Largest zip one may have made of originals, e.g. 10g.", parse_size, default=10 * UNITS["g"]
    )
    session_idle_hours: int = setting("Hours without a request after which one is signed out.", parse_hours, default=12)
    audit_days: int = setting("Days for which the audit log is kept; 30 at least.", parse_days, default=400)
    bcrypt_rounds: int = setting("Cost of password hashes; 12 takes about 0.3 s.", parse_bcrypt_rounds, default=12)
    link_longest_days: int = setting(
        "Days a share link may work at most, from when it is made or extended.", parse_some_days, default=365
    )
    link_passwords: str = setting(
        "Whether share links need a password: suggested or required.", one_of(LINK_PASSWORDS), default="suggested"
    )
    who_watched: Attending = setting(
        "What is shown of who watched: numbers, names, or off.", parse_who_watched, default=Attending.NUMBERS
    )
    who_watched_days: int = setting("Days for which what each has watched is kept.", parse_some_days, default=400)
    embed_sites: tuple[str, ...] = setting(
        "Sites of the intranet, on which players may be put as one choice: https://intranet.example.com, …",
        parse_origins,
        default=(),
    )
    embed_portals: tuple[str, ...] = setting(
        "Sites that frame those pages in turn, such as portals; added to every player's list.",
        parse_origins,
        default=(),
    )
    embed_open: str = setting(
        "Whether players may do without sign-in: allowed or forbidden.", one_of(EMBED_OPEN), default="allowed"
    )
    embed_signed: str = setting(
        "Whether a site with a key may vouch for people: allowed or forbidden.", one_of(EMBED_OPEN), default="allowed"
    )
    embed_signed_hours: int = setting("Hours for which the word of a site counts at most.", parse_hours, default=12)
    mail_url: MailServer | None = setting(
        "Mail server, e.g. smtp://user:password@mail.example.com:587.", parse_mail_url, default=None, confidential=True
    )
    mail_from: str = setting("Sender of letters; empty: privmedia@ the host of base_url.", parse_mail_from, default="")
    metrics_token: str = setting(
        "Key with which Prometheus reads /metrics; empty: nobody does.",
        parse_metrics_token,
        default="",
        confidential=True,
    )
    language: str = setting(
        "Language of letters and pages for whoever chose none: en or de.", one_of(LANGUAGES), default="en"
    )
    encoders: int = setting(
        "Conversions at once in the whole installation; 0: none by this machine's worker.", parse_encoders, default=1
    )
    ffmpeg: str = setting("The ffmpeg program; empty: the one in PATH, else the bundled one.", default="")
    static_root: Path = setting(
        "Folder of the built scripts and styles.", parse_path, default=Path(__file__).parent.parent / "static" / "dist"
    )

    providers: tuple[Provider, ...] = field(default=(), metadata={"family": True})
    """By whom people of the company sign in, beside their password here. See `provider_settings`."""
    directory: Directory | None = field(default=None, metadata={"family": True})
    """By whose passwords they sign in as well. See `directory_settings`."""
    header: TrustedHeader | None = field(default=None, metadata={"family": True})
    """The proxy that signs people in, if there is one. See `header_settings`."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """All of these, whatever the way."""
        return (*self.doors, *([self.directory] if self.directory else []))

    @property
    def doors(self) -> tuple[Source, ...]:
        """Those with an address where people are sent to sign in."""
        return (*self.providers, *([self.header] if self.header else []))

    @property
    def host(self) -> str:
        """The name of the site, without scheme and port."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def loopback(self) -> bool:
        """Whether the site is for this machine only."""
        return self.host in LOOPBACK

    @property
    def production(self) -> bool:
        """Whether other people rely on it: anything but the built-in sender on a loopback address."""
        return not (self.loopback and self.front_server == "builtin")

    @property
    def mail_works(self) -> bool:
        """Whether letters reach somebody: by a mail server, or in development whoever reads the worker's log."""
        return self.mail_url is not None or not self.production

    @property
    def secure(self) -> bool:
        """Whether people come by HTTPS, so that cookies may insist on it."""
        return self.base_url.startswith("https://")

    @classmethod
    def read(cls, ini: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> Settings:
        """Settings from the `[app:main]` section and the environment, which wins.

        Raises SettingsError with every wrong, missing or unknown value.
        """
        problems: list[str] = []
        values: dict[str, Any] = {}
        for item in single_settings():
            text = environ.get(environment_name(item), ini.get(ini_key(item)))
            if text is None or text.strip() == "":
                if item.default is MISSING:
                    problems.append(f"'{ini_key(item)}' is missing. {item.metadata['help']}")
                continue
            try:
                values[item.name] = item.metadata["parse"](text.strip())
            except ValueError as error:
                found = "cannot be used" if item.metadata["confidential"] else f"has the value '{text}'"
                problems.append(f"'{ini_key(item)}' {found}: {error}.")
        problems.extend(_unknown(ini))
        values["providers"], wrong = read_providers(ini, environ)
        problems.extend(wrong)
        values["directory"], wrong = read_directory(ini, environ)
        problems.extend(wrong)
        values["header"], wrong = read_header(ini, environ, values.get("front_server", "builtin"))
        problems.extend(wrong)
        if "secret" in values and (problem := _secret_problem(values["secret"], production=_is_production(values))):
            problems.append(problem)
        if "media_root" in values and "base_url" in values and _is_production(values):
            problems.extend(_media_root_problems(values["media_root"]))
        problems.extend(_needing_nginx(values))
        if problems:
            raise SettingsError(problems)
        return cls(**values)


def single_settings() -> list[Field[Any]]:
    """The settings that have one key each."""
    return [item for item in fields(Settings) if not item.metadata.get("family")]


def ini_key(item: Field[Any]) -> str:
    """The key of a setting in the ini."""
    return str(item.metadata["key"] or f"privmedia.{item.name}")


def environment_name(item: Field[Any]) -> str:
    """The name of a setting in the environment."""
    return f"PRIVMEDIA_{item.name.upper()}"


def _is_production(values: Mapping[str, Any]) -> bool:
    host = urlsplit(values.get("base_url", "")).hostname
    return not (host in LOOPBACK and values.get("front_server", "builtin") == "builtin")


def _needing_nginx(values: Mapping[str, Any]) -> list[str]:
    """What another front server would not do, and nobody would notice."""
    front = values.get("front_server", "builtin")
    set_ = [item for item in fields(Settings) if item.name in ONLY_WITH_NGINX and values.get(item.name)]
    return [f"'{ini_key(item)}' works with nginx only, not with {front}." for item in set_ if front != "nginx"]


def _unknown(ini: Mapping[str, str]) -> list[str]:
    known = [ini_key(item) for item in single_settings()]
    problems = []
    for key in ini:
        if key.startswith("privmedia.") and key not in known and not key.startswith(FAMILIES):
            near = difflib.get_close_matches(key, known, 1)
            problems.append(f"'{key}' is no setting." + (f" Did you mean '{near[0]}'?" if near else ""))
    return problems


def _secret_problem(secret: str, *, production: bool) -> str | None:
    if not production:
        return None
    if any(sample in secret.lower() for sample in SAMPLE_SECRETS):
        return "'privmedia.secret' is the sample one. Make your own: openssl rand -hex 32"
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < 8:
        return f"'privmedia.secret' is too short: {SHORTEST_SECRET} random characters at least. openssl rand -hex 32"
    return None


def _media_root_problems(root: Path) -> list[str]:
    if not root.is_dir():
        return [f"'privmedia.media_root' names '{root}', which is no folder."]
    problems = []
    devices = {name: (root / name).stat().st_dev for name in ("incoming", "private") if (root / name).is_dir()}
    here = root.stat().st_dev
    if devices.get("incoming", here) != devices.get("private", here):
        problems.append(
            f"'{root}/incoming' and '{root}/private' lie on different file systems. "
            "A finished upload could not be moved in one step: put both on one."
        )
    if not os.access(root, os.W_OK | os.X_OK):
        problems.append(f"'privmedia.media_root' names '{root}', where this user may not write.")
    return problems
