"""Labelled pictures on disk, whatever their form, as `Sample`s. Needs no torch."""
