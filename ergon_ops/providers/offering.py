"""A model that is not there: what the endpoint offers instead is told with the error."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ergon_ops.errors import ProviderError
from ergon_ops.providers.protocol import Piece
from ergon_ops.providers.session import Session


async def or_offering(pieces: AsyncGenerator[Piece, None], session: Session) -> AsyncGenerator[Piece, None]:
    """The same pieces; raises ProviderError."""
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece
    except ProviderError as error:
        if error.reason != "model_not_found":
            raise
        told = await session.offering(error)
    else:
        return
    raise told
