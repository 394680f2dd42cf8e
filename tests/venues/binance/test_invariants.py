"""What holds whatever is traded: money adds up, what is held is what open orders need, one seed gives one market."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sim.binance_protocol.accounts import Account, Accounts
from adapters.sim.binance_protocol.api_error import ApiError
from adapters.sim.binance_protocol.config import RehearsalConfig
from adapters.sim.binance_protocol.exchange import Exchange
from adapters.sim.binance_protocol.key_file import invent_keys, make_accounts
from adapters.sim.binance_protocol.market import Market
from adapters.sim.binance_protocol.market_kind import MarketKind
from adapters.sim.binance_protocol.orders import OrderRequest, Stp
from core.types.order import Side
from tests.venues.binance.rig import NAMES, SYMBOL, HandClock

Move = tuple[int, int, str, str, int, int, str, bool]
MOVES = st.lists(
    st.tuples(
        st.integers(0, 3),  # steps of the crowd before
        st.integers(0, 1),  # whose order
        st.sampled_from(["BUY", "SELL"]),
        st.sampled_from(["MARKET", "GTC", "IOC", "FOK", "cancel", "shrink", "modify"]),
        st.integers(1, 900),  # lots
        st.integers(-6, 12),  # ticks behind the touch
        st.sampled_from(list(Stp)),
        st.booleans(),  # reduce-only
    ),
    min_size=5,
    max_size=40,
)


def exchange(kind: MarketKind, seed: int) -> tuple[Exchange, Market, list[Account], HandClock]:
    config = RehearsalConfig(seed=seed, markets=(kind,), history_minutes=2)
    accounts = make_accounts(config, invent_keys(NAMES, seed))
    clock = HandClock()
    clock.now_ns = 1_700_000_000_000_000_000
    venue = Exchange(config, Accounts(accounts), clock)
    return venue, venue.markets[kind], accounts, clock


def carry_out(venue: Exchange, market: Market, accounts: list[Account], move: Move, number: int) -> None:
    steps, who, side, what, lots, away, stp, reduce_only = move
    for _ in range(steps):
        venue.step()
    book, account = market.books[SYMBOL], accounts[who]
    is_buy = side == "BUY"
    best = book.matching.best_bid() if is_buy else book.matching.best_ask()
    assert best is not None
    price, quantity = Decimal(best - away if is_buy else best + away), Decimal(lots) / 1000
    mine = market.orders.open_of(account, SYMBOL)
    try:
        if what in {"cancel", "shrink", "modify"}:
            if mine and what == "cancel":
                market.desk.cancel(mine[lots % len(mine)])
            elif mine and what == "shrink":
                market.desk.shrink(mine[0], quantity)
            elif mine and market.kind is MarketKind.USDM:
                market.desk.modify(mine[-1], price, quantity)
            return
        request = OrderRequest(
            symbol=SYMBOL, side=Side.BUY if is_buy else Side.SELL, order_type="MARKET" if what == "MARKET" else "LIMIT",
            time_in_force="GTC" if what == "MARKET" else what, quantity=quantity,
            price=None if what == "MARKET" else price, client_order_id=f"n{number}", stp=Stp(stp),
            reduce_only=reduce_only and market.kind is MarketKind.USDM,
        )  # fmt: skip
        market.desk.place(account, request)
    except ApiError:
        return


def check_orders(market: Market, account: Account) -> None:
    book = market.books[SYMBOL]
    for order in market.orders.all_of(account, SYMBOL):
        assert order.executed == sum((trade.quantity for trade in order.trades), Decimal(0)) <= order.quantity
        standing = book.instrument.lots_to_quantity(book.matching.lots_left(order.order_id))
        if order.status.is_open:
            assert standing == order.remaining or (order.request.reduce_only and 0 < standing < order.remaining)
        else:
            assert standing == 0


@settings(max_examples=30)
@given(seed=st.integers(0, 500), moves=MOVES)
def test_spot_wallets_hold_what_open_orders_need_and_move_by_trades_alone(seed: int, moves: list[Move]):
    venue, market, accounts, _ = exchange(MarketKind.SPOT, seed)
    start = venue.config.spot_balances
    for number, move in enumerate(moves):
        carry_out(venue, market, accounts, move, number)
        for account in accounts:
            check_orders(market, account)
            wallet = account.spot
            needed = {"USDT": Decimal(0), "BTC": Decimal(0)}
            for order in market.orders.open_of(account):
                is_buy = order.side is Side.BUY
                needed["USDT" if is_buy else "BTC"] += order.remaining * (order.price if is_buy else 1)
            assert {asset: wallet.locked[asset] for asset in needed} == needed
            assert min(wallet.free.values()) >= 0
            usdt, btc = start["USDT"], start["BTC"]
            for trade in market.orders.trades_of(account, None):
                is_buy = trade.side is Side.BUY
                usdt += -trade.quote_quantity if is_buy else trade.quote_quantity - trade.fee
                btc += trade.quantity - trade.fee if is_buy else -trade.quantity
            assert wallet.free["USDT"] + wallet.locked["USDT"] == usdt
            assert wallet.free["BTC"] + wallet.locked["BTC"] == btc


@settings(max_examples=30)
@given(seed=st.integers(0, 500), moves=MOVES)
def test_usdm_positions_are_the_sum_of_trades_and_reduce_only_never_opens(seed: int, moves: list[Move]):
    venue, market, accounts, _ = exchange(MarketKind.USDM, seed)
    for number, move in enumerate(moves):
        carry_out(venue, market, accounts, move, number)
        for account in accounts:
            check_orders(market, account)
            position = account.usdm.position(SYMBOL)
            held = paid = Decimal(0)
            for trade in market.orders.trades_of(account, SYMBOL):
                order = market.orders.find(account, SYMBOL, trade.order_id, None)
                assert order is not None
                if order.request.reduce_only:
                    assert held * trade.side.sign < 0
                    assert trade.quantity <= abs(held)
                held += trade.side.sign * trade.quantity
                paid += trade.realised - trade.fee
            assert position.quantity == held
            assert account.usdm.balance == venue.config.usdm_balance + paid
            assert market.usdm.unsafe(account, SYMBOL) == []


def test_one_seed_gives_one_market_and_another_seed_another():
    def run(seed: int) -> list[object]:
        venue, market, accounts, clock = exchange(MarketKind.USDM, seed)
        told: list[object] = [account.key for account in accounts]
        for _ in range(100):
            clock.advance_ms(50)
            venue.step()
        for book in market.books.values():
            told += [book.depth.snapshot(1_000), [trade[:5] for trade in book.log.trades]]
        return told

    assert run(7) == run(7)
    assert all(one != other for one, other in zip(run(7), run(8), strict=True))
