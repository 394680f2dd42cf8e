"""Tell a service manager how the engine is (the sd_notify protocol); nothing where there is none."""

import os
import socket


def notify(state: str) -> None:
    """Send e.g. ``READY=1`` to the socket that NOTIFY_SOCKET names."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.connect("\0" + address[1:] if address.startswith("@") else address)
            channel.sendall(state.encode())
        except OSError:
            return  # a manager that does not listen is no reason to stop
