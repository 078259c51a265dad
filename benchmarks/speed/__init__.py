"""How fast it is: files, live video, the page."""
