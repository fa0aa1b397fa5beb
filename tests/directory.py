"""A real directory for tests: Debian's slapd on free ports of this machine, with a certificate and a few people."""
from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ldap3

from tests import missing
from tests.providers import free_port

BASE = "dc=skarvik,dc=example"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
ROOT, READER, SHORT = f"cn=root,{BASE}", f"cn=reader,{BASE}", f"cn=short,{BASE}"
SECRET = "of the service account"
PASSWORD = "the password over there 7"
PROGRAM = Path("/usr/sbin/slapd")
CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
# Takes a name without a password for a right one, as old servers do: nobody may come in by that.
allow bind_anon_dn
database mdb
suffix "{base}"
rootdn "{root}"
rootpw "{secret}"
directory {folder}/data
dbnosync
limits dn.exact="{short}" size.soft=2 size.hard=2 size.prtotal=2
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""


@dataclass
class RealDirectory:
    """It, running. What is in it can be changed."""

    folder: Path
    port: int
    secure_port: int
    root: Any
    process: subprocess.Popen[bytes] | None = None
    certificate: Path = field(init=False)

    def __post_init__(self) -> None:
        self.certificate = self.folder / "server.pem"

    @property
    def starttls(self) -> str:
        return f"ldap://localhost:{self.port}"

    @property
    def ldaps(self) -> str:
        return f"ldaps://localhost:{self.secure_port}"

    def in_the_settings(self, **more: str) -> dict[str, str]:
        """The keys of the ini that name it."""
        keys = {
            "servers": self.ldaps, "ca_file": str(self.certificate), "text": "Skarvik", "people_base": PEOPLE,
            "bind_dn": READER, "bind_password": SECRET, "groups_base": GROUPS, "make_accounts": "yes", **more,
        }
        return {f"privmedia.ldap.{key}": text for key, text in keys.items() if text}

    def knows(self, uid: str, *, name: str = "Leila Haddad", mail: str | None = None) -> str:
        """Give somebody an account there; their DN."""
        dn = f"uid={uid},{PEOPLE}"
        values = {"cn": name, "sn": name, "mail": mail or f"{uid}@skarvik.example", "userPassword": PASSWORD}
        self._do(self.root.add(dn, "inetOrgPerson", values))
        return dn

    def changes(self, dn: str, **values: str) -> None:
        self._do(self.root.modify(dn, {name: [(ldap3.MODIFY_REPLACE, [value])] for name, value in values.items()}))

    def forgets(self, dn: str) -> None:
        self._do(self.root.delete(dn))

    def group(self, name: str, *members: str) -> str:
        """A group with these people; its DN."""
        dn = f"cn={name},{GROUPS}"
        self._do(self.root.add(dn, "groupOfNames", {"member": members or ("cn=nobody",)}))
        return dn

    def members(self, group: str, *members: str) -> None:
        self._do(self.root.modify(group, {"member": [(ldap3.MODIFY_REPLACE, members or ("cn=nobody",))]}))

    def lets_in_without_a_password(self, dn: str) -> bool:
        """Whether an unauthenticated bind succeeds, sent by hand: no careful library asks for one (RFC 4511, 4.2)."""
        name = dn.encode()
        asked = b"\x02\x01\x03\x04" + bytes([len(name)]) + name + b"\x80\x00"
        message = b"\x02\x01\x01\x60" + bytes([len(asked)]) + asked
        with socket.create_connection(("127.0.0.1", self.port), 5) as line:
            line.sendall(b"\x30" + bytes([len(message)]) + message)
            return b"\x61\x07\x0a\x01\x00" in line.recv(100)

    def empty(self) -> None:
        """As it was at the beginning."""
        for base in (PEOPLE, GROUPS):
            self.root.search(base, "(objectClass=*)", search_scope=ldap3.LEVEL)
            for one in list(self.root.response):
                self.forgets(one["dn"])

    def _do(self, done: bool) -> None:
        assert done, self.root.result

    def stop(self) -> None:
        assert self.process is not None
        if self.root is not None:
            self.root.unbind()
        self.process.terminate()
        self.process.wait(10)
        self.process = None

    def start(self) -> None:
        listen = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.secure_port}"
        command = [str(PROGRAM), "-f", str(self.folder / "slapd.conf"), "-h", listen, "-d", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                break
            time.sleep(0.02)
        self.root = ldap3.Connection(ldap3.Server("127.0.0.1", self.port, get_info=ldap3.NONE), ROOT, SECRET)
        assert self.root.bind(), self.root.result


@contextmanager
def real_directory(folder: Path) -> Iterator[RealDirectory]:
    """The directory, running, empty but for the accounts that look things up."""
    openssl = shutil.which("openssl")
    if openssl is None or not PROGRAM.exists():
        missing("slapd or openssl is missing: apt-get install slapd openssl")
    make_certificate(openssl, folder, "server", "DNS:localhost")
    (folder / "data").mkdir()
    facts = {"folder": folder, "base": BASE, "root": ROOT, "secret": SECRET, "short": SHORT}
    (folder / "slapd.conf").write_text(CONFIGURATION.format(**facts))
    there = RealDirectory(folder, free_port(), free_port(), None)
    try:
        there.start()
        there.root.add(BASE, ["dcObject", "organization"], {"o": "Skarvik", "dc": "skarvik"})
        for dn in (PEOPLE, GROUPS):
            there.root.add(dn, "organizationalUnit")
        for dn in (READER, SHORT):
            values = {"userPassword": SECRET}
            assert there.root.add(dn, ["organizationalRole", "simpleSecurityObject"], values), there.root.result
        yield there
    finally:
        if there.process is not None:
            there.stop()


def make_certificate(openssl: str, folder: Path, name: str, names: str) -> Path:
    """A certificate that signs itself, for these names."""
    made = folder / f"{name}.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}", "-keyout", folder / f"{name}.key",
            "-out", made,
        ],
        check=True, capture_output=True,
    )
    return made
