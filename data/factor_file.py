"""Read files of split and dividend factors in Lean's form: ``last day,dividends,splits,reference price``."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from core.corporate_actions import AdjustmentFactors, FactorStep


def read_factor_file(text: str, name: str) -> AdjustmentFactors:
    """Read the factors of one instrument; raise ValueError that names file and line."""
    steps: list[FactorStep] = []
    for number, line in enumerate(text.splitlines(), start=1):
        parts = line.split(",")
        try:
            day, dividends, splits = parts[:3]
            last_day = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date()
            steps.append(FactorStep(last_day=last_day, dividends=Decimal(dividends), splits=Decimal(splits)))
        except (ValueError, InvalidOperation):
            raise ValueError(f"{name}, line {number}: {line!r} is not day,dividends,splits[,reference price]") from None
    return AdjustmentFactors(steps)
