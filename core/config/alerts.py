"""[alerts]: who is told of alerts beside the screen. A URL holds secrets: it is never shown."""

from decimal import Decimal
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, field_serializer, model_validator

from core.config.section import Number, Section, Text
from core.ports.alert_sink import Severity

SinkSeconds = Annotated[Number, Field(gt=0, le=60)]
SinkName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
HIDDEN: Final = "***"
OPEN_KEYS: Final = ("min_severity", "timeout_s", "url_file")
"""What of a sink may be shown; any other key, a misspelt one as well, may hold a URL."""


class AlertSinkConfig(Section):
    url: SecretStr | None = Field(default=None, description="where to: an apprise URL, such as json://127.0.0.1:8080/")
    url_file: Text | None = Field(
        default=None, description="or a file that holds it, your own and readable by nobody else (chmod 600)"
    )
    min_severity: Severity = Field(default=Severity.WARNING, description="least severity it is told of")
    timeout_s: SinkSeconds = Field(
        default=Decimal(10), description="longest one delivery may take before it is tried again"
    )

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if (self.url is None) is (self.url_file is None):
            raise ValueError("must have either url or url_file")
        return self

    @field_serializer("url")
    def _hide(self, url: SecretStr | None) -> str | None:
        return None if url is None else HIDDEN


class AlertsConfig(Section):
    sinks: dict[SinkName, AlertSinkConfig] = Field(default={}, description="sinks by name; a name is yours to choose")


def may_be_shown(key: tuple[str, ...]) -> bool:
    """Tell whether the value of a key may be written into an error text."""
    return key[:1] != ("alerts",) or key[-1] in OPEN_KEYS
