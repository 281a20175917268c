/** Where the codecs' WebAssembly comes from: the one thing that differs between hosts. */

/** A compiled module, or how to get one, asked for at the first image that needs it. */
export type ModuleSource = WebAssembly.Module | (() => WebAssembly.Module | Promise<WebAssembly.Module>);

export interface Codecs {
  /** `@jsquash/png/codec/pkg/squoosh_png_bg.wasm` */
  readonly png: ModuleSource;
  /** `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm` */
  readonly jpeg: ModuleSource;
  /** `@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm` */
  readonly resize: ModuleSource;
}

/** Asks a source for its module, once. */
export function fromSource(source: ModuleSource): () => Promise<WebAssembly.Module> {
  let module: Promise<WebAssembly.Module> | undefined;
  return () => {
    module ??= Promise.resolve(typeof source === "function" ? source() : source);
    return module;
  };
}
