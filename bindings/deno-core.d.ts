export declare const baseline: WebAssembly.Module;
export declare const relaxed: WebAssembly.Module;
