"""[logging]: what the log file holds and how large it gets."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.section import Section

Megabytes = Annotated[int, Field(strict=True, ge=1, le=1000)]
Files = Annotated[int, Field(strict=True, ge=1, le=100)]


class LoggingConfig(Section):
    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level written")
    max_file_mb: Megabytes = Field(default=10, description="size at which the log file is rotated")
    kept_files: Files = Field(default=5, description="rotated files kept")
