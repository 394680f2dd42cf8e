"""Turn an exchange's addresses to another host."""

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit, urlunsplit


def turned(node: object, rest_url: str | None, ws_url: str | None) -> object:
    """Return ccxt's table of addresses with every host replaced; paths stay, a path of the new host goes in front.

    A template such as ``https://api.{hostname}/v5`` has its host replaced as well.
    """
    if isinstance(node, Mapping):
        return {name: turned(each, rest_url, ws_url) for name, each in cast("Mapping[str, object]", node).items()}
    if isinstance(node, list):
        return [turned(each, rest_url, ws_url) for each in cast("list[object]", node)]
    if not isinstance(node, str):
        return node
    scheme = node.partition("://")[0]
    base = {"https": rest_url, "http": rest_url, "wss": ws_url, "ws": ws_url}.get(scheme)
    return node if base is None else _moved(node, base)


def _moved(address: str, base: str) -> str:
    old, new = urlsplit(address), urlsplit(base)
    return urlunsplit((new.scheme, new.netloc, new.path.rstrip("/") + old.path, old.query, old.fragment))
