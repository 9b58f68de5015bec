"""`/_sandbox/stats`, `faults` and `release`, for whoever runs the rehearsal; loopback only."""

from __future__ import annotations

import ipaddress
import json
from collections import Counter
from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.request import Answer, Request, failure, success
from migrate.sandbox.limits.faults import FaultError, Faults, parse
from migrate.sandbox.service import Service


class Control:
    def __init__(
        self,
        service: Service,
        faults: Faults,
        by_method: Counter[str],
        by_status: Counter[str],
    ) -> None:
        self._service, self._faults = service, faults
        self._by_method, self._by_status = by_method, by_status

    @staticmethod
    def owns(path: str) -> bool:
        return path.startswith("/_sandbox/")

    def answer(self, request: Request, peer: str) -> Answer:
        what = (request.verb, request.path)
        if not ipaddress.ip_address(peer).is_loopback:
            return failure(ApiError(403, "Only loopback peers may control the sandbox."))
        if what == ("GET", "/_sandbox/stats"):
            return success(self._stats())
        if what == ("PUT", "/_sandbox/faults"):
            try:
                self._faults.rules = parse(json.loads(bytes(request.body.view()) or b"[]"))
                return success({"rules": len(self._faults.rules)})
            except (FaultError, ValueError, TypeError, RecursionError) as error:
                return failure(ApiError(400, str(error)))
        if what == ("POST", "/_sandbox/release"):
            return success({"released": self._faults.release()})
        return failure(ApiError(404, "Not Found"))

    def _stats(self) -> dict[str, Any]:
        database = self._service.store.db
        return {
            "requests": dict(self._by_method),
            "statuses": dict(self._by_status),
            "units": dict(self._service.limits.units),
            "messages": database.execute("SELECT count(*) FROM messages").fetchone()[0],
            "held": self._faults.held,
            "fault_hits": [rule.hits for rule in self._faults.rules],
        }
