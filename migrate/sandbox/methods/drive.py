"""drive.about.get, of which only the storage is told.

https://developers.google.com/workspace/drive/api/reference/rest/v3/about
"""

from __future__ import annotations

from typing import Any

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.methods.calls import Call


def about(call: Call) -> dict[str, Any]:
    """What a mailbox holds, and may hold: each one's own, as without pooled storage. No `limit` is
    no limit. ApiError 400 without `fields`, which this method requires; 403 for nobody's Drive."""
    if not call.query.get("fields"):
        text = "The 'fields' parameter is required for this method."
        raise ApiError(400, text, reason="required")
    user = call.directory.find(call.user)
    if user is None or not user.active:
        raise ApiError(403, "Forbidden")  # a guess
    limit = call.options.storage_limit
    used = str(call.store.used(call.store.mailbox(user.address)))
    quota = {"usage": used, "usageInDrive": "0", "usageInDriveTrash": "0"}
    quota |= {"limit": str(limit)} if limit else {}
    return {"kind": "drive#about", "storageQuota": quota}
