"""What surrounds an answer: compression, Date, system parameters.

https://developers.google.com/workspace/gmail/api/guides/performance
https://cloud.google.com/apis/docs/system-parameters
"""

from __future__ import annotations

import gzip
import http.client
import json
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.contracts.gmail import Mailbox
from tests.sandboxes import running

LABELS = "/gmail/v1/users/me/labels"
PROFILE = "/gmail/v1/users/me/profile"
WANTED = {"Accept-Encoding": "gzip", "User-Agent": "a program (gzip)"}


def get(
    mailbox: Mailbox, path: str = LABELS, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = mailbox.connect()
    connection.request(
        "GET", path, headers={"Authorization": f"Bearer {mailbox.token()}"} | headers
    )
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer, data


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip;q=0.5", "GZIP, deflate"])
def test_compressed_if_both_headers_ask_for_it(mailbox: Mailbox, accepted: str) -> None:
    answer, data = get(mailbox, **WANTED | {"Accept-Encoding": accepted})
    assert answer.headers["Content-Encoding"] == "gzip"
    plain, whole = get(mailbox)
    assert "Content-Encoding" not in plain.headers
    assert json.loads(gzip.decompress(data)) == json.loads(whole)


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Encoding": "gzip", "User-Agent": "a program"},
        {"Accept-Encoding": "deflate", "User-Agent": "gzip"},
        {"Accept-Encoding": "gzip;q=0, deflate", "User-Agent": "gzip"},
    ],
)
def test_not_compressed_otherwise(mailbox: Mailbox, assumed: None, headers: dict[str, str]) -> None:
    answer, data = get(mailbox, **headers)
    assert "Content-Encoding" not in answer.headers
    assert "User-Agent" in answer.headers["Vary"]
    assert json.loads(data)["labels"]


def test_small_answers_stay_as_they_are(mailbox: Mailbox, assumed: None) -> None:
    answer, data = get(mailbox, PROFILE, **WANTED)
    assert "Content-Encoding" not in answer.headers
    assert json.loads(data)["emailAddress"] == mailbox.user


def test_date_is_of_the_servers_clock(tmp_path: Path) -> None:
    with running(tmp_path, extra=["--clock-skew", "10h"]) as sandbox:
        connection = Mailbox(sandbox.url, sandbox.key_file, "a@example.org").connect()
        connection.request("GET", "/gmail/v1/users/me/profile")
        answer = connection.getresponse()
        answer.read()
        connection.close()
    (date,) = answer.headers.get_all("Date", [])
    ahead = parsedate_to_datetime(date).timestamp() - time.time()
    assert abs(ahead - 36_000) < 1_800


@pytest.mark.parametrize("name", ["access_token", "oauth_token"])
def test_token_as_a_parameter(mailbox: Mailbox, assumed: None, name: str) -> None:
    path = f"{PROFILE}?{name}={mailbox.token()}"
    assert mailbox.request("GET", path, token="")[0] == 200
    assert mailbox.request("GET", f"{PROFILE}?{name}=x", token="")[0] == 401
    assert mailbox.request("GET", path, token="wrong")[0] == 401


def test_answers_are_json(mailbox: Mailbox) -> None:
    assert get(mailbox, f"{PROFILE}?alt=json")[0].status == 200
    assert b"\n" not in get(mailbox, f"{PROFILE}?prettyPrint=false")[1].strip()
    assert b"\n" in get(mailbox, PROFILE)[1].strip()


@pytest.mark.parametrize(
    ("query", "status"),
    [("alt=media", 400), ("alt=xml", 400), ("alt=proto", 501), ("callback=f", 501)],
)
def test_what_else_is_refused(mailbox: Mailbox, assumed: None, query: str, status: int) -> None:
    assert get(mailbox, f"{PROFILE}?{query}")[0].status == status


def test_entity_tags_of_the_directory(mailbox: Mailbox, assumed: None) -> None:
    token = mailbox.token("https://www.googleapis.com/auth/admin.directory.user.readonly")
    path = f"/admin/directory/v1/users/{mailbox.user}"
    bearer = {"Authorization": f"Bearer {token}"}
    answer, data = get(mailbox, path, **bearer)
    assert answer.status == 200, data
    tag = answer.headers["ETag"]
    assert tag == json.loads(data)["etag"]
    again, nothing = get(mailbox, f"{path}?fields=id", **bearer, **{"If-None-Match": tag})
    assert (again.status, nothing) == (304, b"")
