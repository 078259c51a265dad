"""Sinks for results: JSON lines, CSV, pictures and videos. May import the core and `sources` only."""
