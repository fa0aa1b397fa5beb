"""Asking for access: people ask for an address they were given, managers of what lies there answer."""
