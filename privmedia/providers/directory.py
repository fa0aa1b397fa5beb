"""The conversation with the company's directory: LDAP by ldap3, always over TLS, each question on a line of its own.

Nothing is asked for nobody: an empty password would be an anonymous bind, which servers take for a right one (RFC 4513,
section 5.1.2). Referrals are not followed: they would send passwords to whoever is named in an answer.
"""
from __future__ import annotations

import contextlib
import logging
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from privmedia.clock import Clock, utcnow
from privmedia.directory_settings import Directory
from privmedia.errors import SettingsError

log = logging.getLogger(__name__)

CONNECT, ANSWER = 4, 10
"""Seconds to reach a server, and to wait for each answer."""
LEFT_ALONE = timedelta(seconds=10)
PAGE = 500
"""Entries in one answer."""
MOST_GROUPS = 2000
PAGED = "1.2.840.113556.1.4.319"
SUCCESS, NO_SUCH_OBJECT = 0, 32
NO = frozenset({19, NO_SUCH_OBJECT, 48, 49, 50, 53})
"""Codes of RFC 4511 by which a server says that it does not let somebody in; any other is its own trouble."""
LONGEST_LOGIN = 254
LONGEST_PASSWORD = 1000
REFUSES_US = "it does not let us in by bind_dn and bind_password"
WITHOUT = (
    "'privmedia.ldap.servers' is set, and the package that speaks LDAP is missing: pip install 'privmedia[ldap]'."
)


class Unreachable(Exception):
    """No server answers as it should. The reason is for the log."""


@dataclass(frozen=True)
class Entry:
    """Somebody in the directory."""

    dn: str
    subject: str
    """What never changes."""
    login: str
    email: str
    name: str
    groups: tuple[str, ...] = ()
    """Each by its name and by its DN."""


def require_package() -> None:
    """Raise SettingsError if ldap3, which only those need who have a directory, is not installed."""
    if find_spec("ldap3") is None:
        raise SettingsError([WITHOUT])


