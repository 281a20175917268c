/** The core for research as Deno imports it. */
export declare const lab: WebAssembly.Module;
