"""TLS to a directory as Python itself does it: certificate and name verified in the handshake. Needs ldap3."""
from __future__ import annotations

import ssl
from typing import Any

from ldap3 import Tls


class VerifiedTls(Tls):  # type: ignore[misc] # ldap3 carries no types
    """In the place of the library's own, which compares names by itself and after the handshake."""

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        connection.socket = context.wrap_socket(connection.socket, server_hostname=connection.server.host)
