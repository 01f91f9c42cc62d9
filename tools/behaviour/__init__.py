"""Records the responses of the service and screenshots of its pages, and compares two recordings. It shows whether a
change to the code has changed the behaviour.

    python -m tools.behaviour record --out before --source ../main-before    records another checkout
    python -m tools.behaviour record --out after                             records this checkout
    python -m tools.behaviour compare before after
    python -m tools.behaviour screenshots --out before-pages --source ../main-before
    python -m tools.behaviour compare-screenshots before-pages after-pages --out differences

It uses HTTP and a browser and imports no module of the service, so it can record any version. `--source DIR` is the
checkout to record; the default is this one. `record` starts four servers of the checkout: with the default settings,
with saved corrections, with a damaged corrections file, and with the lesson's weights. With `--url` it starts none: it
sends requests to the server at that URL, and only those requests that need the default settings.

A recording is a folder. `index.json` lists the responses to each request, and `bodies/` has one file for each response
body. The name of the file is the SHA-256 of the body. Bodies are decoded only when two recordings are compared. Numbers
may differ by 1e-4 (absolute or relative), values of uint8 tensors by 1, and values of float16 tensors by 1e-3.

There are three groups of differences: status and headers; values; and wording. Wording is prose in JSON (titles,
details, reasons, descriptions) and the visible text of a page. A difference in wording is not a failure; all other
differences are. The comparison ignores dates, versions, entity tags of static files, the content of scripts and style
sheets, and the values of metrics. The problems `not-ready`, `overloaded` and `internal-error` are not recorded, because
no request can cause them.
"""
