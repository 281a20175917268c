/** bsnn where `fetch` reaches the core beside this file: browsers, and any host with the same web interfaces. */
export * from "./browser.ts";
