"""From boxes to people: tracks, evidence over time, counts and zones. Pure: no clock, no file, no model."""
