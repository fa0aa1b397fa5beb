"""Tests of people who come from elsewhere."""
