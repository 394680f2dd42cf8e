"""Endpoints that belong to no market: what a key may do, and the assets there are."""

from adapters.sim.binance_protocol.endpoint import Call, Endpoint, Security

Body = dict[str, object]


def endpoints() -> list[Endpoint]:
    return [
        Endpoint("GET", "/sapi/v1/account/apiRestrictions", _restrictions, 1, Security.SIGNED),
        Endpoint("GET", "/sapi/v1/capital/config/getall", _assets, 10, Security.SIGNED),
        # clients ask for these as they start; there is no margin trading here
        Endpoint("GET", "/sapi/v1/margin/allAssets", lambda _: [], 1, Security.KEY),
        Endpoint("GET", "/sapi/v1/margin/allPairs", lambda _: [], 1, Security.KEY),
        Endpoint("GET", "/sapi/v1/margin/isolated/allPairs", lambda _: [], 1, Security.SIGNED),
    ]


def _restrictions(call: Call) -> Body:
    return {
        "ipRestrict": True,
        "createTime": call.market.now_ms(),
        "enableReading": True,
        "enableSpotAndMarginTrading": True,
        "enableFutures": True,
        "enableWithdrawals": False,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enablePortfolioMarginTrading": False,
    }


def _assets(call: Call) -> list[Body]:
    wallet = call.account.spot
    return [
        {
            "coin": asset,
            "name": asset,
            "depositAllEnable": False,
            "withdrawAllEnable": False,
            "free": f"{free:f}",
            "locked": f"{wallet.locked[asset]:f}",
            "isLegalMoney": False,
            "trading": True,
            "networkList": [],
        }
        for asset, free in wallet.free.items()
    ]
