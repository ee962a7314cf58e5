"""Asks `/health` ten times a second until its standard input says something; prints the seconds of each."""

from __future__ import annotations

import select
import socket
import sys
import time


def asked(port: int) -> float:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 60) as link:
        link.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
        while link.recv(65536):
            pass
    return time.monotonic() - began


if __name__ == "__main__":
    while True:
        print(asked(int(sys.argv[1])), flush=True)
        if select.select([sys.stdin], [], [], 0.1)[0]:
            break
