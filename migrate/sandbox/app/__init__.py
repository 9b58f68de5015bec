"""The way of one request through the sandbox: a bare ASGI application.

    app        what an address stands for, and how its outcome reaches the connection
    exchange   one call: latency, statistics, fault rules, commit
    plain      a call with everything in one request
    uploads    a resumable upload: a call in several requests
    batch      several calls in one request

route → limits → body → fault → `service` → commit → fault → answer
"""
