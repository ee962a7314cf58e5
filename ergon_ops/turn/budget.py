"""What one turn with a model may cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ProviderError
from ergon_ops.messages import Usage
from ergon_ops.settings import Limits


@dataclass(slots=True)
class Budget:
    """Counts calls and tokens; past a limit it raises ProviderError, and the offline mind answers. Seconds are held
    by the turn's own deadline. `afford` raises too if what was used in this turn and a request of so many tokens more
    would cost too much."""

    limits: Limits
    afford: Callable[[Usage, int], None] | None = None
    calls: int = 0
    usage: Usage = field(default_factory=Usage)

    def spend(self, more: Usage) -> None:
        mine = self.usage
        self.usage = Usage(
            mine.input_tokens + more.input_tokens,
            mine.output_tokens + more.output_tokens,
            mine.cache_read_tokens + more.cache_read_tokens,
            mine.cache_write_tokens + more.cache_write_tokens,
        )

    def before_reply(self, estimate: int) -> None:
        """`estimate`: tokens of the request about to be sent."""
        used = self.usage.input_tokens + self.usage.cache_read_tokens + self.usage.output_tokens
        if used + estimate > self.limits.tokens:
            raise ProviderError(
                f"the model used {used} tokens and wanted {estimate} more",
                reason="limit",
                next="limits.tokens sets how many",
            )
        if self.afford is not None:
            self.afford(self.usage, estimate)

    def before_calls(self, count: int) -> None:
        self.calls += count
        if self.calls > self.limits.calls:
            raise ProviderError(
                f"the model wanted more than {self.limits.calls} tool calls",
                reason="limit",
                next="limits.calls sets how many",
            )


@dataclass(slots=True)
class Repeats:
    """Identical reads are refused until something changed: they cost a turn and give the same facts."""

    _seen: dict[str, str] = field(default_factory=dict)

    def refusal(self, container: str, tool: str, arguments: Mapping[str, Any]) -> str:
        """Empty the first time; then what to read instead."""
        said = json.dumps([container, tool, dict(arguments)], sort_keys=True, default=str)
        if said in self._seen:
            return f"{tool} was already called like that in this turn, and nothing has changed: its result stands above"
        self._seen[said] = container
        return ""

    def forget(self, container: str) -> None:
        """Something happened to it: whatever was read of it may be read again."""
        self._seen = {said: whose for said, whose in self._seen.items() if whose != container}
