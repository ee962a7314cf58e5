"""What moved: rates from two samples of lifetime counters, and the samples kept for that.

`rates` is the arithmetic, `RateReader` finds or waits for the earlier sample, `Sampler` keeps a running history.
"""

from __future__ import annotations

from ergon_ops.history.rates import rates
from ergon_ops.history.sampler import Sampler
from ergon_ops.history.samples import CountersSource, Samples
from ergon_ops.history.window import RateReader

__all__ = ["CountersSource", "RateReader", "Sampler", "Samples", "rates"]
