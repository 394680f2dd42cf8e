"""Each position says what it is a bet on, in the word that the engine's own sums over venues go by."""

from decimal import Decimal

from msgspec.structs import replace

from core.io.virtual_loop import VirtualLoop
from core.state.desk import DeskRequest
from tests.engine.rig import EngineRig, in_virtual_time
from tests.engine.venues import perpetual


def test_a_position_names_what_it_is_added_up_under_though_its_symbol_begins_with_another_word():
    named = replace(perpetual("v2"), symbol="xyz:BTC", venue_symbol="xyz:BTC")

    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", ("v2", [named])]).start()
        await rig.place("buy", "2")
        await rig.place("sell", "2", venue="v2", symbol="xyz:BTC")
        await rig.settle()
        desk = rig.engine.desk(DeskRequest())
        held = {each.symbol: (each.base, each.quantity) for each in desk.positions}
        assert held == {"BTC/USDT:USDT": ("BTC", Decimal(2)), "xyz:BTC": ("BTC", Decimal(-2))}
        assert [(each.base, each.quantity) for each in desk.net_positions] == [("BTC", Decimal(0))]

    in_virtual_time(work)
