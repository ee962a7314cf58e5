"""Local servers that speak the providers' wire formats and hold no answers: what they say is composed from the request.

with AnthropicServer() as server:
    endpoints = server.endpoints          # for open_provider
    server.faults.next(status(529))       # the next request meets this
    server.requests                       # parsed bodies of what was asked
"""

from __future__ import annotations

from tests.providers.servers.anthropic import AnthropicServer
from tests.providers.servers.faults import Fault
from tests.providers.servers.mind import RULES, Reply, Rule
from tests.providers.servers.openai import OpenAIServer, Style

__all__ = ["RULES", "AnthropicServer", "Fault", "OpenAIServer", "Reply", "Rule", "Style"]
