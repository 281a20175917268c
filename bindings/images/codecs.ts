/** Where the codecs' WebAssembly comes from: the one thing that differs between hosts. */

import { readOptions } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import { reasonOf, shown, tagOf } from "../kinds.ts";
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
 * Reads where the modules come from, once.
 * @throws BsnnError `bad-input` where the codecs are none
 * @internal
 */
export function readCodecs(given: Codecs): Partial<Codecs> {
  return readOptions(given, ["png", "jpeg", "resize"], "codecs");
}

/**
 * Asks a source for its module, once; where that fails, the next call tries again.
 * @param name of the codec
 * @throws BsnnError `unsupported` (rejects) where there is no module
 * @internal
 */
export function fromSource(name: keyof Codecs, source: ModuleSource | undefined): () => Promise<WebAssembly.Module> {
  let module: Promise<WebAssembly.Module> | undefined;
  return () => {
    module ??= moduleOf(name, source).catch((cause) => {
      module = undefined;
      throw cause instanceof BsnnError ? cause : noCodec(name, reasonOf(cause), cause);
    });
    return module;
  };
}

async function moduleOf(name: keyof Codecs, source: ModuleSource | undefined): Promise<WebAssembly.Module> {
  const module: unknown = await (typeof source === "function" ? (source as () => unknown)() : source);
  // The module may be one of another realm.
  if (tagOf(module) !== "WebAssembly.Module") throw noCodec(name, `found ${shown(module)} in place of its module`);
  return module as WebAssembly.Module;
}

/** The error for a codec that cannot be started. */
export function noCodec(name: keyof Codecs, reason: string, cause?: unknown): BsnnError {
  return new BsnnError("unsupported", `the ${name} codec cannot be loaded: ${reason}`, { cause });
}
