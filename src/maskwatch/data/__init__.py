"""Labelled pictures on disk: reads, checks, splits, corrects and collects them.

May import the core, `sources` and `sinks`; never torch.
"""
