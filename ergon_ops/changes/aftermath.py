"""What becomes of a kept change: it may be lost to somebody who makes the container anew, and a container that was kept
for going back is removed in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ergon_ops.changes.kinds import KINDS
from ergon_ops.changes.run import Run
from ergon_ops.engine.protocols import Reads, Writes
from ergon_ops.errors import ErgonError, NoSuchContainer, PolicyRefused
from ergon_ops.refs import Ref
from ergon_ops.store import ChangeRow, Store

RETENTION_S = 24 * 3600.0


class Aftermath:
    def __init__(
        self, store: Store, reads: Mapping[str, Reads], writers: Callable[[str], Writes], clock: Callable[[], float]
    ) -> None:
        self._store, self._reads, self._writers, self._clock = store, reads, writers, clock

    async def look(self, target: Ref) -> tuple[ChangeRow, ...]:
        """The kept changes of that container that were lost since: somebody made it anew. The journal says so, once."""
        kept = [row for row in self._store.changes.of(target.short) if self._lasts(row)]
        if not kept or target.host not in self._reads:
            return ()
        try:
            now = (await self._reads[target.host].world(target)).container_id
        except NoSuchContainer:
            now = ""
        current = next((row for row in kept if id_after(row) == now), None)
        lost = [row for row in kept if current is None or row.change.started_at > current.change.started_at]
        # What came before one that is still there was carried on into it.
        for row in lost:
            what = "was made anew by somebody else" if now else "is gone"
            text = f"{row.container} {what}: the change is lost, it is not in its definition"
            self._store.changes.mark(row, "lost", text=text, facts={"lost": True})
        return tuple(lost)

    async def look_everywhere(self) -> tuple[ChangeRow, ...]:
        """As `look`, for every container that was changed. Engines that do not answer are left out."""
        found: list[ChangeRow] = []
        targets = {self._target(row): None for row in self._store.changes.list(200) if self._lasts(row)}
        for target in targets:
            try:
                found += await self.look(target)
            except ErgonError:
                continue
        return tuple(found)

    def _lasts(self, row: ChangeRow) -> bool:
        """A kept change of the configuration that is not known to be lost."""
        stored = self._store.proposals.find(row.change.proposal_id)
        kind = stored[0].proposal.intent.kind if stored else ""
        return row.change.state == "kept" and not row.facts.get("lost") and not KINDS[kind].once_per_run

    def _target(self, row: ChangeRow) -> Ref:
        return self._store.proposals.find(row.change.proposal_id)[0].proposal.intent.target

    async def refuse_moved(self, run: Run) -> None:
        """Raises PolicyRefused unless what the change did is still there to be taken back."""
        await self.look(run.intent.target)
        row = self._store.changes.find(run.change_id)[0]
        if row.facts.get("lost"):
            raise PolicyRefused(
                f"{run.change_id} is lost: {run.name} was made anew by somebody else", next="there is nothing to undo"
            )
        later = next((other for other in self._store.changes.of(run.name) if self._after(other, row)), None)
        step = f"undo that first: ergon-ops rollback {later.change.id}" if later else "look at it: ergon-ops list"
        now = await run.reads.world(run.intent.target)
        if row.facts.get("successor") and now.digest != row.facts.get("world"):
            raise PolicyRefused(f"{run.name} was changed since {run.change_id}", next=step)
        if await run.deed.arrived(run) != "new" and not KINDS[run.intent.kind].once_per_run:
            raise PolicyRefused(f"{run.name} is not any more as {run.change_id} left it", next=step)
        if row.facts.get("successor") and await run.hands.standing(run.container_id) is None:
            raise PolicyRefused(f"the container that was before {run.change_id} was removed", next="ergon-ops journal")

    def _after(self, other: ChangeRow, row: ChangeRow) -> bool:
        later = other.change.started_at > row.change.started_at
        return later and other.change.state == "kept" and other.change.id != row.change.id

    # -- what was kept for going back ----------------------------------------------------------------------------------

    async def tidy(self) -> None:
        """Removes predecessors whose time is over: only those of ours, stopped, under the name we gave them."""
        for row in self._store.changes.list(200):
            ended = row.ended_at
            due = ended is not None and self._clock() - ended > RETENTION_S
            if due and row.change.predecessor and row.change.state == "kept" and not row.facts.get("removed"):
                try:
                    await self._remove(row)
                except ErgonError:
                    continue  # an engine that does not answer, or is not in use here now: the next time

    async def _remove(self, row: ChangeRow) -> None:
        target = self._target(row)
        hands = self._writers(target.host)
        found = await hands.standing(row.container_id)
        kept_as = f"{target.name}-before-{row.change.id.removeprefix('c-')}"
        if found is not None and (found.active or found.name != kept_as):
            return
        text = f"the former {row.container} was kept for {RETENTION_S / 3600:.0f} h and is removed; its volumes stay"
        self._store.changes.mark(row, "removed", text=text, facts={"removed": True})
        if found is not None:
            await hands.remove(row.container_id)


def id_after(row: ChangeRow) -> str:
    """The container the change left under the name."""
    return str(row.facts.get("successor") or row.container_id)