class Client:
    """Questions to the directory. Needs no database, and is asked while no transaction is open."""

    def __init__(self, directory: Directory, clock: Clock = utcnow) -> None:
        self.directory = directory
        self._clock = clock
        self._silent: tuple[datetime, str] | None = None

    def person(self, login: str) -> Entry | None:
        """Who goes by this name, if that is one person. Raises Unreachable. Only where people are looked for."""
        if not _is_login(login):
            return None
        with self._as_ourselves() as line:
            return self._person(line, _any_of(self.directory.login_attributes, login))

    def by_subject(self, subject: str) -> Entry | None:
        """The person of a stable id. Raises Unreachable."""
        with self._as_ourselves() as line:
            return self._person(line, f"({self.directory.id_attribute}={_id_in_a_filter(self.directory, subject)})")

    def let_in(self, dn: str, password: str) -> bool:
        """Whether the directory takes this password for this entry. Raises Unreachable."""
        if not password or "\0" in password or len(password) > LONGEST_PASSWORD:
            return False
        with self._line(dn, password) as line:
            return line is not None

    def refuse(self, password: str) -> None:
        """Take as long over nobody as over somebody, so that a stranger learns no names. Raises Unreachable."""
        self.let_in(f"cn={secrets.token_hex(8)},{self.directory.people_base}", password or "x")

    def own(self, login: str, password: str) -> Entry | None:
        """Who signs in by a DN made of what they typed, with their groups, asked as themselves. Raises Unreachable."""
        from ldap3.utils.dn import escape_rdn

        if not _is_login(login) or not password or "\0" in password or len(password) > LONGEST_PASSWORD:
            return None
        dn = self.directory.user_dn.replace("{user}", escape_rdn(login))
        with self._line(dn, password) as line:
            if line is None:
                return None
            found = list(self._entries(line, dn, self.directory.people_filter, below=False))
            return self._with_groups(line, found[0]) if len(found) == 1 else None

    def with_groups(self, entry: Entry) -> Entry:
        """The same with the groups they are in. Raises Unreachable."""
        with self._as_ourselves() as line:
            return self._with_groups(line, entry)

    def everyone(self) -> dict[str, Entry]:
        """All people, by their stable id, without groups. Raises Unreachable unless the answer is whole."""
        with self._as_ourselves() as line:
            found = self._entries(line, self.directory.people_base, self.directory.people_filter)
            return {entry.subject: entry for entry in found}

    def groups_of(self, entries: Mapping[str, Entry]) -> dict[str, Entry]:
        """Several with their groups. Raises Unreachable."""
        with self._as_ourselves() as line:
            return {subject: self._with_groups(line, entry) for subject, entry in entries.items()}

    def greet(self) -> str:
        """The server that answers, and lets in who looks for people, if anybody does. Raises Unreachable."""
        with self._open() as (server, line):
            if self.directory.bind_dn and not _let_in(line, self.directory.bind_dn, self.directory.bind_password):
                raise Unreachable(REFUSES_US)
            return server

    def _person(self, line: Any, which: str) -> Entry | None:
        wanted = f"(&{self.directory.people_filter}{which})"
        found = list(self._entries(line, self.directory.people_base, wanted))
        if len(found) > 1:
            log.warning("%s people in the directory go by the same name: nobody is signed in by it", len(found))
        return found[0] if len(found) == 1 else None

    def _entries(self, line: Any, base: str, which: str, *, below: bool = True) -> Iterator[Entry]:
        ours = self.directory
        wanted = [ours.id_attribute, ours.login_attributes[0], ours.email_attribute, ours.name_attribute]
        for dn, values in _found(line, base, which, wanted, below=below):
            subject = _id(ours, values)
            if subject:
                email, name = _first(values, ours.email_attribute), _first(values, ours.name_attribute)
                yield Entry(dn, subject, _first(values, ours.login_attributes[0]), email, name)

    def _with_groups(self, line: Any, entry: Entry) -> Entry:
        ours = self.directory
        if not ours.groups_base:
            return entry
        meant = {"{dn}": _escaped(entry.dn), "{user}": _escaped(entry.login)}
        which = re.sub(r"\{(?:dn|user)\}", lambda found: meant[found[0]], ours.groups_filter)
        groups: list[str] = []
        for dn, values in _found(line, ours.groups_base, which, [ours.group_attribute]):
            groups += [dn, *_texts(values, ours.group_attribute)]
        return replace(entry, groups=tuple(groups[:MOST_GROUPS]))

    @contextlib.contextmanager
    def _as_ourselves(self) -> Iterator[Any]:
        with self._line(self.directory.bind_dn, self.directory.bind_password) as line:
            if line is None:
                raise Unreachable(REFUSES_US)
            yield line

    @contextlib.contextmanager
    def _line(self, dn: str, password: str) -> Iterator[Any]:
        """A connection signed in as somebody, or None if the directory says no."""
        with self._open() as (_server, line), _in_words():
            yield line if _let_in(line, dn, password) else None

    @contextlib.contextmanager
    def _open(self) -> Iterator[tuple[str, Any]]:
        """The first server that can be reached, encrypted, and what it is called."""
        require_package()
        self._require_answers()
        why = []
        for address in self.directory.servers:
            try:
                with _in_words():
                    line = self._connected(address)
            except Unreachable as problem:
                why.append(f"{address}: {problem}")
                continue
            try:
                yield address, line
            finally:
                with contextlib.suppress(Exception):
                    line.unbind()
            return
        self._silent = (self._clock(), "; ".join(why))
        raise Unreachable("; ".join(why))

    def _require_answers(self) -> None:
        """Raise Unreachable at once if no server answered a moment ago: waiting would keep others from their pages."""
        if self._silent is not None:
            at, why = self._silent
            if at <= self._clock() < at + LEFT_ALONE:
                raise Unreachable(why)

    def _connected(self, address: str) -> Any:
        import ldap3

        from privmedia.providers.verified_tls import VerifiedTls

        parts, secure = urlsplit(address), address.startswith("ldaps:")
        tls = VerifiedTls(ca_certs_file=self.directory.ca_file or None)
        server = ldap3.Server(
            parts.hostname, port=parts.port or (636 if secure else 389), use_ssl=secure, tls=tls,
            get_info=ldap3.NONE, connect_timeout=CONNECT,
        )
        line = ldap3.Connection(
            server, authentication=ldap3.ANONYMOUS, auto_referrals=False, read_only=True, raise_exceptions=False,
            receive_timeout=ANSWER, check_names=False, return_empty_attributes=False,
        )
        try:
            line.open(read_server_info=False)
            if not secure and not self.directory.unencrypted:
                line.start_tls(read_server_info=False)
        except BaseException:
            # The library leaves the socket of a failed attempt open.
            if line.socket is not None:
                line.socket.close()
            raise
        return line


