"""Stand in for `ssh`: no network and no login, but the forwarding of `-L` and remote commands, on this machine.

Notes each call in `calls` beside itself; ends as ssh does where a file `down` is there.
"""

import contextlib
import json
import os
import socket
import sys
import threading
from pathlib import Path

HERE = Path(sys.argv[0]).parent
NOT_REACHED = 255


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def forward(local: str, remote: str) -> None:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(local)
    listening.listen()
    while True:
        here, _ = listening.accept()
        there = socket.socket(socket.AF_UNIX)
        try:
            there.connect(remote)
        except OSError:
            here.close()
            continue
        for ends in ((here, there), (there, here)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


def main() -> None:
    arguments = sys.argv[1:]
    with (HERE / "calls").open("a") as calls:
        calls.write(json.dumps({"pid": os.getpid(), "arguments": arguments}) + "\n")
    if (HERE / "down").exists():
        sys.exit("ssh: connect to host desk port 22: Connection refused")
    if "-L" in arguments:
        local, _, remote = arguments[arguments.index("-L") + 1].partition(":")
        forward(local, remote)
    print((HERE / "answer").read_text())


main()
