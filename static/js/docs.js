/** The page of the API. Swagger UI is loaded only when the address names a call, such as #/drawings/predict. */
const overview = document.getElementById("overview");
const reference = document.getElementById("reference");
const box = document.getElementById("swagger-ui");
const status = document.getElementById("loading");
const failed = document.getElementById("failed");
const template = document.getElementById("swagger-ui-files");
const darkSystem = matchMedia("(prefers-color-scheme: dark)");
let loading = null;

const wanted = () => location.hash.startsWith("#/");

/** Loads Swagger UI's files from this server. */
async function load() {
  window.noZensmooth = true; // its scrolling library would handle the links of this page, too
  const files = [...document.importNode(template.content, true).children];
  const loaded = files.map((file) => new Promise((resolve, reject) => Object.assign(file, { onload: resolve, onerror: reject })));
  template.before(...files);
  try {
    await Promise.all(loaded);
  } catch (error) {
    for (const file of files) file.remove();
    throw error;
  }
}

function matchTheme() {
  document.documentElement.classList.toggle("dark-mode", getComputedStyle(document.documentElement).colorScheme === "dark");
}

/** Shows Swagger UI at the call of the address. It reads the address itself, but only when it starts. */
function show() {
  matchTheme();
  const domNode = document.createElement("div");
  box.append(domNode);
  // Without an external validator and external fonts.
  SwaggerUIBundle({
    url: box.dataset.document,
    domNode,
    deepLinking: true,
    validatorUrl: null,
    tryItOutEnabled: true,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
  });
}

/** Shows the call that the address names, in Swagger UI; otherwise the introduction and the list of all calls. */
async function follow() {
  overview.hidden = wanted();
  reference.hidden = !wanted();
  if (!wanted()) return box.replaceChildren();
  failed.hidden = true;
  status.textContent = "Loading …";
  try {
    loading ??= load();
    await loading;
    if (wanted() && !box.firstChild) show();
    status.textContent = "";
  } catch {
    loading = null;
    history.replaceState(null, "", location.pathname + location.search); // so that the same link works again
    follow();
    failed.hidden = false;
    failed.focus(); // the page may be further down
  }
}

addEventListener("hashchange", () => {
  const opens = reference.hidden;
  follow();
  if (opens && wanted()) reference.querySelector("h1").focus();
  if (location.hash === "#calls") document.getElementById("calls").focus(); // it was hidden when the browser looked for it
});
// Behind a proxy that ends TLS, the service may not know the scheme of its own address.
for (const address of document.querySelectorAll(".here")) address.textContent = new URL(".", location.href).href;
darkSystem.addEventListener("change", matchTheme);
follow();
