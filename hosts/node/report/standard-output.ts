/**
 * Standard output without Node's stream where that is no terminal: loading what streams need takes as long as a tenth of Node's own start,
 * and they write at once to files and pipes, too.
 */

import { fstatSync, statSync, writeSync } from "node:fs";

const STANDARD_OUTPUT = 1;

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Whether it surely is none, from what kind of file it is: a file, a pipe, or the device that drops everything. */
function isNoTerminal(): boolean {
  if (process.platform === "win32") return false;
  try {
    const found = fstatSync(STANDARD_OUTPUT);
    return !found.isCharacterDevice() || found.rdev === statSync("/dev/null").rdev;
  } catch {
    return false;
  }
}

let isTerminal: boolean | undefined;

/** Whether results are read by a person. */
export function toTerminal(): boolean {
  isTerminal ??= !isNoTerminal() && process.stdout.isTTY === true;
  return isTerminal;
}

/** Writes what can be written at once, and returns the rest: all of it where a stream has to. */
function writeAtOnce(bytes: Buffer): Buffer {
  let from = 0;
  if (toTerminal() || process.platform === "win32") return bytes;
  try {
    while (from < bytes.length) from += writeSync(STANDARD_OUTPUT, bytes, from);
  } catch (error) {
    // Whoever reads is slow, and the pipe does not wait for him.
    if (codeOf(error) !== "EAGAIN") throw error;
  }
  return bytes.subarray(from);
}

async function writeByStream(bytes: Buffer): Promise<void> {
  const failure = await new Promise<Error | null>((resolve) => {
    process.stdout.once("error", resolve);
    process.stdout.write(bytes, (error) => {
      // A listener must be there when a failed write is announced, which is after it was called back.
      if (!error) process.stdout.off("error", resolve);
      resolve(error ?? null);
    });
  });
  if (failure) throw failure;
}

/**
 * Writes text, and waits until it is out. A pipe that nobody reads any more is no failure.
 * @throws the system's error where it cannot be written
 */
export async function writeOut(text: string): Promise<void> {
  try {
    const rest = writeAtOnce(Buffer.from(text));
    if (rest.length > 0) await writeByStream(rest);
  } catch (error) {
    if (codeOf(error) !== "EPIPE") throw error;
  }
}
