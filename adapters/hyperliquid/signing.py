"""Signatures of actions, made by the venue's own library and nothing else of it.

An action is signed as it is posted: the order of its keys is part of the signature.
"""

from typing import Protocol, cast

from adapters.hyperliquid.network import HyperliquidNetwork
from core.types.credentials import Secret

Action = dict[str, object]


class Wallet(Protocol):
    """A private key that can sign; `address` is public."""

    @property
    def address(self) -> str: ...


class _Signing(Protocol):
    """What is used of `hyperliquid.utils.signing`."""

    def sign_l1_action(
        self,
        wallet: Wallet,
        action: Action,
        active_pool: str | None,
        nonce: int,
        expires_after: int | None,
        is_mainnet: bool,  # the library's own signature
        /,
    ) -> dict[str, str | int]: ...


class _Account(Protocol):
    def from_key(self, private_key: str, /) -> Wallet: ...


class KeyFormatError(ValueError):
    """A private key is none; the text holds no part of it."""


def wallet_of(private_key: Secret) -> Wallet:
    """Return the wallet of a key; raise KeyFormatError where it is none."""
    from eth_account import Account  # noqa: PLC0415 # takes half a second: only who signs pays it

    try:
        return cast("_Account", Account).from_key(private_key.reveal())
    except Exception:  # whatever the library says may quote the key
        raise KeyFormatError("the private key is not 32 bytes in hexadecimal form") from None


class Signer:
    """Signs for one key on one network."""

    def __init__(self, wallet: Wallet, network: HyperliquidNetwork) -> None:
        from hyperliquid.utils import signing  # noqa: PLC0415 # takes half a second: only who signs pays it

        self._signing = cast("_Signing", signing)
        self._wallet = wallet
        self._is_mainnet = network is HyperliquidNetwork.MAINNET

    @property
    def address(self) -> str:
        return self._wallet.address

    def sign(self, action: Action, nonce: int, expires_ms: int | None) -> dict[str, str | int]:
        return self._signing.sign_l1_action(self._wallet, action, None, nonce, expires_ms, self._is_mainnet)
