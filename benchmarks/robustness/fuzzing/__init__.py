"""Mutated inputs: what is mutated, how, and what may come of it."""
