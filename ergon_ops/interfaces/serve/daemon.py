"""`ergon-ops serve`: listeners, watch and registrations, from the lock to the last socket's removal."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import IO, Any

from uvicorn import Config, Server

from ergon_ops.assistant.local import LocalAssistant
from ergon_ops.assistant.project_list import Project, projects
from ergon_ops.assistant.remote import likeness
from ergon_ops.assistant.watch import Watch
from ergon_ops.dataclass import dataclass
from ergon_ops.errors import ErgonError
from ergon_ops.history import Sampler
from ergon_ops.interfaces.serve import hooks
from ergon_ops.interfaces.serve.aish import Registrar
from ergon_ops.interfaces.serve.app import application
from ergon_ops.interfaces.serve.house import Bridge
from ergon_ops.interfaces.serve.pace import paced
from ergon_ops.interfaces.serve.place import Place, tcp_listener, unix_listener
from ergon_ops.messages import Actor
from ergon_ops.settings import Settings
from ergon_ops.tekton.registry import place as tekton_registry

DRAIN_S = 10
DEFAULT_PORT = 8790
DELIVER_EVERY_S = 60.0
FORGET_EVERY_S = 6 * 3600.0
AGAIN_S, AUDIT_EVERY_S, SAID_AGAIN_S = 1.0, 5.0, 60.0
RECOVERY = Actor("daemon", "recovery", "balanced", may_approve=True)  # goes on with what a person approved
Tell = Callable[[str], None]
Job = Callable[[], Coroutine[Any, Any, None]]


class Quiet(Server):
    """Signals are the daemon's own business."""

    def capture_signals(self) -> Any:
        import contextlib

        return contextlib.nullcontext()


