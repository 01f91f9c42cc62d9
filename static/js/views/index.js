/** Three more ways to look at the numbers: one map opened large, its numbers as a table, and what the network costs. */
export { createMapView } from "./views-map.js";
export { createTableView } from "./views-table.js";
