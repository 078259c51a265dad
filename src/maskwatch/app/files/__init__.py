"""Uploaded pictures and videos: jobs, workspace, results. May import corrections and the wording of pages."""
