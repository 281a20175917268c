/** Where the codecs' WebAssembly comes from: the one thing that differs between hosts. */

import type { CompiledModule } from "../types.ts";

/** A compiled module, or how to get one, asked for at the first image that needs it. */
export type ModuleSource = CompiledModule | (() => CompiledModule | Promise<CompiledModule>);

export interface Codecs {
  /** `@jsquash/png/codec/pkg/squoosh_png_bg.wasm` */
  readonly png: ModuleSource;
  /** `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm` */
  readonly jpeg: ModuleSource;
  /** `@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm` */
  readonly resize: ModuleSource;
}

/**
 * Asks a source for its module, once.
 * @internal
 */
export function fromSource(source: ModuleSource): () => Promise<WebAssembly.Module> {
  let module: Promise<CompiledModule> | undefined;
  return () => {
    module ??= Promise.resolve<CompiledModule>(
      typeof source === "function" ? (source as () => CompiledModule)() : source,
    );
    return module as Promise<WebAssembly.Module>;
  };
}
