"""Mail that wants to do harm, and the server that it would like to reach."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from email.message import EmailMessage


class Remote:
    """A server that mail would like to reach; counts who connects."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.visits = 0
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            peer, _ = self._socket.accept()
            with peer, suppress(TimeoutError):
                self.visits += 1
                peer.settimeout(0.5)  # a browser opens connections in advance and says nothing
                if peer.recv(4) == b"stop":
                    return

    def close(self) -> None:
        with socket.create_connection(self._socket.getsockname()) as last:
            last.sendall(b"stop")
        self._thread.join()
        self._socket.close()


def hostile(url: str) -> str:
    """Everything that HTML may try: to run, to call out, to leave its frame."""
    run = "window.owned = 1; top.owned = 1; new Image().src = `{url}/ran`".replace("{url}", url)
    return f"""<html><head>
<base href="{url}/"><base target="_top">
<meta http-equiv="refresh" content="0;url={url}/refresh">
<meta http-equiv="x-dns-prefetch-control" content="on">
<link rel="preconnect" href="{url}"><LINK/rel="stylesheet" href="{url}/css">
<link rel="prefetch" href="{url}/prefetch"><link rel="icon" href="{url}/icon">
<style>@import "{url}/import"; body {{ background: url({url}/css-image) }}
@font-face {{ font-family: far; src: url({url}/font) }} p {{ font-family: far }}</style>
<script>{run}; top.location = "{url}/busted"</script><script src="{url}/script"></script>
</head><body onload="{run}">
</iframe></textarea></title><script>{run}</script>
<p>Dear customer, <a id="run" href="javascript:{run}">click</a> <a href="{url}/link">here</a></p>
<img src="{url}/image" srcset="{url}/srcset 2x" onerror="{run}"><img src="x" onerror="{run}">
<svg onload="{run}"><image href="{url}/svg"/><script>{run}</script></svg>
<video poster="{url}/poster" src="{url}/video" autoplay></video><audio src="{url}/audio"></audio>
<iframe src="{url}/frame"></iframe><iframe srcdoc="<script>{run}</script>"></iframe>
<object data="{url}/object"></object><embed src="{url}/embed">
<form action="{url}/form"><input name="password" autofocus onfocus="{run}"></form>
<table background="{url}/background"><tr><td>cell</td></tr></table>
</body></html>"""


def evil(url: str) -> bytes:
    made = EmailMessage()
    made["From"] = '"<img src=x onerror=owned=1>" <mallory@example.com>'
    made["To"] = "owner@example.org"
    made["Subject"] = f'"><script>owned=1</script></title><img src={url}/subject> \u202egnp.exe'
    made["Date"] = "Mon, 14 Sep 2026 09:00:00 +0900"
    made["Message-ID"] = "<evil@example.com>"
    made.set_content("Plain <script>owned=1</script>\n\x1b[31m\u202etxt\n")
    made.add_alternative(hostile(url), subtype="html")
    made.add_attachment(
        b"<script>owned=1</script>",
        maintype="text",
        subtype="html",
        filename='../"><img src=x onerror=owned=1>.html',
    )
    return made.as_bytes().replace(b"\n", b"\r\n")