def _let_in(line: Any, dn: str, password: str) -> bool:
    """Sign a connection in. Raises Unreachable for what is neither yes nor no."""
    with _in_words():
        line.user, line.password, line.authentication = dn, password, "SIMPLE"
        line.bind()
    code = line.result["result"]
    if code not in NO and (code != SUCCESS or not line.bound):
        raise Unreachable(f"it answered {line.result['description']}")
    return bool(code == SUCCESS)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """What the library or the line raises, as one reason."""
    from ldap3.core.exceptions import LDAPExceptionError

    try:
        yield
    except (LDAPExceptionError, OSError) as problem:
        raise Unreachable(" ".join(str(problem).split())[:200] or type(problem).__name__) from problem


def _found(
    line: Any, base: str, which: str, attributes: list[str], *, below: bool = True
) -> Iterator[tuple[str, Mapping[str, list[bytes]]]]:
    """DN and values of all that fit. Raises Unreachable unless the server says that this was all."""
    cookie: bytes | None = None
    while True:
        line.search(
            base, which, search_scope="SUBTREE" if below else "BASE", attributes=attributes, time_limit=ANSWER,
            paged_size=PAGE, paged_cookie=cookie,
        )
        if line.result["result"] == NO_SUCH_OBJECT and not below:
            return
        if line.result["result"] != SUCCESS:
            raise Unreachable(f"the search below {base} ended with {line.result['description']}")
        for one in line.response:
            if one["type"] == "searchResEntry":
                yield one["dn"], {name.lower(): values for name, values in one["raw_attributes"].items()}
        cookie = line.result.get("controls", {}).get(PAGED, {}).get("value", {}).get("cookie")
        if not cookie:
            return


def _is_login(login: str) -> bool:
    return 0 < len(login) <= LONGEST_LOGIN and login.isprintable()


def _any_of(attributes: tuple[str, ...], login: str) -> str:
    return "(|" + "".join(f"({name}={_escaped(login)})" for name in attributes) + ")"


def _escaped(text: str) -> str:
    """Text as a value in a filter (RFC 4515): what is typed never becomes part of the question."""
    from ldap3.utils.conv import escape_filter_chars

    return str(escape_filter_chars(text))


def _is_guid(directory: Directory) -> bool:
    return directory.id_attribute.lower() == "objectguid"


def _id(directory: Directory, values: Mapping[str, list[bytes]]) -> str:
    found = values.get(directory.id_attribute.lower(), [])
    if len(found) != 1:
        return ""
    if _is_guid(directory):
        return str(UUID(bytes_le=found[0])) if len(found[0]) == 16 else ""
    text = _text(found[0])
    return text if len(text) <= 255 else ""


def _id_in_a_filter(directory: Directory, subject: str) -> str:
    if _is_guid(directory):
        return "".join(f"\\{byte:02x}" for byte in UUID(subject).bytes_le)
    return _escaped(subject)


def _texts(values: Mapping[str, list[bytes]], name: str) -> list[str]:
    return [text for text in map(_text, values.get(name.lower(), [])) if text]


def _first(values: Mapping[str, list[bytes]], name: str) -> str:
    return next(iter(_texts(values, name)), "")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()
