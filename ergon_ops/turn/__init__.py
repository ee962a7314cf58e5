"""One turn's work: tools on whom was asked, and the conversation with a model over what they found."""

from ergon_ops.turn.desk import Desk, Happening, failed, unique, while_running

__all__ = ["Desk", "Happening", "failed", "unique", "while_running"]
