"""What a key of Binance may do, as the venue tells it."""

from adapters.binance.answers import KeyRestrictionsAnswer, decode_key_restrictions
from adapters.binance.market import BinanceMarket
from adapters.binance.signed_rest import SignedRest
from adapters.binance.trading_endpoints import KEY_RESTRICTIONS
from core.ports.keys import KeyRight, KeyRights


async def read_key_rights(rest: SignedRest, wallet_url: str | None) -> KeyRights:
    """Read the rights of the key in use; raise VenueReadError where the venue should tell and does not."""
    if wallet_url is None:
        return KeyRights(rights=None, detail="test networks do not tell")
    answer = await rest.read(KEY_RESTRICTIONS, (), decode_key_restrictions, host=wallet_url)
    return _rights(rest.market, answer)


def _rights(market: BinanceMarket, answer: KeyRestrictionsAnswer) -> KeyRights:
    may_trade = answer.enable_spot_and_margin_trading if market is BinanceMarket.SPOT else answer.enable_futures
    # a transfer to another account takes money away like a withdrawal does
    may_withdraw = answer.enable_withdrawals or answer.enable_internal_transfer
    told = {
        KeyRight.READ: answer.enable_reading,
        KeyRight.TRADE: may_trade,
        KeyRight.WITHDRAW: may_withdraw,
    }
    details = ["bound to addresses" if answer.ip_restrict else "usable from any address"]
    if answer.enable_internal_transfer:
        details.append("may transfer to other accounts")
    if answer.permits_universal_transfer:
        details.append("may move money between the wallets of its account")
    return KeyRights(rights=frozenset(right for right, has in told.items() if has), detail=", ".join(details))
