"""Is our clock right? Google refuses tokens that are not of now; the Date of its answers tells."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from migrate.preflight.finding import Finding, fine, not_asked, warning
from migrate.preflight.project import Project
from migrate.web import BROKEN, plain_http

_TOLERATED = 60  # seconds; Google gives up somewhere above, and does not say where
_TIMEOUT = 20.0


def check(project: Project) -> Iterator[Finding]:
    target = project.config.target
    http = plain_http(target.ca_file, _TIMEOUT, target.api)
    http.follow_redirects = False
    before = time.time()
    try:
        answer, _ = http.request(target.api, "HEAD")  # whatever the status, it is dated
        there = parsedate_to_datetime(answer["date"]).timestamp() + 0.5  # of a whole second
    except (*BROKEN, KeyError, ValueError) as error:
        yield not_asked("clock-unknown", host=target.api, reason=str(error))
        return
    ahead = round((before + time.time()) / 2 - there)
    if abs(ahead) > _TOLERATED:
        yield warning("clock-ahead" if ahead > 0 else "clock-behind", seconds=abs(ahead))
    else:
        yield fine(seconds=abs(ahead))
