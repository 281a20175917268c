/** The package as a user gets it: packed, and installed into an empty folder. */

import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROGRAMS, PROJECT } from "./folders.ts";

const run = promisify(execFile);

export interface Packed {
  /** The tarball. */
  readonly path: string;
  /** Its size in bytes, and without the models in it. */
  readonly bytes: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Packs the project, which must have been built, into a folder. */
export async function pack(folder: string): Promise<Packed> {
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: PROJECT,
  });
  const report = JSON.parse(stdout);
  const [{ filename, size, files }] = Array.isArray(report) ? report : Object.values(report);
  return { path: join(folder, filename), bytes: size, files };
}

/** A folder of its own for a test, removed when the process ends well. */
export async function emptyFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "bsnn-hosts-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Installs packages into a folder, as `npm install` does for a user. */
export async function install(folder: string, ...packages: string[]): Promise<void> {
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...packages], { cwd: folder });
}

const UNREACHABLE =
  /^npm (?:error|ERR!) code (?:EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTCACHED|ENOTFOUND|ERR_SOCKET_TIMEOUT|ETIMEDOUT)$/m;

/** Whether an installation failed only because the registry cannot be reached, as on a machine without a network. */
export function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.test(String((error as { stderr?: unknown }).stderr));
}

/** An empty folder with nothing but the packed package in its node_modules, and the programs that measure. */
export async function installedPackage(): Promise<{ root: string; packed: Packed; remove(): Promise<void> }> {
  const { path: root, remove } = await emptyFolder();
  const packed = await pack(root);
  await writeFile(join(root, "package.json"), '{ "type": "module", "private": true }\n');
  await install(root, packed.path);
  await cp(PROGRAMS, root, { recursive: true });
  return { root, packed, remove };
}
