"""Which job an order belongs to, and what it does there."""

from enum import StrEnum

import msgspec


class LegRole(StrEnum):
    """What an order does for its job."""

    PRIMARY = "primary"
    HEDGE = "hedge"
    UNWIND = "unwind"


class JobTag(msgspec.Struct, frozen=True, kw_only=True):
    """Carried by every order of a job."""

    job_id: str
    strategy: str
    leg: int  # index into the job's legs
    role: LegRole
