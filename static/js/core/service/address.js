/**
 * Addresses of the service. Behind a proxy it can be below a root path, such as /inkling. This module is at
 * <root path>/static/js/core/service/, so its own address tells the root path.
 */

/** The service's address without a slash at its end, such as "https://school.example/inkling". */
export const SERVICE = new URL("../../../..", import.meta.url).href.replace(/\/$/, "");
const ROOT = new URL(SERVICE).pathname.replace(/\/$/, "");

/** The address of a path of the service: "/lesson", or "/inkling/lesson" below a root path. */
export const addressOf = (path) => ROOT + path;
