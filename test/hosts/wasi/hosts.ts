/** The WASI runtimes as hosts of the cross-host table. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host, Measurement, Work } from "../host.ts";
import { below, type Command, runtimes } from "./runtimes.ts";

/** Runs the command once on the first input, for the cold start, and once on all. It has no clock: times are seen from outside. */
async function measure(command: Command, { model, inputs, mode }: Work): Promise<Measurement> {
  const { folder, name } = below(model.path);
  const samples = await readFile(inputs.path);
  const { count } = inputs;
  const run = async (images: number): Promise<{ digest: string; ms: number }> => {
    const pixels = samples.subarray(0, (samples.length / count) * images);
    const options = ["--json", "--mode", mode, "--images", String(images)];
    const { code, stdout, stderr, ms } = await command.run(folder, [name, ...options], [pixels]);
    if (code !== 0) throw new Error(`the command left with ${code}: ${stderr.trim()}`);
    return { digest: JSON.parse(stdout).digest, ms };
  };
  const first = await run(1);
  const all = await run(count);
  const msPerImage = count > 1 ? Math.max(0, all.ms - first.ms) / (count - 1) : all.ms;
  return { digest: all.digest, coldMs: first.ms, msPerImage };
}

export const wasiHosts: readonly Host[] = runtimes.map((runtime) => ({
  name: runtime.name,
  builds: ["baseline"],
  install: runtime.install,
  version: runtime.version,
  open: async (root) => {
    const command = await runtime.open(join(root, "node_modules/bsnn/dist/bsnn.wasi.wasm"));
    return { measure: (work) => measure(command, work), close: () => command.close() };
  },
}));
