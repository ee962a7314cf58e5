"""A GET from beside a container, with what its own image brings: Python, Node, or a shell with wget or curl."""

from __future__ import annotations

from collections.abc import Mapping

PYTHON = """
import socket, sys, time, urllib.error, urllib.request
from urllib.parse import urlsplit
ends = time.time() + float(sys.argv[2])
at = urlsplit(sys.argv[1])
while True:
    try:
        if at.scheme == 'tcp':
            socket.create_connection((at.hostname, at.port), 3)
            print('connected'); break
        print('status', urllib.request.urlopen(sys.argv[1], timeout=3).status); break
    except urllib.error.HTTPError as error:
        print('status', error.code)
        if error.code < 500: break
        said = error.code
    except OSError as error:
        said = error
    if time.time() > ends: sys.exit('no answer: %s' % said)
    time.sleep(0.2)
"""
NODE = """
const [url, seconds] = process.argv.slice(1)
const ends = Date.now() + seconds * 1000
const at = new URL(url)
const connect = () => new Promise((done, failed) => {
  require('net').connect(at.port, at.hostname, () => { console.log('connected'); process.exit(0) }).on('error', failed)
})
const ask = () => at.protocol === 'tcp:' ? connect() : fetch(url).then(r => {
  console.log('status', r.status)
  if (r.status >= 500) throw new Error(r.status)
  process.exit(0)
})
const again = e => {
  if (Date.now() > ends) { console.log('no answer: ' + (e.cause || e)); process.exit(1) }
  setTimeout(go, 200)
}
const go = () => ask().catch(again)
go()
"""
# `wget` gives no status, only success: then it was 200.
SHELL = """
ask=ask_python
command -v wget >/dev/null && ask=ask_wget
command -v timeout >/dev/null && bound='timeout 3'
command -v curl >/dev/null && ask=ask_curl
[ $ask = ask_python ] && ! command -v python3 >/dev/null && { echo 'no curl, wget or python3 in the image'; exit 9; }
ask_curl() { curl -s -o /dev/null -m 3 -w '%{http_code}' "$1"; }
ask_wget() { $bound wget -q -O /dev/null "$1" && echo 200; }
ask_python() {
  python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=3).status)' "$1" 2>/dev/null
}
n=0
while [ $n -lt $(($2 * 4)) ]; do
  s=$($ask "$1")
  case "$s" in 2*|3*|4*) echo "status $s"; exit 0;; esac
  n=$((n + 1))
  sleep 0.25
done
echo 'no answer'
exit 1
"""


def probe(language: str, url: str, *, seconds: int) -> tuple[str, ...]:
    """The words of a command that asks until it is answered, and says `status 200`."""
    words: Mapping[str, tuple[str, ...]] = {
        "python": ("python", "-c", PYTHON, url, str(seconds)),
        "javascript": ("node", "-e", NODE, url, str(seconds)),
    }
    return words.get(language, ("sh", "-c", SHELL, "probe", url, str(seconds)))
