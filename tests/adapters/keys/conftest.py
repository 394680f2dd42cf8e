import pytest

from core.io import redaction


@pytest.fixture(autouse=True)
def _forgotten_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no secret of one test be masked in the log lines of another."""
    monkeypatch.setattr(redaction, "_KNOWN", type(redaction._KNOWN)())
