/** Tests that need a runtime which is not installed say so by name and are left out; BSNN_REQUIRE_HOSTS=1 makes them fail instead. */

import type { Host } from "./host.ts";

/** Whether a test can run on these hosts. @throws Error where one is missing though all are required */
export async function available(...hosts: readonly Host[]): Promise<boolean> {
  let all = true;
  for (const { name, install, version } of hosts) {
    if ((await version()) !== null) continue;
    const missing = `${name} is not installed (${install})`;
    if (process.env.BSNN_REQUIRE_HOSTS === "1") throw new Error(missing);
    process.stderr.write(`SKIPPED: ${missing}\n`);
    all = false;
  }
  return all;
}