@dataclass(slots=True)
class Daemon:
    """`host` None: no TCP at all. `tekton` is the root of a Tekton, if there is one."""

    settings: Settings
    assistant: LocalAssistant
    place: Place
    tell: Tell
    host: str | None = "127.0.0.1"
    port: int = DEFAULT_PORT
    tekton: Path | None = None
    further: Path | None = None  # another socket, beside the one where this user's commands look
    _told_of: dict[tuple[str, str], float] = field(default_factory=dict)

    async def run(self) -> int:
        """Until SIGTERM or Ctrl-C. Raises AlreadyRunning, ErgonError where it cannot listen."""
        lock = self.place.lock()
        try:
            self.place.sweep()
            return await self._serve(lock)
        finally:
            lock.close()

    async def _serve(self, lock: IO[str]) -> int:
        listeners = [unix_listener(self.place.socket)]
        try:
            if self.host is not None:
                listeners.append(tcp_listener(self.host, self.port))
                self.port = listeners[1].getsockname()[1]
            if self.further is not None:
                listeners.append(unix_listener(self.further))
            await self._run(listeners)
        finally:
            for listener in listeners:
                listener.close()
            for path in (self.place.socket, *([self.further] if self.further is not None else [])):
                with suppress(OSError):
                    path.unlink()
        return 0

    async def _run(self, listeners: list[socket.socket]) -> None:
        token = self.place.token()
        watch = Watch(self.assistant.house, self.assistant.diagnose)
        port = self.port if self.host else 0
        bridge = Bridge(self.assistant, watch, token, self.settings, port=port, tekton=self.tekton)
        registrar = self._registrar(bridge)
        watch.changed = registrar.wake
        app = application(bridge, token=token, like=likeness(self.settings), refused=partial(self._refused, bridge))
        server = Quiet(
            Config(
                app,
                http=paced(),
                log_level="error",
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=DRAIN_S,
                timeout_keep_alive=15,
                h11_max_incomplete_event_size=64_000,
            )
        )
        stop = _stopping(server, watch)
        jobs: tuple[Job, ...] = (
            watch.run,
            registrar.run,
            self._forgetting,
            self._taking_up,
            partial(self._auditing, bridge),
            self._delivering,
            *self._sampling(),
            *self._hooks(watch),
        )
        work = [asyncio.create_task(self._kept(job)) for job in jobs]
        self._greet(token)
        try:
            await server.serve(listeners)
        finally:
            stop()
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await registrar.close()

    def _registrar(self, bridge: Bridge) -> Registrar:
        files = (self.place.registry, *([tekton_registry(self.tekton)] if self.tekton else []))
        endpoint = f"http://{self.host}:{self.port}" if self.host else ""
        return Registrar(
            bridge, files if endpoint else (), self.place.folder, endpoint, self.tell, projects=self._projects
        )

    def _projects(self) -> tuple[Project, ...]:
        return projects(self.assistant.house.store, self.tekton)[0]

    def _sampling(self) -> list[Job]:
        return [sampler.run for sampler in samplers(self.assistant)]

    async def _kept(self, job: Job) -> None:
        """A job that fails for a reason nobody foresaw is said, and begun again: a daemon does not go half blind."""
        while True:
            try:
                await job()
                return
            except Exception as error:  # noqa: BLE001 the edge of the daemon
                self.tell(f"a defect, please report it: {_where(error)}")
                await asyncio.sleep(AGAIN_S)

    def _hooks(self, watch: Watch) -> list[Job]:
        hook = self.settings.on_finding
        return [lambda: hooks.run(watch, hook, self.tell)] if hook else []

    async def _taking_up(self) -> None:
        """What another process left in flight, or unverified, when it ended: watched to its end, kept or taken back."""
        try:
            async with aclosing(self.assistant.house.changes.recover(actor=RECOVERY)) as steps:
                async for kind, data in steps:
                    if kind in ("answer", "notice"):
                        self.tell(str(data.get("text", "")))
        except ErgonError as error:
            self.tell(f"what was left unverified stays so: {error}")

    async def _forgetting(self) -> None:
        """What is older than a month, or beyond its bounds, goes: at the start and every six hours."""
        from ergon_ops.assistant.keeping import forget

        while True:
            await forget(self.assistant.house)
            await asyncio.sleep(FORGET_EVERY_S)

    async def _delivering(self) -> None:
        """Manifests that wait for Ergon are tried again now and then; what changes by it is said."""
        from ergon_ops.assistant.registry import deliver

        told = 0
        while True:
            await asyncio.sleep(DELIVER_EVERY_S)
            if self.assistant.house.store.deliveries.due():
                left = await asyncio.to_thread(deliver, self.settings)
                if left != told or not left:
                    waiting = "1 manifest waits" if left == 1 else f"{left} manifests wait"
                    self.tell(f"{waiting} for Ergon" if left else "Ergon has taken every manifest")
                told = left

    def _refused(self, bridge: Bridge, caller: str, why: str) -> None:
        """Each is counted; the log has a line a minute for a caller that goes on."""
        bridge.refused(caller)
        now = time.monotonic()
        if now - self._told_of.get((caller, why), -SAID_AGAIN_S) >= SAID_AGAIN_S:
            self._told_of[caller, why] = now
            self.tell(f"refused {caller}: {why}")

    async def _auditing(self, bridge: Bridge) -> None:
        """A row a caller, written every few seconds and at the end."""
        try:
            while True:
                await asyncio.sleep(AUDIT_EVERY_S)
                bridge.write_callers(self.assistant.house.store)
        finally:
            bridge.write_callers(self.assistant.house.store)

    def _greet(self, token: str) -> None:
        if self.host is not None:
            self.tell(f"http://{self.host}:{self.port} (token {token}, kept in {self.place.token_file})")
        self.tell(f"unix socket {self.place.socket}{f' and {self.further}' if self.further is not None else ''}")
        if self.tekton:
            file = tekton_registry(self.tekton)
            self.tell(
                f"registered for aish in {file}"
                if self.host is not None
                else "not registered for aish: it asks over HTTP"
            )


def _where(error: BaseException) -> str:
    """What and where, of the innermost error of a group."""
    import traceback

    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def samplers(assistant: LocalAssistant) -> list[Sampler]:
    return [reader.sampler for reader in assistant.house.rates.values() if reader.sampler is not None]


def _stopping(server: Server, watch: Watch) -> Callable[[], None]:
    """SIGTERM and SIGINT end the server when what is on its way is answered; a second one does not wait."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True
        watch.close()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)

    def restore() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    return restore
