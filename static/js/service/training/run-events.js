/** The events of a run as they happen, without a gap after an interruption. */
import { addressOf } from "../../core/service/address.js";

const NAMES = ["started", "batch", "epoch", "step", "download", "state", "finished"];
const RETRY = 2000; // ms
const PATIENCE = 1500; // ms without a connection before the page says so

/**
 * Call `on(event)` for every event of a run, from the first one on, and `away(isAway)` when the connection is lost or is back.
 * Returns { close() }.
 *
 * The browser reconnects automatically and says which event was the last. If it gives up, because the service answered with an
 * error, a new stream begins with the first event. `on` must ignore events that it knows. After the last event of a finished run,
 * the stream is closed.
 */
export function followRun(id, { on, away, Source = globalThis.EventSource, retry = RETRY, patience = PATIENCE }) {
  let source = null;
  let timer = null;
  let closed = false;
  let lost = null; // when it ends, the page says that the connection is lost

  function found() {
    clearTimeout(lost);
    lost = null;
    away(false);
  }

  function receive(event) {
    on(event);
    if (event.event === "state" && event.state === "finished") close();
  }

  function close() {
    closed = true;
    clearTimeout(timer);
    found();
    source.close();
  }

  function connect() {
    source = new Source(addressOf(`/runs/${encodeURIComponent(id)}/events`));
    for (const name of NAMES) source.addEventListener(name, ({ data }) => receive(JSON.parse(data)));
    source.addEventListener("open", found);
    source.addEventListener("error", () => {
      if (!closed) lost ??= setTimeout(away, patience, true);
      if (closed || source.readyState !== 2) return; // the browser tries again
      clearTimeout(timer);
      timer = setTimeout(connect, retry);
    });
  }
  connect();
  return { close };
}
