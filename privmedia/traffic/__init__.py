"""Bytes that were really sent, read from nginx's log: the application only decides, and never sees them."""
