/**
 * What the service defines and the page needs: layers, preprocessing modes, limits and the loaded weights. Every page with
 * scripts embeds it as one JSON document, which `_facts` in app/pages.py makes.
 */
export const FACTS = JSON.parse(document.getElementById("facts").textContent);
