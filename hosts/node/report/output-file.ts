/** Writing a result so that a file of its name is either whole or not there. */

import { randomBytes } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { access, constants, type FileHandle, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { atPath, InputError } from "./failure.ts";
import { readAs } from "./read-files.ts";

const wouldReplace = (output: string, input: string) =>
  new InputError(`${output}: would replace ${input}, which is an input; name another file to write`);

/** What an output path leads to, links followed. */
interface Target {
  readonly path: string;
  /** False for a device or pipe, which must be written to and never replaced. */
  readonly replace: boolean;
}

async function resolveTarget(path: string): Promise<Target> {
  const real = await realpath(path).catch((error) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (real === null) {
    // A link to what is not there yet stays a link.
    const link = await readlink(path).catch(() => null);
    return link === null ? { path, replace: true } : resolveTarget(resolve(await realpath(dirname(path)), link));
  }
  const found = await stat(real, { bigint: true });
  const input = found.isFile() ? readAs(found) : undefined;
  if (input !== undefined) throw wouldReplace(path, input);
  if (found.isDirectory()) throw new InputError(`${path}: is a folder, expected the name of a file to write`);
  return { path: real, replace: found.isFile() };
}

/**
 * Finds out, before long work, whether a file could be written.
 * @param inputs files that are read for it, which it must not replace, links followed
 * @returns the path that will be written, links followed
 * @throws InputError naming the path or its folder and the reason
 */
export async function checkWritable(path: string, inputs: readonly string[] = []): Promise<string> {
  const target = await resolveTarget(path).catch((error) => {
    throw atPath(path, error);
  });
  if (target.replace) for (const input of inputs) refuseInput(path, input);
  const needed = target.replace ? dirname(target.path) : target.path;
  await access(needed, constants.W_OK).catch((error) => {
    throw atPath(`${path}: ${needed}`, error);
  });
  return target.path;
}

/**
 * @throws InputError where an output would replace an input, whatever the paths that lead there, or one name of its file
 */
export function refuseInput(output: string, input: string): void {
  const identity = (path: string) => statSync(path, { bigint: true, throwIfNoEntry: false });
  const [there, read] = [identity(output), identity(input)];
  // A device is written to, and nothing of it replaced.
  if (!there?.isFile() || !read || there.dev !== read.dev || there.ino !== read.ino) return;
  throw wouldReplace(output, input);
}

/** Temporary files that are there, to be removed when a signal ends the program. */
const temporaries = new Set<string>();

function onSignal(signal: NodeJS.Signals): void {
  for (const path of temporaries) rmSync(path, { force: true });
  ignoreSignals();
  // Whoever waits for the program sees what ended it.
  process.kill(process.pid, signal);
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function ignoreSignals(): void {
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

async function withTemporary(path: string, work: () => Promise<void>): Promise<void> {
  if (temporaries.size === 0) for (const signal of SIGNALS) process.on(signal, onSignal);
  temporaries.add(path);
  try {
    await work();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    temporaries.delete(path);
    if (temporaries.size === 0) ignoreSignals();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, sync: boolean): Promise<void> {
  try {
    await file.writeFile(bytes);
    if (sync) await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes a file in one piece: to a temporary file in the same folder, which takes the name once its bytes are on the disk. On any
 * failure the temporary file is removed and what had the name before is untouched.
 * @throws InputError naming the path and the reason (full disk, missing folder, no permission)
 */
export async function writeOutput(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const target = await resolveTarget(path);
    if (!target.replace) return await writeAll(await open(target.path, "w"), bytes, false);
    const name = `.${basename(target.path)}.${randomBytes(6).toString("hex")}.tmp`;
    const temporary = join(dirname(target.path), name);
    await withTemporary(temporary, async () => {
      await writeAll(await open(temporary, "wx"), bytes, true);
      await rename(temporary, target.path);
    });
  } catch (error) {
    throw atPath(path, error);
  }
}
