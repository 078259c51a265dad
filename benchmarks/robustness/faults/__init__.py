"""Injected faults: what goes wrong outside the program, and what is lost then."""
