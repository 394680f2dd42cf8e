"""Who signed an action, by the signature itself."""

from eth_account import Account
from eth_account.messages import encode_typed_data
from hyperliquid.utils.signing import action_hash, construct_phantom_agent, l1_payload


def signer_of(body: dict, *, is_mainnet: bool) -> str:
    """Return the address that the signature gives for what was posted."""
    digest = action_hash(body["action"], body["vaultAddress"], body["nonce"], body["expiresAfter"])
    message = encode_typed_data(full_message=l1_payload(construct_phantom_agent(digest, is_mainnet)))
    signature = body["signature"]
    parts = (signature["v"], int(signature["r"], 16), int(signature["s"], 16))
    return str(Account.recover_message(message, vrs=parts)).lower()
