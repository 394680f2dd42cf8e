"""What a key of Coinbase may do, as the venue tells it."""

from adapters.coinbase.answers import decode_permissions
from adapters.coinbase.endpoints import KEY_PERMISSIONS
from adapters.coinbase.signed_rest import SignedRest
from core.ports.keys import KeyRight, KeyRights


async def read_key_rights(rest: SignedRest) -> KeyRights:
    """Read the rights of the key in use; raise VenueReadError where the venue does not tell."""
    told = await rest.read(KEY_PERMISSIONS, (), decode_permissions)
    has = {
        KeyRight.READ: told.can_view,
        KeyRight.TRADE: told.can_trade,
        KeyRight.WITHDRAW: told.can_transfer,  # money may leave the portfolio, also to other accounts
    }
    detail = f"portfolio {told.portfolio_type}" if told.portfolio_type else ""
    return KeyRights(rights=frozenset(right for right, given in has.items() if given), detail=detail)
