/** The codecs as Deno imports them. */
export declare const jpeg: WebAssembly.Module;
export declare const png: WebAssembly.Module;
export declare const resize: WebAssembly.Module;
