/**
 * Builds the project once more, elsewhere and from nothing, on this Node and on each that test/hosts has, and compares what comes out with
 * dist/, file by file.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const copy = mkdtempSync(join(tmpdir(), "bsnn-build-"));

/** Hashes of all files below a folder, by their paths. */
function hashes(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return [relative(folder, path), createHash("sha256").update(readFileSync(path)).digest("hex")];
    }),
  );
}

try {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
  for (const file of listed.toString().split("\0").filter(Boolean)) cpSync(join(root, file), join(copy, file));
  // A link to the folder would be followed, and its path stand in what is bundled.
  const modules = [join(root, "node_modules"), join(copy, "node_modules")];
  try {
    execFileSync("cp", ["-al", ...modules], { stdio: "ignore" });
  } catch {
    cpSync(modules[0], modules[1], { recursive: true, verbatimSymlinks: true });
  }
  const others = [20, 22, 24].map((version) => join(root, `test/hosts/node_modules/node${version}/bin/node`));
  const here = hashes(join(root, "dist"));
  const nodes = new Map([[process.version, process.execPath]]);
  for (const file of others.filter((file) => existsSync(file))) {
    nodes.set(execFileSync(file, ["--version"], { encoding: "utf8" }).trim(), file);
  }
  for (const [version, node] of nodes) {
    rmSync(join(copy, "dist"), { recursive: true, force: true });
    execFileSync(node, ["scripts/build.mjs"], { cwd: copy, stdio: "inherit" });
    const there = hashes(join(copy, "dist"));
    // What older builds have left behind is no part of this one.
    const odd = [...there].filter(([path, hash]) => here.get(path) !== hash).map(([path]) => path);
    console.log(`Node ${version}: ${there.size} files, ${there.size - odd.length} with the same bytes as in dist/`);
    for (const path of odd) console.log(`differs: ${path}`);
    if (odd.length > 0 || there.size === 0) process.exitCode = 1;
  }
} finally {
  rmSync(copy, { recursive: true });
}
