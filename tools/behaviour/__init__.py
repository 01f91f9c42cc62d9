"""The safety net of a restructuring: records what the service answers and what its pages look like, and compares two
recordings.

    python -m tools.behaviour record --out before --source ../main-before    requests, to servers that it starts
    python -m tools.behaviour record --out after
    python -m tools.behaviour compare before after
    python -m tools.behaviour screenshots --out before-pages --source ../main-before
    python -m tools.behaviour compare-screenshots before-pages after-pages --out differences

It speaks HTTP and drives a browser, and imports nothing of the service, so it records any version: the one in
`--source DIR` (default: this one), or, with `--url`, a server that runs already, of which it records what needs no
setting. Without `--url` it starts four: as it comes, with corrections kept, with a damaged file of corrections, and
with the lesson's weights.

A recording is `index.json`, with the replies to each request, and `bodies/`, named by their SHA-256. All interpretation
happens when two of them are compared: numbers may differ by 1e-4 (absolute or relative), those of uint8 tensors by 1,
of float16 tensors by 1e-3. Differences come in three groups: status and headers; values; and wording, which is prose in
JSON (titles, details, reasons, descriptions) and the visible text of a page. Only the first two count as failures.
Left out are dates, versions, entity tags of static files, the content of scripts and style sheets, and the values of
metrics. `not-ready`, `overloaded` and `internal-error` cannot be provoked from outside, so they are not recorded.
"""
