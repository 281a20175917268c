/** The core as Deno imports it. */
export declare const baseline: WebAssembly.Module;
export declare const relaxed: WebAssembly.Module;
