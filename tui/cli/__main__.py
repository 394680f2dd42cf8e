"""`python -m tui.cli` is `seraphim`."""

from tui.cli.app import main

main()
