"""A script that runs in each page of the tests, before the page's own."""

FADE_MS = 8000  # after which a message disappears (static/js/ui/messages.js)

# Records the page's requests to /feature-maps: their content, their time, and the largest number of requests in flight
# at once. If `hold` is set, responses wait until the test calls the functions in `held`. `frame` is the browser's own
# requestAnimationFrame, which also works while the clock is stopped.
PROBE = """
(() => {
  const probe = (window.probe = { now: 0, most: 0, requests: [], held: [], hold: false, violations: [] });
  probe.frame = window.requestAnimationFrame.bind(window);
  const [fetch, setTimeout] = [window.fetch.bind(window), window.setTimeout.bind(window)];
  // A message does not disappear by itself: on a busy machine, it could do so before the test looks for it.
  window.setTimeout = (act, ms, ...more) => (ms === FADE_MS ? 0 : setTimeout(act, ms, ...more));
  window.fetch = async (url, options) => {
    if (!String(url).startsWith("/feature-maps")) return fetch(url, options);
    const body = typeof options.body === "string" ? options.body : null;
    probe.requests.push({ url, type: options.headers["Content-Type"], body, when: performance.now() });
    probe.most = Math.max(probe.most, ++probe.now);
    try {
      const { status, headers, body: stream } = await fetch(url, options);
      const buffer = await new Response(stream).arrayBuffer();
      if (probe.hold) await new Promise((go) => probe.held.push(go));
      return new Response(buffer, { status, headers });
    } finally {
      probe.now--;
    }
  };
  addEventListener("securitypolicyviolation", (e) => probe.violations.push(`${e.violatedDirective} ${e.blockedURI}`));
})();
""".replace("FADE_MS", str(FADE_MS))
