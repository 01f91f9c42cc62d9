/** A time limit for requests. AbortSignal.timeout does the same, but only since Safari 16. */

/** The result of work(signal); `signal` aborts its requests, including the reading of their bodies, after `seconds`. */
export async function withTimeLimit(seconds, work) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 1000 * seconds);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
