/** The part of an address after "#" as parameters. */

/** Parameters, { name: text }, as a fragment. "~" needs no escape in an address, so links keep it. */
export const toFragment = (parameters) => new URLSearchParams(parameters).toString().replaceAll("%7E", "~");

/** A fragment, with or without "#", as URLSearchParams. */
export const fromFragment = (fragment) => new URLSearchParams(String(fragment ?? "").replace(/^#/, ""));
