"""The order-path benchmark sends real orders through a whole engine."""

import asyncio
from pathlib import Path

from bench.market import make_market
from bench.order_path import WARM_UP_MESSAGES, WIRE, OrderPath, _measured
from data.journal_audit.audit import audit


def test_every_message_leads_to_one_journaled_order_whose_stages_add_up(tmp_path: Path) -> None:
    market = make_market(1, WARM_UP_MESSAGES + 3, 200, 20, 20)

    async def run() -> list[dict[str, float]]:
        return await OrderPath(market, tmp_path).run(3)

    timed = asyncio.run(run())
    assert len(timed) == 3
    for each in timed:
        assert set(each) == {"decode", "decide", "risk", "journal", WIRE, "whole"}
        assert each["whole"] == sum(each.values()) - each["whole"]
    assert sum(_measured(timed)[name]["share"] for name in timed[0] if name != "whole") > 0.99
    report = audit(tmp_path / "journal.sqlite")
    assert (report.findings, report.summary["orders"]) == ([], 3)
