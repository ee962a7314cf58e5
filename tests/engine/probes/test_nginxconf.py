from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from ergon_ops.engine.probes import nginx
from ergon_ops.engine.probes.nginxconf import Directive, load, parse, seconds

CONF = r"""
worker_processes  auto;   # as many as there are
events { worker_connections 64; }
http {
    log_format main '$remote_addr - "$request" ; {not a block}';
    include conf.d/*.conf;
    include /etc/nginx/missing.conf;
    server { listen 127.0.0.1:8080; location = /status { stub_status; } }
}
"""
API = """
upstream api { server api:8000 weight=2; server 10.0.0.7:8000 backup; }
server {
    listen 80 default_server;
    proxy_read_timeout 1m30s;
    location / { proxy_pass http://api; }
    location ~ \\.php$ { fastcgi_pass php:9000; }
}
"""
FILES = {"/etc/nginx/nginx.conf": CONF, "/etc/nginx/conf.d/api.conf": API, "/etc/nginx/conf.d/notes.txt": "nonsense {"}


async def loaded(files: Mapping[str, str], path: str = "/etc/nginx/nginx.conf") -> Directive | None:
    async def read(path: str) -> bytes | None:
        return files[path].encode() if path in files else None

    async def names(folder: str) -> Sequence[str]:
        return [file.rpartition("/")[2] for file in files if file.rpartition("/")[0] == folder]

    return await load(path, read, names)


async def test_includes_are_followed_where_they_stand() -> None:
    root = await loaded(FILES)
    assert root is not None
    assert [item.first for item in root.each("worker_connections")] == ["64"]
    assert [item.arguments for item in root.each("upstream")] == [("api",)]
    servers = [item.first for block in root.each("upstream") for item in block.each("server")]
    assert servers == ["api:8000", "10.0.0.7:8000"]
    passes = {location.arguments: item.first for location in root.each("location") for item in location.body}
    assert passes == {("/",): "http://api", ("~", r"\.php$"): "php:9000", ("=", "/status"): ""}
    assert next(root.each("listen")).file == "/etc/nginx/conf.d/api.conf"


async def test_a_file_that_is_not_there_is_none_and_one_that_includes_itself_ends() -> None:
    assert await loaded({}) is None
    root = await loaded({"/a.conf": "x 1; include /a.conf;"}, "/a.conf")
    assert root is not None
    assert 1 < len(root.body) < 100


@pytest.mark.parametrize("text", ["", "}}}", "a {", "{;", "'open", "a 'b", "\\", "${", "a" * 10_000, "a{" * 500])
def test_nonsense_is_read_as_far_as_it_goes(text: str) -> None:
    assert isinstance(parse(text), list)


def test_quotes_comments_and_escapes() -> None:
    (first, second) = parse('a \'b; c\' "d \\" e" f\\ g; # x;\nb ${h}/i;')
    assert first.arguments == ("b; c", 'd " e', "f g")
    assert second.arguments == ("${h}/i",)


@pytest.mark.parametrize(
    ("text", "value"), [("60", 60), ("60s", 60), ("1m30s", 90), ("500ms", 0.5), ("1h", 3600), ("", None), ("off", None)]
)
def test_times(text: str, value: float | None) -> None:
    assert seconds(text) == value


async def test_a_variable_that_is_one_word_only_is_that_word() -> None:
    text = """
    server { set $up api; location / { proxy_pass http://$up:8000; } location /b { proxy_pass http://${up}b:1; } }
    server { set $x one; set $y $up; location /x { proxy_pass http://$x; } location /y { proxy_pass http://$y; } }
    server { set $x two; }
    """
    root = await loaded({"/etc/nginx/nginx.conf": text})
    assert root is not None
    told = [row.value for row in nginx.upstreams(root)]
    assert told == ["http://api:8000", "http://apib:1", "http://$x", "http://$y"]
