"""Correcting faces on the page, and where corrected pictures are kept. May import files and live."""
