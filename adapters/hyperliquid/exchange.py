"""Sign an action, post it once, and say what became of each of its parts."""

from typing import Final

import msgspec

from adapters.hyperliquid.actions import batch_length
from adapters.hyperliquid.nonces import Nonces
from adapters.hyperliquid.outcomes import ActionResult, classify, doubt, refused
from adapters.hyperliquid.signing import Action, Signer
from adapters.hyperliquid.venue_time import VenueTime
from adapters.network.nonce_file import NonceError
from adapters.network.request_budget import Purpose, RequestBudget
from adapters.network.venue_rest import NoAnswerError, NotSentError, VenueRest
from core.ports.transport import HttpRequest, Transport

_BATCH_A_WEIGHT: Final = 40
_EXPIRING: Final = frozenset({"order", "batchModify"})  # given up for lost, these must not come to life later


class Exchange:
    """The one way by which something signed leaves."""

    def __init__(
        self,
        transport: Transport,
        budget: RequestBudget,
        url: str,
        signer: Signer,
        nonces: Nonces,
        time: VenueTime,
        *,
        timeout_s: float,
        expires_after_s: float,
    ) -> None:
        self._rest = VenueRest(transport, (budget,), timeout_s=timeout_s)
        self._url = url
        self._signer = signer
        self._nonces = nonces
        self._time = time
        self._expires_after_ms = int(expires_after_s * 1000)

    @property
    def venue_ms(self) -> int:
        """Return the time at the venue."""
        return self._time.now_ms

    async def send(self, action: Action, purpose: Purpose) -> tuple[ActionResult, ...]:
        """Return one result for each order or cancel of the action, or one for an action that has none."""
        parts = batch_length(action)
        try:
            request = self._signed(action)
        except NonceError as error:
            return (refused(f"not sent: {error}"),) * parts
        try:
            reply = await self._rest.send(request, (1.0 + parts // _BATCH_A_WEIGHT,), purpose)
        except NotSentError as error:
            return (refused(f"not sent: {error}"),) * parts
        except NoAnswerError as error:
            return (doubt(str(error)),) * parts
        return classify(reply.status, reply.body, parts)

    def _signed(self, action: Action) -> HttpRequest:
        nonce = self._nonces.next()
        expires_ms = None
        if action["type"] in _EXPIRING:
            expires_ms = self.venue_ms + self._expires_after_ms
        body = {
            "action": action,
            "nonce": nonce,
            "signature": self._signer.sign(action, nonce, expires_ms),
            "vaultAddress": None,
            "expiresAfter": expires_ms,
        }
        return HttpRequest(
            method="POST",
            url=self._url,
            headers={"Content-Type": "application/json"},
            body=msgspec.json.encode(body),
        )
