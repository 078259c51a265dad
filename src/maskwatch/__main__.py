"""`python -m maskwatch` is `maskwatch`."""

from maskwatch.cli import main

main()
