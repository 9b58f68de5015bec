"""Each time that httplib2 sends is asked for, also where it repeats a request by itself."""

from __future__ import annotations

import httplib2
import pytest

from migrate.gmail.checked import checked
from tests.unit.test_gmail_upload import Taken, after, answer, serving


def test_a_request_that_httplib2_repeats_is_asked_for_again() -> None:
    with serving(answer(), None, answer()) as server:
        http = checked(httplib2.Http(), after(2))
        http.request(server.api, "POST", body=b"1")
        with pytest.raises(Taken):
            http.request(server.api, "POST", body=b"2")
        assert [each.body for each in server.requests] == [b"1", b"2"]
        http.close()
    with serving(answer(), None, answer()) as server:
        http = checked(httplib2.Http(), after(3))
        for _ in range(2):
            assert http.request(server.api, "POST", body=b"x")[0].status == 200
        assert len(server.requests) == 3
        http.close()


def test_what_must_not_go_out_does_not() -> None:
    with serving() as server:
        http = checked(httplib2.Http(), after(0))
        with pytest.raises(Taken):
            http.request(server.api, "POST", body=b"1")
        http.close()
        assert server.requests == []
