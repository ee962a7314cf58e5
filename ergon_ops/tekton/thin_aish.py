#!/usr/bin/env python3
"""aish, for machines without Tekton: `aish NAME "message"`, `command | aish NAME "message"`, `aish list`.

Written by `ergon-ops aish install`; standard library only. It finds Container CIs where `ergon-ops serve` puts them.
"""

from __future__ import annotations

import json
import os
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

USAGE = 'usage: aish NAME "message"   |   aish list [json]   (text on stdin goes along with the message)'
REGISTRIES = ("{state}/run/cis.json",)
TEKTON = ".tekton/aish/ci-registry/wrapped_cis.json"
SILENT_S = 60.0


def registered() -> dict[str, Any]:
    """Every CI that can be reached: ours, and those of a Tekton if there is one."""
    files = [os.path.expanduser(path) for path in REGISTRIES]
    if os.environ.get("TEKTON_ROOT"):
        files.append(os.path.join(os.environ["TEKTON_ROOT"], TEKTON))
    found: dict[str, Any] = {}
    for path in files:
        try:
            with open(path, encoding="utf-8") as file:
                found.update(json.load(file))
        except (OSError, ValueError):
            continue
    usable = ((name, entry) for name, entry in found.items() if isinstance(entry, dict))
    return {name: entry for name, entry in usable if entry.get("message_format") == "json_simple" and alive(entry)}


def alive(entry: dict[str, Any]) -> bool:
    try:
        os.kill(int(entry["pid"]), 0)
    except PermissionError:
        return True
    except (KeyError, OSError, TypeError, ValueError):
        return False
    return True


def send(entry: dict[str, Any], message: str) -> str:
    """The CI's answer. Raises OSError, ValueError."""
    host, _, port = str(entry["endpoint"]).rpartition("://")[2].rpartition(":")
    body = json.dumps({"message": message}).encode()
    head = (
        f"POST {entry['message_endpoint']} HTTP/1.0\r\nHost: {host}:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host.strip("[]"), int(port)), SILENT_S) as link:
        link.sendall(head.encode() + body)
        parts = []
        while part := link.recv(65536):
            parts.append(part)
    top, _, rest = b"".join(parts).partition(b"\r\n\r\n")
    if not top.split(b"\r\n")[0].split()[1:2] == [b"200"]:
        raise ValueError(
            f"it answered {top.split(b' ', 1)[-1].splitlines()[0].decode(errors='replace')}" if top else "no answer"
        )
    found = json.loads(rest)
    return str(found.get("response", found.get("message", found)) if isinstance(found, dict) else found)


def piped() -> str:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return ""
    try:
        import select

        if not select.select([sys.stdin], [], [], 0.0)[0] and not os.path.exists("/dev/stdin"):
            return ""
        return sys.stdin.buffer.read(1_000_000).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def other_names(name: str, cis: dict[str, Any]) -> str:
    import difflib

    stem, stems = name.removesuffix("-ci"), {other.removesuffix("-ci"): other for other in sorted(cis)}
    near = [stems[other] for other in stems if stem in other]
    near = near or [stems[other] for other in difflib.get_close_matches(stem, stems, 3, 0.5)]
    if not near:
        return f"`aish list` shows the {len(cis)} there are" if cis else "nobody is registered: start `ergon-ops serve`"
    return f"did you mean {' or '.join(near[:3])}?"


def show(cis: dict[str, Any], as_json: bool) -> int:
    if as_json:
        print(json.dumps(cis, indent=2, ensure_ascii=False))
        return 0
    wide = max((len(name) for name in cis), default=0)
    for name in sorted(cis):
        print(f"{name:<{wide}}  {cis[name].get('description', '')}".rstrip())
    if not cis:
        print("aish: nobody is registered; start `ergon-ops serve`", file=sys.stderr)
    return 0 if cis else 1


def main(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0 if words else 2
    cis = registered()
    if words[0] == "list":
        return show(cis, "json" in words[1:])
    name, message = words[0].lower(), " ".join(words[1:])
    entry = cis.get(name) or cis.get(f"{name}-ci")
    if entry is None:
        print(f"aish: no CI is called {name}; {other_names(name, cis)}", file=sys.stderr)
        return 4
    extra = piped()
    message = "\n\n".join(part for part in (message, extra.strip()) if part)
    if not message:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        print(send(entry, message))
    except (OSError, ValueError, KeyError) as error:
        print(f"aish: {name} did not answer: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
