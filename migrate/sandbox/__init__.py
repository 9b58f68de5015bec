"""A local double of the Gmail API, to rehearse a migration against (see `docs/sandbox.md`).

It imports nothing from the rest of `migrate`: a double that shared code with the client would
only agree with itself. One asyncio loop serves requests and owns the store, so every operation on
a mailbox is atomic without a lock.

    server, embed    run it; run it as a child process
    app/             the way of a request: plain calls, resumable uploads, batches (ASGI)
    page/            the mailboxes to look at        control    statistics and scripted failures
    service          one API call: token, scope, user, parameters, cost, method
    methods/         the API methods, one module per resource
    mailbox/         what is kept, and what Gmail reads of a message
    limits/          quota, concurrency, closed mailboxes, fault rules
    access/          keys, tokens, who exists in which state
    description/     routes and validators from Google's own discovery documents
    http/            bodies in, answers and errors out
    options, assumptions, clock    what `serve` can be told; what nobody could verify
"""
