"""Who is measured: one file each, one process each."""
