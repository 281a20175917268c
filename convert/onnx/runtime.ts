/** onnxruntime-web, loaded when the first network is to be executed: who only runs converted models need not have it. */

import type * as Ort from "onnxruntime-web";
import { ConversionError } from "../errors.ts";

export type { InferenceSession, Tensor } from "onnxruntime-web";

/** What to add to a project that converts. */
const MISSING = "converting a network needs onnxruntime-web, which is not installed: npm install onnxruntime-web";

let loading: Promise<typeof Ort> | null = null;

/**
 * Its build for the processor alone, half the size of the whole; everything here runs on one thread.
 * @throws ConversionError (`not-installed`) where the package is not there
 */
export function runtime(): Promise<typeof Ort> {
  loading ??= load();
  return loading;
}

async function load(): Promise<typeof Ort> {
  const ort = await import("onnxruntime-web/wasm").catch((cause) => {
    loading = null;
    throw isMissing(cause) ? new ConversionError("not-installed", MISSING, { cause }) : cause;
  });
  ort.env.wasm.numThreads = 1;
  // What fails is thrown as well; it must not be told twice.
  ort.env.logLevel = "fatal";
  return ort;
}

/** Whether an import failed for want of the package itself, as hosts and bundlers tell it. */
function isMissing(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    /MODULE_NOT_FOUND$/.test(String(code)) ||
    /resolve module specifier|Cannot find (?:package|module)/.test(String(message))
  );
}
