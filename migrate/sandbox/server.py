"""Runs the sandbox under uvicorn until SIGTERM or SIGINT."""

from __future__ import annotations

import json
import signal
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from migrate.sandbox.access import clients, keys
from migrate.sandbox.access.consents import Consents
from migrate.sandbox.access.directory import Directory
from migrate.sandbox.access.tokens import Tokens
from migrate.sandbox.app.app import App
from migrate.sandbox.clock import Clock
from migrate.sandbox.description.api import Api
from migrate.sandbox.limits.faults import Faults, Rule, load
from migrate.sandbox.limits.limits import Limits
from migrate.sandbox.mailbox import pruning
from migrate.sandbox.mailbox.store import Store
from migrate.sandbox.options import Options
from migrate.sandbox.service import Service

KEEP_ALIVE = 240  # seconds; Google's front ends keep idle connections about four minutes


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with a handle by which the application can really cut it."""

    doomed: Rule | None = None
    """Set by `drop_idle`: the next request on this connection is cut."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["sandbox.connection"] = self  # type: ignore[typeddict-unknown-key]

    def abort(self) -> None:
        """Cut now, without an answer."""
        self._cut()
        self.transport.abort()

    def close(self) -> None:
        """Send what has been written, then cut."""
        self._cut()
        self.transport.close()

    def _cut(self) -> None:
        # uvicorn answers 500 for an application that returns without a response, but not to a
        # peer that has gone.
        if self.cycle is not None:
            self.cycle.disconnected = True


class Server(uvicorn.Server):
    """uvicorn's server; prints the ready line once it listens."""

    ready = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self.ready, flush=True)


def serve(options: Options, sentence: str = "The Gmail sandbox listens on {url}") -> None:
    """Serve until a signal. OSError when the address can't be bound; FaultError."""
    faults = Faults(load(options.faults) if options.faults else None)
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((options.host, options.port))
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = f"{'https' if options.tls else 'http'}://{host}:{listener.getsockname()[1]}"
    store = Store(options.data, options.discard, Clock(options.clock_skew))
    pruning.keep(store, options.history_kept)
    try:
        _run(options, faults, store, listener, url, sentence)
    finally:
        store.close()
        listener.close()


def _run(
    options: Options,
    faults: Faults,
    store: Store,
    listener: socket.socket,
    url: str,
    sentence: str,
) -> None:
    account = keys.service_account(options.data)
    keys.write_key_file(options.key_out, account, url)
    client = clients.client(options.data)
    if options.adc_out:
        clients.write_adc(options.adc_out, client, url)
    if options.client_out:
        clients.write_client_file(options.client_out, client, url)
    ready: dict[str, Any] = {"schema": 1, "url": url, "key_file": str(options.key_out.resolve())}
    ready["ca_file"] = None
    secure: dict[str, Any] = {}
    if options.tls:
        ca, cert, key = keys.tls(options.data, options.host)
        ca_out = options.key_out.with_name(f"{options.key_out.stem}-ca.pem")
        keys.write_private(ca_out, ca.read_text())
        ready["ca_file"] = str(ca_out.resolve())
        secure = {"ssl_certfile": str(cert), "ssl_keyfile": str(key)}
    api = Api()
    directory = Directory(options)
    consents = Consents(options.data, client, directory, store.clock.now)
    tokens = Tokens(account, url, api.scopes, options, directory, store.clock, consents)
    limits = Limits(options, store.clock)
    app = App(Service(store, tokens, directory, api, limits, options), faults, url)
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
        backlog=1024,
        **secure,
    )
    server = Server(config)
    server.ready = json.dumps(ready) if options.json else sentence.format(**ready)
    # uvicorn raises the signal again after its own clean shutdown; that must end with exit code 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])
