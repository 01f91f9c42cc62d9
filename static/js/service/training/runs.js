/** Requests about training runs: what is possible here, the list of runs, starting and controlling a run, and serving its weights. */
import { addressOf } from "../../core/service/address.js";

/** A request that the service has refused; its message is for the user; `run` is the run that causes the conflict, if there is one. */
class RefusedError extends Error {
  constructor({ status, detail, type = "", run = null }) {
    super(detail);
    Object.assign(this, { status, type, run });
  }
}

let token = null; // of the server's operator; needed if the service does not listen on this machine alone

/** Send this token with every request from now on; null means no token. */
export const useToken = (value) => (token = value);

async function send(path, { method = "GET", body = undefined, type = "application/json", fetch = globalThis.fetch.bind(globalThis) } = {}) {
  let response;
  const headers = { ...(body !== undefined && { "Content-Type": type }), ...(token && { Authorization: `Bearer ${token}` }) };
  try {
    response = await fetch(addressOf(path), { method, headers, body });
  } catch {
    throw new RefusedError({ status: 0, detail: "The server does not answer. Check that it is running, then try again." });
  }
  if (!response.ok) throw new RefusedError({ status: response.status, ...(await problemOf(response)) });
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

async function problemOf(response) {
  const otherwise = `The server answered with status ${response.status}.`;
  try {
    const { detail, title, type, run } = await response.json();
    return { detail: detail ?? title ?? otherwise, type, run };
  } catch {
    return { detail: otherwise };
  }
}

const at = (id, action = "") => `/runs/${encodeURIComponent(id)}${action && `/${action}`}`;

/** Recipes, limits and rules of a new run, whether this page may start one, and if not, why: see /docs. */
export const loadDefaults = () => send("/runs/defaults");
/** The runs, the newest first. */
export const loadRuns = async () => (await send("/runs")).runs;
/** All sets of weights, as GET /weights lists them. */
export const loadWeightSets = async () => (await send("/weights")).weights;
/** Start a run with these settings. Returns the run. */
export const startRun = (settings) => send("/runs", { method: "POST", body: JSON.stringify(settings) });
/** Send "pause", "resume", "step" or "stop", with { unit: "batch" | "epoch" } for a step and { seconds_per_batch } for slow motion. */
export const sendCommand = (id, action, options) => send(at(id, action), { method: "POST", body: JSON.stringify(options ?? {}) });
export const deleteRun = (id) => send(at(id), { method: "DELETE" });
/** Delete an upload. */
export const deleteWeights = (name) => send(`/weights/${encodeURIComponent(name)}`, { method: "DELETE" });
export const fileAddress = (id, name) => addressOf(at(id, `files/${encodeURIComponent(name)}`));
/** Put these weights into service, for everybody. */
export const serveWeights = (name) => send("/weights/served", { method: "PUT", body: JSON.stringify({ name }) });
/** Send a file of weights. Returns its description, as in GET /weights. */
export const uploadWeights = (file) => send(`/weights?${new URLSearchParams({ name: file.name.replace(/[.]\w+$/, "") })}`, { method: "POST", body: file, type: "application/octet-stream" });
