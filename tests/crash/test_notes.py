"""kill -9 while notes are put in place of quarantined messages, or the notice to their owner is
sent: each is there once."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.crash.conftest import NewScene
from tests.crash.killer import NOTES, NOTICE
from tests.crash.scene import KILLED, Scene

pytestmark = pytest.mark.crash


def notes(scene: Scene, mark: str = ".note@") -> Counter[str]:
    """Message-ID → how many notes with it the mailbox holds."""

    def get(path: str) -> Any:
        status, answer = scene.mailbox.request("GET", f"/gmail/v1/users/me/messages{path}")
        assert status == 200, json.dumps(answer)
        return answer

    listed = get("?includeSpamTrash=true&maxResults=500")["messages"]
    metadata = "?format=metadata&metadataHeaders=Message-ID"
    found = (get(f"/{each['id']}{metadata}")["payload"]["headers"] for each in listed)
    ids = (header["value"] for headers in found for header in headers)
    return Counter(each for each in ids if mark in each)


@pytest.mark.parametrize("dedupe", ["message-id", "off"])
@pytest.mark.parametrize("step", NOTES)
def test_killed_at(step: str, dedupe: str, new_scene: NewScene) -> None:
    scene = new_scene(dedupe)
    scene.configure(placeholder="message")
    assert scene.run("--kill", f"{step}:1")[0] == KILLED
    scene.complete()
    refused = sum(each.end == "quarantined" for each in scene.wanted)
    found = notes(scene)
    assert (len(found), set(found.values())) == (refused, {1})
    status = scene.document("status")
    assert status["totals"]["quarantined"] == sum(
        len(each.places) for each in scene.wanted if each.end == "quarantined"
    )
    assert scene.document("verify", "--deep")["differences"] == []
    scene.complete()
    assert notes(scene) == found


@pytest.mark.parametrize("step", NOTICE)
def test_the_owner_is_told_once(step: str, new_scene: NewScene) -> None:
    scene = new_scene("off")
    scene.configure(notice="message")
    assert scene.run("--kill", f"{step}:1")[0] == KILLED
    scene.complete()
    found = notes(scene, ".notice@")
    assert [*found.values()] == [1]
    assert scene.document("verify")["differences"] == []
    scene.complete()
    assert notes(scene, ".notice@") == found
