/** ONNX models in 8 bits, as onnxruntime's own tool quantises them (quantise.py); bench/int8/install installs it. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PYTHON = here("../node_modules/.cache/python/bin/python");
const SCRIPT = here("quantise.py");
/** Models stay here from run to run. */
const KEPT = here("../node_modules/.cache/bsnn/int8");

/** Signs and bits of activations and weights (quantise.py). */
export const INT8_KINDS = ["u8s8", "u8s7", "s8s8"] as const;
export type Int8Kind = (typeof INT8_KINDS)[number];

/** What to do where the tool is missing. */
export const INSTALL_QUANTISER = "bench/int8/install";

/**
 * Quantises a model, or takes what an earlier run made of the same model and inputs by the same script.
 * @param onnx path of the original
 * @param inputs float32 tensors of its one input, to calibrate on
 * @returns path of the quantised model; null where the tool is not installed
 */
export async function quantised(onnx: string, inputs: readonly Float32Array[], kind: Int8Kind): Promise<string | null> {
  const hash = createHash("sha256").update(kind);
  for (const path of [onnx, SCRIPT, here("install")]) hash.update(await readFile(path));
  for (const input of inputs) hash.update(input);
  const made = join(KEPT, `${hash.digest("hex").slice(0, 32)}.onnx`);
  if (existsSync(made)) return made;
  if (!existsSync(PYTHON)) return null;
  await mkdir(KEPT, { recursive: true });
  const [given, unfinished] = [`${made}.${process.pid}.inputs`, `${made}.${process.pid}.unfinished`];
  try {
    await writeFile(given, Buffer.concat(inputs.map(({ buffer }) => Buffer.from(buffer))));
    await run(PYTHON, [SCRIPT, onnx, given, unfinished, kind]);
    await rename(unfinished, made);
  } finally {
    for (const path of [given, unfinished]) await rm(path, { force: true });
  }
  return made;
}
