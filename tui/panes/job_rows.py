"""Panes whose entries are hedge jobs: their cursor names one."""

from tui.panes.entries_pane import EntriesPane


class JobRowsPane(EntriesPane):
    """The selected key is the id of a job; keys on a job work here."""
