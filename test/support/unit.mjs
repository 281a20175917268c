/** Keeps unit tests fast: they start no other program. Those that have to are named *.slow.test.ts. */

import child from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

for (const name of ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"]) {
  const start = child[name];
  child[name] = (program, ...rest) => {
    // What compiles the tests themselves.
    if (/esbuild/.test(program)) return start(program, ...rest);
    const message = `a unit test starts ${program}; name its file *.slow.test.ts`;
    console.error(message);
    // Also where the test takes it for a program that is not installed.
    process.on("exit", () => {
      process.exitCode = 1;
    });
    throw new Error(message);
  };
}
syncBuiltinESMExports();
