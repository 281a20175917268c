/** The core for several threads as Deno imports it, when it is first asked for. */
export declare const baseline: WebAssembly.Module;
export declare const relaxed: WebAssembly.Module;
