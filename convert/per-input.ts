/** What can be said once for all inputs of a model, or for each by its name. */

import { reading } from "./arguments.ts";
import { ConversionError } from "./errors.ts";

/** One value for all inputs, or one for each by name. */
export type PerInput<T> = T | { readonly [input: string]: T };

/** Whether what was given is a list, and so one for all. */
export function isList(name: string, given: unknown): boolean {
  if (typeof given !== "object" || given === null) return true;
  return reading(name, () => Array.isArray(given) || Number.isInteger((given as { length?: unknown }).length));
}

/** Reads a list that is given once or by name; a name is told in what is thrown. */
export function readPerInput<T extends readonly number[]>(
  name: string,
  given: unknown,
  read: (name: string, one: unknown) => T,
): PerInput<T> {
  if (isList(name, given)) return read(name, given);
  const entries = reading(name, () => Object.entries(given as object));
  return Object.fromEntries(entries.map(([input, one]) => [input, read(`${name} of '${input}'`, one)]));
}

/** What was said of one input; undefined where nothing was. */
export function ofInput<T extends readonly number[]>(given: PerInput<T> | undefined, input: string): T | undefined {
  if (given === undefined || Array.isArray(given)) return given as T | undefined;
  const named = given as { readonly [input: string]: T };
  return Object.hasOwn(named, input) ? named[input] : undefined;
}

/** @throws ConversionError (`bad-input`) where something was said of an input that there is not */
export function requireNames(name: string, given: unknown, inputs: readonly string[]): void {
  if (given === undefined || Array.isArray(given)) return;
  const odd = reading(name, () => Object.keys(given as object).find((input) => !inputs.includes(input)));
  if (odd === undefined) return;
  throw new ConversionError("bad-input", `${name}: found '${odd}'; the model has ${listed(inputs)}`);
}

/** Inputs as a message lists them. */
export function listed(inputs: readonly string[]): string {
  const names = inputs.map((input) => `'${input}'`).join(", ");
  return inputs.length === 1 ? `the input ${names}` : `the inputs ${names}`;
}
