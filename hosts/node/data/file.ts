/** Reading what a path leads to, which may be no file. */

import { readFileSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { atPath, InputError } from "../report/failure.ts";
import { noteRead } from "../report/read-files.ts";

/** Bytes that are read of a device or pipe, which may have no end. */
const MOST_STREAMED = 2 ** 28;
const CHUNK = 2 ** 20;

async function readStream(path: string, file: FileHandle): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await file.read(chunk, 0, CHUNK, null);
    if (bytesRead === 0) return Buffer.concat(chunks, length);
    length += bytesRead;
    if (length > MOST_STREAMED) {
      throw new InputError(`${path}: is no file, and gives more than ${MOST_STREAMED / 2 ** 20} MiB`);
    }
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

/**
 * Reads a file, or a device or pipe up to 256 MiB.
 * @param most bytes that a file may have
 * @throws InputError naming the path where it cannot be read, or is longer
 */
export async function readInput(path: string, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
  try {
    const stat = statSync(path, { bigint: true });
    if (stat.isFile()) {
      if (stat.size > most) throw new InputError(`${path}: has ${stat.size} bytes; ${most} are supported`);
      noteRead(path, stat);
      // At once: what is a file is there.
      return readFileSync(path);
    }
    const file = await open(path);
    try {
      return await readStream(path, file);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw atPath(path, error);
  }
}
