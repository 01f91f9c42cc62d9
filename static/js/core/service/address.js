/**
 * Addresses of the service. Behind a proxy it can be below a root path, such as /inkling.
 */
import { FACTS } from "../service-facts.js";

/** The service's address without a slash at its end, such as "https://school.example/inkling". */
export const SERVICE = location.origin + FACTS.root;

/** The address of a path of the service: "/lesson", or "/inkling/lesson" below a root path. */
export const addressOf = (path) => FACTS.root + path;

/** The address of a file below /static, with the hash of all files' contents: browsers keep it without asking again. */
export const addressOfFile = (path) => `${FACTS.static}/${path}`;
