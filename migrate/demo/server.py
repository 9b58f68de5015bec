"""The child process of `imap.py`: pymap's in-memory backend behind asyncio's TLS listener.

Standard input: one line of JSON (made in `imap.py`); when the input closes, the server ends.
Standard output: the port, once it listens.
"""

from __future__ import annotations

import console.starting  # noqa: F401 - before everything else

# isort: split
import asyncio
import json
import ssl
import sys
from argparse import Namespace
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import BuiltinHash


async def _serve(order: Mapping[str, Any]) -> None:
    """Fill pymap's memory, listen, say the port, stay until standard input closes."""
    config = Config(
        Namespace(passlib_cfg=None, proxy_protocol=None),
        host=order["host"],
        port=0,
        tls_enabled=False,  # no STARTTLS: the connection is encrypted already
        hash_context=BuiltinHash(rounds=1),  # never stored, so a login need not cost half a second
        demo_data=False,
        demo_user=order["user"],
        demo_password=order["password"],
    )
    config.apply_context()
    login = Login(config)
    hashed = await Passwords(config).hash_password(order["password"])
    await login.demo_user_identity.set(UserMetadata(config, order["user"], password=hashed))
    mailboxes = MailboxSet()
    names = [*order["folders"], *(message["folder"] for message in order["messages"])]
    for name in dict.fromkeys(names):
        if name != "INBOX":  # pymap has it from the start
            await mailboxes.add_mailbox(name)
    for message in order["messages"]:
        await (await mailboxes.get_mailbox(message["folder"])).append(
            AppendMessage(
                b64decode(message["raw"]),
                datetime.fromisoformat(message["date"]),
                frozenset(Flag(flag) for flag in message["flags"]),
            )
        )
    config.set_cache[order["user"]] = (mailboxes, FilterSet())

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*order["certificate"])
    reader = ProxyProtocolReader(config.proxy_protocol)
    server = await asyncio.start_server(
        reader.get_callback(IMAPServer(login, config)), order["host"], 0, ssl=context
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.stdin.buffer.readline())))
