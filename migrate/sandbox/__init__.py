"""A local double of the Gmail API, to rehearse a migration against (see `docs/sandbox.md`).

It imports nothing from the rest of `migrate`: a double that shared code with the client would
only agree with itself. One asyncio loop serves requests and owns the store, so every operation on
a mailbox is atomic without a lock.

    options     what `serve` can be told         discovery   routes and validators from Google's
    keys        service-account key and TLS                  own discovery document
    token       the OAuth token endpoint         app         the way of one request (ASGI)
    headers     what Gmail reads of a message    upload      JSON, media and multipart bodies
    store       mailboxes, messages, history     calls       what a handler gets and answers
    labels, messages, listing, drafts            the API methods, one module per resource
    answers, errors                              what goes back, in Google's shapes
    quota, faults                                limits, scripted failures
    server, embed                                run it; run it as a child process
"""
