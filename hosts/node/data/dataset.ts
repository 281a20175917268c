/** Folders of images. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { atPath, InputError } from "../report/failure.ts";

export interface LabelledImage {
  readonly path: string;
  /** Index of its class, or null where the folder has no class folders. */
  readonly label: number | null;
}

/** One class folder. */
export interface ImageClass {
  readonly name: string;
  readonly index: number;
}

export interface ImageFolder {
  readonly folder: string;
  /** Empty where images lie in the folder itself. */
  readonly classes: readonly ImageClass[];
  /** Names of class folders without a file. */
  readonly empty: readonly string[];
  /** In sorted path order. */
  readonly images: readonly LabelledImage[];
}

/** Order of the UTF-8 bytes, which is that of the code points: the same whatever the locale. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const CLUTTER: ReadonlySet<string> = new Set([
  "__macosx",
  "@eadir",
  "thumbs.db",
  "ehthumbs.db",
  "desktop.ini",
  "$recycle.bin",
]);

/** Files and folders that systems and archivers put into folders by themselves. */
function isClutter(name: string): boolean {
  return name.startsWith(".") || CLUTTER.has(name.toLowerCase());
}

async function list(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const files: string[] = [];
  const folders: string[] = [];
  for (const name of await readdir(folder)) {
    if (isClutter(name)) continue;
    const found = await stat(join(folder, name)); // follows links
    if (found.isDirectory()) folders.push(name);
    else if (found.isFile()) files.push(name);
  }
  return { files, folders };
}

/**
 * Paths of all files below a folder, relative to it, with `/`.
 * @param seen folders listed before, by what they are and not by their path
 * @throws InputError where links lead to a folder twice: there may be no end to them
 */
async function filesBelow(folder: string, seen = new Set<string>()): Promise<string[]> {
  const { dev, ino } = await stat(folder, { bigint: true });
  const identity = `${dev}:${ino}`;
  if (seen.has(identity)) throw new InputError(`${folder}: is a folder that links lead to twice`);
  seen.add(identity);
  const { files, folders } = await list(folder);
  for (const name of folders) {
    for (const file of await filesBelow(join(folder, name), seen)) files.push(`${name}/${file}`);
  }
  return files;
}

/**
 * Class index of each folder: the number itself where every name is one, else the position in sorted order.
 * @throws InputError where two folders stand for one class, or a number is too large for a class
 */
function numberClasses(folder: string, names: readonly string[]): ImageClass[] {
  const sorted = [...names].sort(byBytes);
  const numeric = sorted.every((name) => /^[0-9]+$/.test(name));
  const byIndex = new Map<number, string>();
  return sorted.map((name, position) => {
    const index = numeric ? Number(name) : position;
    if (!Number.isSafeInteger(index)) throw new InputError(`${folder}: '${name}' is no class index: it is too large`);
    const other = byIndex.get(index);
    if (other !== undefined) throw new InputError(`${folder}: '${other}' and '${name}' both stand for class ${index}`);
    byIndex.set(index, name);
    return { name, index };
  });
}

/**
 * Lists a folder of images: one sub-folder per class, or (for calibration, or where no accuracy is wanted) images alone. The
 * class index is the position of the sub-folder's name in sorted order, or the number itself where every name is a
 * number. With class folders, files beside them are left out. Files are not opened here.
 * @param limit at most so many images, the first in sorted path order
 * @throws InputError where the folder is missing, no folder, or empty
 */
export async function readImageFolder(folder: string, limit = Number.POSITIVE_INFINITY): Promise<ImageFolder> {
  try {
    if (!(await stat(folder)).isDirectory()) {
      throw new InputError(`${folder}: is a file, expected a folder of images with one sub-folder per class`);
    }
    const { files, folders } = await list(folder);
    const classes = numberClasses(folder, folders);
    const empty: string[] = [];
    const found: { file: string; label: number | null }[] = [];
    for (const { name, index } of classes) {
      const files = await filesBelow(join(folder, name));
      if (files.length === 0) empty.push(name);
      for (const file of files) found.push({ file: `${name}/${file}`, label: index });
    }
    if (classes.length === 0) for (const file of files) found.push({ file, label: null });
    if (found.length === 0) {
      throw new InputError(
        `${folder}: holds no images; expected one sub-folder per class with PNG or JPEG files in it`,
      );
    }
    found.sort((a, b) => byBytes(a.file, b.file));
    const images = found.slice(0, limit).map(({ file, label }) => ({ path: join(folder, file), label }));
    return { folder, classes, empty, images };
  } catch (error) {
    // What lies below may be at fault, such as a link that leads nowhere.
    throw atPath((error as { path?: string }).path ?? folder, error);
  }
}
