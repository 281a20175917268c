/** Hosts that run one process per measurement: Node in three versions, Deno, Bun. */

import { join } from "node:path";
import { RUNTIMES } from "./folders.ts";
import type { Build, Host, Work } from "./host.ts";
import { runProgram, versionOf } from "./programs.ts";

interface ProcessHost {
  readonly name: string;
  readonly program: string;
  readonly builds: readonly Build[];
  /** Arguments before the name of the script. */
  arguments(work: Work): string[];
}

const BOTH: readonly Build[] = ["baseline", "relaxed"];

function node(major: number, builds: readonly Build[]): ProcessHost {
  return { name: `node ${major}`, program: join(RUNTIMES, `node${major}/bin/node`), builds, arguments: () => [] };
}

const processHosts: readonly ProcessHost[] = [
  node(20, ["baseline"]), // its V8 has relaxed SIMD behind a flag only
  node(22, BOTH),
  node(24, BOTH),
  {
    name: "deno",
    program: join(RUNTIMES, ".bin/deno"),
    builds: BOTH,
    // Only what it is told to read; the core needs no permission.
    arguments: ({ model, inputs }) => ["run", "--no-prompt", `--allow-read=${model.path},${inputs.path}`],
  },
  { name: "bun", program: join(RUNTIMES, ".bin/bun"), builds: BOTH, arguments: () => ["run"] },
];

export const processes: readonly Host[] = processHosts.map((host) => ({
  name: host.name,
  builds: host.builds,
  install: "npm ci --prefix test/hosts",
  version: () => versionOf(host.program),
  open: async (root) => ({
    async measure(work) {
      const args = [...host.arguments(work), "process.js", JSON.stringify(work)];
      const { stdout, firstLineMs } = await runProgram(host.program, args, root);
      const { build, digest, msPerImage } = JSON.parse(stdout.slice(stdout.indexOf("\n")));
      if (build !== work.build) throw new Error(`${host.name} took the ${build} build, not the ${work.build} one`);
      return { digest, msPerImage, coldMs: firstLineMs };
    },
    close: async () => undefined,
  }),
}));
