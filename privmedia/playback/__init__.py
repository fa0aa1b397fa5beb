"""Where people stopped watching. It knows items by their number only, so that lists can show it."""
