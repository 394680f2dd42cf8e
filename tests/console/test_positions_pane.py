"""The net row adds up what stands above it, column by column, and is as old as the oldest of it."""

from decimal import Decimal

import pytest

from core.state.desk import NetPositionView, PositionView
from tui.present.ink import Decor
from tui.present.positions import positions_table

_D = Decimal


def position(
    venue: str,
    quantity: str,
    unrealised: str | None,
    *,
    age_s: float = 0.1,
    symbol: str = "SOL/USDT:USDT",
    base: str = "SOL",
) -> PositionView:
    return PositionView(
        venue=venue,
        symbol=symbol,
        base=base,
        quantity=_D(quantity),
        average_price=_D(150),
        mark_price=_D(151),
        mark_age_s=age_s,
        notional_usd=_D(2000),
        unrealised_pnl_usd=None if unrealised is None else _D(unrealised),
        realised_pnl_usd=_D("1.00"),
        fees_usd=_D("0.75"),
        funding_usd=_D("-0.10"),
    )


def net(*held: PositionView, pnl: str = "1.00", base: str = "SOL") -> dict[str, tuple[str, Decor]]:
    total = NetPositionView(base=base, quantity=_D(0), notional_usd=_D(0), pnl_usd=_D(pnl))
    table = positions_table(list(held), [total], 0.0)
    return {
        column.title: (cell.text, cell.decor) for column, cell in zip(table.columns, table.rows[-1].cells, strict=True)
    }


def test_the_net_row_adds_up_every_column_and_its_profit_is_the_engines_own() -> None:
    row = net(position("sim-a", "13.29", "11.73"), position("sim-b", "-13.29", "-11.23"), pnl="-1.50")
    assert {name: text for name, (text, _) in row.items() if text} == {
        "venue": "net",
        "symbol": "SOL",
        "qty": "0",
        "value": "0.00",
        "unreal.": "+0.50",
        "PnL": "-1.50",
        "realised": "+2.00",
        "fees": "1.50",
        "funding": "-0.20",
        "age": "<0.5 s",
    }


def test_a_position_says_its_profit_with_fees_and_funding_beside_the_unrealised_one() -> None:
    table = positions_table([position("sim-a", "1", "5.00")], [], 0.0)
    cells = {column.title: cell.text for column, cell in zip(table.columns, table.rows[0].cells, strict=True)}
    assert (cells["unreal."], cells["PnL"]) == ("+5.00", "+5.15")


def test_a_net_profit_with_an_unknown_part_is_unknown() -> None:
    row = net(position("sim-a", "1", "5.00"), position("sim-b", "1", None))
    assert row["unreal."][0] == "—"


def test_a_net_profit_is_as_old_as_its_oldest_price_and_struck_through_with_it() -> None:
    row = net(position("sim-a", "1", "5.00"), position("sim-b", "1", "1.00", age_s=60.0))
    assert row["age"][0] == "1 min 00 s"
    assert row["unreal."][1] & Decor.STRUCK


def test_a_net_row_of_an_asset_without_a_position_in_sight_claims_nothing() -> None:
    row = net(position("sim-a", "1", "5.00"), base="BTC")
    assert (row["unreal."][0], row["age"][0]) == ("—", "")


@pytest.mark.parametrize("base", ["NVDA", ""], ids=["named by the engine", "an engine that does not name it"])
def test_the_net_row_adds_up_a_contract_whose_symbol_begins_with_the_name_of_its_market(base: str) -> None:
    stock = position("ibkr", "100", "500", symbol="NVDA", base=base)
    contract = position("hyperliquid", "-100", "-510", age_s=60.0, symbol="xyz:NVDA", base=base)
    row = net(stock, contract, base="NVDA")
    assert {name: row[name][0] for name in ("unreal.", "realised", "fees", "funding", "age")} == {
        "unreal.": "-10.00",
        "realised": "+2.00",
        "fees": "1.50",
        "funding": "-0.20",
        "age": "1 min 00 s",
    }
    assert row["unreal."][1] & Decor.STRUCK


def test_what_the_engine_nets_elsewhere_is_not_added_up_though_its_symbol_begins_alike() -> None:
    wrapped = position("sim-b", "1", "9.00", symbol="SOL/USDT", base="SOL2")
    assert net(position("sim-a", "1", "5.00"), wrapped)["unreal."][0] == "+5.00"
