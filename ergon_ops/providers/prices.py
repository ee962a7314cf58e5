"""What tokens cost: one table of list prices, US dollars per million tokens, seen on 2026-11-22.

Sources: the vendors' pricing pages (platform.claude.com "Pricing", developers.openai.com "Pricing"). Prices of standard
processing for prompts below the vendors' long-prompt thresholds (100,000 tokens and more), which no turn here reaches.
"""

from __future__ import annotations

import re

from ergon_ops.dataclass import dataclass
from ergon_ops.messages import Usage


@dataclass(frozen=True, slots=True)
class Price:
    """Per million tokens: input, input read from the cache, input written to it, output."""

    input: float
    cached: float
    written: float
    output: float


PRICES_SEEN = "2026-11-22"
PRICES = {
    "claude-haiku-5-5": Price(0.10, 0.01, 0.125, 0.50),
    "claude-sonnet-5-5": Price(2.00, 0.10, 2.50, 10.00),
    "claude-opus-5-5": Price(4.00, 0.20, 5.00, 20.00),
    "claude-sonnet-5": Price(2.00, 0.20, 2.50, 10.00),
    "claude-opus-5": Price(5.00, 0.50, 6.25, 25.00),
    "claude-haiku-4-5": Price(1.00, 0.10, 1.25, 5.00),
    "claude-sonnet-4-6": Price(3.00, 0.30, 3.75, 15.00),
    "claude-sonnet-4-5": Price(3.00, 0.30, 3.75, 15.00),
    "gpt-5.4-mini": Price(0.75, 0.075, 0.75, 4.50),
    "gpt-5.4": Price(2.50, 0.25, 2.50, 15.00),
    "gpt-6-luna": Price(0.10, 0.01, 0.125, 0.50),
    "gpt-6-sol": Price(2.00, 0.20, 2.50, 10.00),
    "gpt-6.1-terra": Price(1.00, 0.05, 1.25, 5.00),
    "gpt-6.1-sol": Price(2.00, 0.10, 2.50, 10.00),
    "gpt-6.2-sol": Price(2.00, 0.10, 2.50, 10.00),
    "gpt-6.2-astra": Price(8.00, 0.40, 10.00, 40.00),
    "gpt-6-astra": Price(10.00, 1.00, 12.50, 50.00),
}
_SNAPSHOT = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2})$")


def cost_usd(model: str, usage: Usage) -> float | None:
    """US dollars at list price; None for a model that is not in the table. A dated snapshot costs as its model."""
    price = PRICES.get(model) or PRICES.get(_SNAPSHOT.sub("", model))
    if price is None:
        return None
    plain = max(usage.input_tokens - usage.cache_write_tokens, 0)
    cents = plain * price.input + usage.cache_write_tokens * price.written
    cents += usage.cache_read_tokens * price.cached + usage.output_tokens * price.output
    return cents / 1e6
