/** Hosts that run one process per measurement: Node in three versions, Deno, Bun. */

import { join } from "node:path";
import type { CoreBuild } from "../../../bindings/types.ts";
import { RUNTIMES } from "./folders.ts";
import type { Host } from "./host.ts";
import { runProgram, versionOf } from "./programs.ts";

interface ProcessHost extends Pick<Host, "name" | "words" | "builds"> {
  readonly program: string;
  /** Its entry of the package, in dist/. */
  readonly entry: string;
  /**
   * Arguments before the name of the script.
   * @param files that it will read
   */
  arguments(files: readonly string[]): string[];
}

const BOTH: readonly CoreBuild[] = ["baseline", "relaxed"];

function node(major: number, builds: readonly CoreBuild[]): ProcessHost {
  const program = join(RUNTIMES, `node${major}/bin/node`);
  return { name: `node ${major}`, program, entry: "node.js", builds, arguments: () => [] };
}

export const processHosts: readonly ProcessHost[] = [
  node(20, ["baseline"]), // its V8 has relaxed SIMD behind a flag only
  node(22, BOTH),
  node(24, BOTH),
  {
    name: "deno",
    words: "deno run",
    program: join(RUNTIMES, ".bin/deno"),
    entry: "deno.js",
    builds: BOTH,
    // Only what it is told to read; the core needs no permission.
    arguments: (files) => ["run", "--no-prompt", `--allow-read=${files.join(",")}`],
  },
  {
    name: "bun",
    words: "bun run",
    program: join(RUNTIMES, ".bin/bun"),
    entry: "node.js",
    builds: BOTH,
    arguments: () => ["run"],
  },
];

export const processes: readonly Host[] = processHosts.map((host) => ({
  ...host,
  install: "npm ci --prefix test/hosts",
  version: () => versionOf(host.program),
  open: async (root) => ({
    async measure(work) {
      const args = [...host.arguments([work.model.path, work.inputs.path]), "process.js", JSON.stringify(work)];
      const { stdout, firstLineMs } = await runProgram(host.program, args, root);
      const { build, digest, msPerImage } = JSON.parse(stdout.slice(stdout.indexOf("\n")));
      if (build !== work.build) throw new Error(`${host.name} took the ${build} build, not the ${work.build} one`);
      return { digest, msPerImage, coldMs: firstLineMs };
    },
    close: async () => undefined,
  }),
}));
