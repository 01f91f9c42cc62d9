"""Lighthouse on every page: its four scores, and how much a first visit loads. It needs npm and Chromium.

Lighthouse runs as it does by default: a phone whose processor is four times slower than this machine's, with the
latency and bandwidth of fast 3G. It is installed from npm into .venv when it is first needed.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.client import LoadError
from benchmarks.report import Report
from tools.browser import FLAGS, find

VERSION = "12.8.2"
PAGES = ("/", "/lesson", "/training", "/lab", "/docs", "/glossary", "/lesson/teacher", "/lesson/worksheet")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LEAST_SCORE, MOST_KB, MOST_REQUESTS, MOST_LCP_S, MOST_SHIFT = 95, 250.0, 40, 1.0, 0.0  # the targets
TIMEOUT = 180  # seconds for a page
_FOLDER = Path(__file__).parents[2] / ".venv" / "share" / f"lighthouse-{VERSION}"
_PROGRAM = _FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"


@dataclass(frozen=True, slots=True)
class PageResult:
    """The result for a page: scores from 0 to 100 by category, largest contentful paint and total blocking time in
    seconds, cumulative layout shift, size in 1000 bytes on the wire, requests, and the audits below 95."""

    page: str
    scores: dict[str, int]
    lcp_s: float
    blocking_s: float
    shift: float
    kilobytes: float
    requests: int
    failed: tuple[str, ...]


def install() -> None:
    """Install Lighthouse unless it is there. Raises LoadError if npm is missing or fails."""
    if _PROGRAM.exists():
        return
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise LoadError("Lighthouse needs Node.js and npm (on Debian, as root: apt-get install npm).")
    print(f"Installing Lighthouse {VERSION} from npm …", flush=True)
    _FOLDER.mkdir(parents=True, exist_ok=True)
    options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--prefix", str(_FOLDER)]
    if subprocess.run([npm, "install", f"lighthouse@{VERSION}", *options], stdout=subprocess.DEVNULL).returncode:
        raise LoadError(f"npm could not install lighthouse@{VERSION}.")


def measure(url: str) -> PageResult:
    """Run Lighthouse on a page. Raises LoadError if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "report.json"
        command = ["node", str(_PROGRAM), url, "--quiet", "--output=json", f"--output-path={output}"]
        command += [f"--only-categories={','.join(CATEGORIES)}", "--no-enable-error-reporting"]
        command += [f"--chrome-flags=--headless {' '.join(FLAGS)}"]
        path = find()
        environment = os.environ | ({"CHROME_PATH": path} if path else {})
        try:
            subprocess.run(command, env=environment, timeout=TIMEOUT, check=True)
            found = json.loads(output.read_bytes())
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise LoadError(f"Lighthouse failed on {url}: {error}") from None
    return read(found)


def read(found: dict[str, Any]) -> PageResult:
    """The figures in Lighthouse's JSON document."""
    audits, categories = found["audits"], found["categories"]
    counted = {each["id"] for category in categories.values() for each in category["auditRefs"] if each["weight"] > 0}
    failed = [name for name in counted if (audits[name]["score"] or 0) < 0.95 and audits[name]["score"] is not None]
    return PageResult(
        page=found["requestedUrl"],
        scores={name: round(100 * (categories[name]["score"] or 0)) for name in CATEGORIES},
        lcp_s=audits["largest-contentful-paint"]["numericValue"] / 1000,
        blocking_s=audits["total-blocking-time"]["numericValue"] / 1000,
        shift=audits["cumulative-layout-shift"]["numericValue"],
        kilobytes=audits["total-byte-weight"]["numericValue"] / 1000,
        requests=sum(item["url"].startswith("http") for item in audits["network-requests"]["details"]["items"]),
        failed=tuple(sorted(failed)),
    )


def measure_all(pages: Sequence[str], report: Report) -> None:
    """Measure these pages, print a line for each, and compare the figures with the targets."""
    install()
    scores = f"scores: {', '.join(CATEGORIES)}"
    print(f"\n{'page':18} {scores:56} {'LCP':>6} {'TBT':>6} {'CLS':>6} {'kB':>5} requests, audits below 95")
    with servers.inkling() as server:
        for page in pages:
            found = measure(f"http://127.0.0.1:{server.port}{page}")
            scores = ", ".join(f"{score}" for score in found.scores.values())
            print(
                f"{page:18} {scores:56} {found.lcp_s:5.2f}s {found.blocking_s:5.2f}s {found.shift:6.3f} "
                f"{found.kilobytes:5.0f} {found.requests}   {' '.join(found.failed)}"
            )
            for name, score in found.scores.items():
                report.target(f"{page} {name}, points below 100", 100 - score, 100 - LEAST_SCORE)
            report.target(f"{page} kB", found.kilobytes, MOST_KB)
            report.target(f"{page} requests", found.requests, MOST_REQUESTS)
            report.target(f"{page} LCP, s", found.lcp_s, MOST_LCP_S)
            report.target(f"{page} layout shift", found.shift, MOST_SHIFT)
            report.figures[f"lighthouse {page}"] = asdict(found)
