"""The models of this process: opened on first use, what was sent to them, and what they cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ProviderError
from ergon_ops.messages import Usage
from ergon_ops.settings import Settings

if TYPE_CHECKING:
    from ergon_ops.providers import Provider, Sent

SENT_KEPT = 50


@dataclass(slots=True)
class Models:
    """`opener` makes a provider from `provider:model`: the real ones unless a test brings its own."""

    settings: Settings
    opener: Callable[[str], Provider] | None = None
    sent: list[Sent] = field(default_factory=list)
    cost_usd: float = 0.0
    _open: dict[str, Provider] = field(default_factory=dict)

    def provider(self, spec: str) -> Provider:
        """Raises ProviderError if its SDK cannot be loaded or nothing says who we are."""
        if spec not in self._open:
            self._open[spec] = self.opener(spec) if self.opener else self._opened(spec)
        return self._open[spec]

    def _opened(self, spec: str) -> Provider:
        from ergon_ops.providers import open_provider

        return open_provider(spec, endpoints=self.settings, on_sent=self.note_sent)

    def note_sent(self, sent: Sent) -> None:
        self.sent.append(sent)
        del self.sent[:-SENT_KEPT]

    async def preload(self, spec: str) -> None:
        """Imports the SDK while a person types or the engine is read; a failure shows when it is used."""
        if self.opener is None:
            from ergon_ops.providers import preload

            await asyncio.to_thread(preload, spec)

    def expect(self, spec: str) -> None:
        """Begins to import the SDK beside whatever else is done, and waits for nothing."""
        if self.opener is None:
            from ergon_ops.providers.preloading import begin

            begin(spec.partition(":")[0])

    def charge(self, model: str, usage: Usage) -> float | None:
        """Dollars of this usage, added up; None for a model without a known price."""
        from ergon_ops.providers.prices import cost_usd

        cost = cost_usd(model, usage)
        self.cost_usd += cost or 0.0
        return cost

    def check_cost(self, model: str, used: Usage, tokens: int) -> None:
        """Raises ProviderError if a request of so many tokens, on top of what was used and is not charged yet, would go
        beyond `limits.cost_usd`, or if that cannot be told because no price is known."""
        from ergon_ops.providers.prices import cost_usd

        most = self.settings.limits.cost_usd
        if not most:
            return
        price, so_far = cost_usd(model, Usage(tokens)), cost_usd(model, used)
        if price is None or so_far is None:
            raise ProviderError(
                f"the price of {model} is not known, so a limit of ${most:g} cannot be kept",
                reason="cost", next="leave out --max-cost, or limit limits.tokens",
            )  # fmt: skip
        spent = self.cost_usd + so_far
        if spent + price > most:
            raise ProviderError(
                f"{dollars(spent)} of {dollars(most)} are spent, and this would cost {dollars(price)} or more",
                reason="cost",
                next="raise --max-cost to go on with a model",
            )

    async def close(self) -> None:
        for provider in self._open.values():
            await provider.close()
        self._open.clear()


def dollars(amount: float) -> str:
    """`$0.50`, `$0.0012`, `$0.00001`: never nothing for what is something."""
    if not amount or amount >= 0.01:
        return f"${amount:.2f}"
    return f"${amount:.7f}".rstrip("0") if amount >= 0.0000001 else "less than $0.0000001"
