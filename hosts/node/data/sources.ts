/** Where the inputs of a network come from: one folder, array or data set, or one for each of several inputs. */

import { existsSync } from "node:fs";
import { relative } from "node:path";
import type { ModelInput, NamedInput } from "../../../convert/options.ts";
import { InputError } from "../report/failure.ts";
import { type Data, folderWarnings, type Item, itemsOf, itemsOfFile, readData, type SeeImage } from "./inputs.ts";
import type { Split } from "./records/records.ts";

/** What was given, and what it holds. */
export interface Source {
  /** The option or argument as it was written, without the input's name. */
  readonly path: string;
  /** Name of the input that it is for; null where none was written. */
  readonly input: string | null;
  readonly data: Data;
}

/** NAME=PATH where several are given; a name, and a path that is there, may have a `=` of their own. */
function named(text: string, several: boolean): { input: string | null; path: string } {
  const places = [...text.matchAll(/(?<!^)=/g)].map(({ index }) => index);
  if (!several || places.length === 0 || existsSync(text)) return { input: null, path: text };
  const at = places.find((place) => existsSync(text.slice(place + 1))) ?? places[0];
  return { input: text.slice(0, at), path: text.slice(at + 1) };
}

/**
 * Reads what was given for the inputs of a network.
 * @param given a path, or several: one for each input, in order or as NAME=PATH
 */
export async function readSources(given: readonly string[], split: Split): Promise<Source[]> {
  const sources: Source[] = [];
  for (const text of given) {
    const { input, path } = named(text, given.length > 1);
    sources.push({ input, path, data: await readData(path, split) });
  }
  return sources;
}

/** What to warn of in folders that could be read. */
export const sourceWarnings = (sources: readonly Source[]): string[] =>
  sources.flatMap(({ path, data }) => folderWarnings(path, data));

/** The files of all images, and what else inputs are read from. */
export const filesOf = (sources: readonly Source[]): string[] =>
  sources.flatMap(({ path, data }) => [path, ...("images" in data ? data.images.map((image) => image.path) : [])]);

const listed = (inputs: readonly NamedInput[]): string => inputs.map(({ name }) => `'${name}'`).join(", ");

/** What was given, in the order of a network's inputs. @throws InputError where it does not go with them */
export function inOrder<T extends { readonly input: string | null }>(
  given: readonly T[],
  model: string,
  { inputs }: ModelInput,
  option: string,
): readonly T[] {
  if (!inputs) {
    if (given.length === 1) return given;
    throw new InputError(`${option}: is given ${given.length} times; ${model} takes one input`);
  }
  const example = inputs.map(({ name }) => `${option} ${name}=…`).join(" ");
  const odd = given.find(({ input }) => input !== null && inputs.every(({ name }) => name !== input));
  if (odd) throw new InputError(`${option}: found '${odd.input}'; ${model} takes the inputs ${listed(inputs)}`);
  if (given.length !== inputs.length) {
    throw new InputError(
      `${option}: is given ${given.length === 1 ? "once" : `${given.length} times`}; ${model} takes ${inputs.length} inputs, so ${example}`,
    );
  }
  if (given.every(({ input }) => input === null)) return given;
  return inputs.map(({ name }) => {
    const found = given.filter(({ input }) => input === name);
    if (found.length === 1) return found[0];
    throw new InputError(`${option}: is given ${found.length} times for '${name}'; once is supported (${example})`);
  });
}

/**
 * The inputs of a network: of several, those of each source that belong together, images by their paths, others by their places.
 * @param model name of the model that takes them, for messages
 * @param option by which they were given, for messages
 * @param seen is told of each image as it is in its file
 * @throws InputError where they are not of the kind or shape that it takes, or do not go together
 */
export function itemsOfSources(
  sources: readonly Source[],
  model: string,
  input: ModelInput,
  option: string,
  seen?: SeeImage,
): Item[] {
  const ordered = inOrder(sources, model, input, option);
  const { inputs } = input;
  if (!inputs) return itemsOf(ordered[0].data, model, input, seen);
  const each = ordered.map(({ data }, k) => itemsOf(data, `${model}: input '${inputs[k].name}'`, inputs[k], seen));
  return together(paired(ordered, each));
}

/** Lists of items, each in the order of the first. */
function paired(sources: readonly Source[], each: readonly Item[][]): readonly Item[][] {
  if (!sources.every(({ data }) => "images" in data)) return alike(each, sources);
  return each.map((items, k) => {
    const [first, own] = [sources[0].path, sources[k].path];
    const within = new Map(items.map((item) => [relative(own, item.name), item]));
    const names = each[0].map(({ name }) => relative(first, name));
    const known = new Set(names);
    const extra = [...within.keys()].find((name) => !known.has(name));
    if (extra !== undefined) throw new InputError(`${own}: '${extra}' has no partner in ${first}`);
    return names.map((name) => {
      const partner = within.get(name);
      if (partner) return partner;
      throw new InputError(`${first}: '${name}' has no partner in ${own}`);
    });
  });
}

/** Items of which each has the parts of all inputs, one after the other. */
function together(each: readonly Item[][]): Item[] {
  return each[0].map((_, n) => {
    const parts = each.map((items) => items[n]);
    return {
      name: parts.map(({ name }) => name).join(" + "),
      label: parts.map(({ label }) => label).find((label) => label !== null) ?? null,
      read: async () => {
        const samples: Uint8Array[] = [];
        for (const part of parts) samples.push(await part.read());
        return new Uint8Array(Buffer.concat(samples));
      },
    };
  });
}

/**
 * The inputs in some files, as they are given to a network, one after the other: of several inputs one file for each, again and again,
 * in order or as NAME=FILE.
 */
export async function* eachItem(files: readonly string[], model: string, input: ModelInput): AsyncGenerator<Item> {
  const { inputs } = input;
  if (!inputs) {
    for (const file of files) yield* await itemsOfFile(file, model, input);
    return;
  }
  if (files.length % inputs.length !== 0) {
    throw new InputError(
      `${model}: takes ${inputs.length} inputs, ${listed(inputs)}, so as many files at a time; found ${files.length}`,
    );
  }
  for (let at = 0; at < files.length; at += inputs.length) {
    const group = files.slice(at, at + inputs.length).map((text) => {
      const given = named(text, true);
      return inputs.some(({ name }) => name === given.input) ? given : { input: null, path: text };
    });
    const ordered = inOrder(group, model, input, "files");
    const each: Item[][] = [];
    for (const [k, { path }] of ordered.entries()) {
      each.push(await itemsOfFile(path, `${model}: input '${inputs[k].name}'`, inputs[k]));
    }
    yield* together(alike(each, ordered));
  }
}

/** @throws InputError where lists of items are not of one length */
function alike(each: readonly Item[][], sources: readonly { readonly path: string }[]): readonly Item[][] {
  const [first] = each;
  const odd = each.findIndex((items) => items.length !== first.length);
  if (odd < 0) return each;
  const found = `${sources[odd].path}: holds ${each[odd].length} inputs, ${sources[0].path} ${first.length}`;
  throw new InputError(`${found}; each needs a partner`);
}
