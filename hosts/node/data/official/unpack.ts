/** Writes the images of a data set as files: one folder for each part, one in it for each class. */

import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encode } from "fast-png";
import { atPath } from "../../report/failure.ts";
import { byBytes } from "../dataset.ts";
import type { Records, Split } from "../records/records.ts";

/**
 * Names of the class folders, in the order of the classes: those of the classes where folders of these names are in that order,
 * else the numbers.
 */
export function folderNames({ labels, names }: Records): string[] {
  const sorted = [...(names ?? [])].sort(byBytes);
  const usable =
    new Set(names).size === sorted.length &&
    sorted.every((name, i) => name === names![i] && /^[A-Za-z][\w-]*$/.test(name));
  if (names && usable) return [...names];
  const classes = names?.length ?? 1 + Math.max(0, ...new Set(labels));
  return Array.from({ length: classes }, (_, index) => String(index));
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Writes the images that are not there yet, each in one piece, under the number that it has in its part.
 * @throws InputError naming what cannot be written
 */
export async function unpackImages(
  records: Records,
  folder: string,
  split: Split,
  onProgress: (done: number) => void,
): Promise<void> {
  const { count, width, height, channels, labels } = records;
  const folders = folderNames(records).map((name) => join(folder, split, name));
  try {
    for (const path of folders) await mkdir(path, { recursive: true });
    for (let i = 0; i < count; i++) {
      const name = `${String(i).padStart(5, "0")}.png`;
      const path = join(folders[labels![i]], name);
      if (!(await exists(path))) {
        const png = encode({ width, height, channels, depth: 8, data: records.pixels(i) });
        // Names with a dot before them are passed over where images are read.
        const temporary = join(folders[labels![i]], `.${name}.tmp`);
        try {
          await writeFile(temporary, png);
          await rename(temporary, path);
        } catch (error) {
          await rm(temporary, { force: true });
          throw error;
        }
      }
      onProgress(i + 1);
    }
  } catch (error) {
    throw atPath((error as { path?: string }).path ?? folder, error);
  }
}
