"""Which servers a configuration of haproxy names, by the names that its log has."""

from __future__ import annotations

from ergon_ops.engine.probes.haproxy import servers

CONFIG = """
global
  log stdout format raw local0
defaults
  timeout connect 1s
frontend web
  bind :80
  default_backend shop
backend shop
  balance roundrobin
  server s1 shop-api:8000 check inter 500
  server s2 ipv4@10.0.0.7:8001 check backup
  # server s3 old:8000
listen stats
  bind :8404
  server only files
resolvers d
  server x not-one:53
"""


def test_servers_of_backends_are_named_as_in_the_log() -> None:
    found = {row.key: row.value for row in servers(CONFIG, "/h.cfg")}
    assert found == {"shop/s1": "shop-api:8000", "shop/s2": "10.0.0.7:8001", "stats/only": "files"}
