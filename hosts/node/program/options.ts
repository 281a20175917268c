/** Parsers of option values; commander reports what they throw as a usage error that names the option. */

import { InvalidArgumentError, Option } from "commander";

/** A whole number from `lo` to `hi`. */
export function integer(lo: number, hi = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\+?[0-9]+$/.test(text) || value < lo || value > hi) {
      const range = hi === Number.MAX_SAFE_INTEGER ? `${lo} or more` : `${lo} to ${hi}`;
      throw new InvalidArgumentError(`Expected a whole number, ${range}.`);
    }
    return value;
  };
}

/** A finite number. */
export function real(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("Expected a number.");
  return value;
}

/** A number that is not negative. */
export function amount(text: string): number {
  const value = real(text);
  if (value < 0) throw new InvalidArgumentError("Expected 0 or more.");
  return value;
}

/** A number above 0. */
export function positive(text: string): number {
  const value = real(text);
  if (value <= 0) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}

/** Numbers separated by commas. */
export function reals(text: string): number[] {
  return text.split(",").map((part) => {
    const value = Number(part);
    if (part.trim() === "" || !Number.isFinite(value)) {
      throw new InvalidArgumentError("Expected numbers separated by commas.");
    }
    return value;
  });
}

/** Two numbers lo < hi separated by a comma. */
export function range(text: string): [number, number] {
  const [lo, hi, ...others] = reals(text);
  if (hi === undefined || others.length > 0 || !(lo < hi)) {
    throw new InvalidArgumentError("Expected two numbers lo,hi with lo < hi.");
  }
  return [lo, hi];
}

/** Names separated by commas. */
export function names(text: string): string[] {
  const list = text.split(",").map((name) => name.trim());
  if (list.includes("")) throw new InvalidArgumentError("Expected names separated by commas.");
  return list;
}

/** Positive whole numbers separated by commas. */
export function sizes(text: string): number[] {
  return text.split(",").map((part) => {
    if (!/^[0-9]+$/.test(part.trim()) || Number(part) < 1) {
      throw new InvalidArgumentError("Expected positive whole numbers separated by commas.");
    }
    return Number(part);
  });
}

/** `--mode`, shared by the commands that run a network. */
export function modeOption(): Option {
  return new Option("--mode <mode>", "a period at once, or every time step; the results are equal to the bit")
    .choices(["period", "step"])
    .default("period");
}

/** `--threads`, shared by the commands that run a network. */
export function threadsOption(): Option {
  return new Option("--threads <n>", "compute each image by n threads together; the results are equal to the bit")
    .argParser(integer(1, 32))
    .default(1);
}

/** `--json`, shared by all commands. */
export function jsonOption(): Option {
  return new Option("--json", "print one JSON document on standard output and nothing else");
}

/** Values of an option that may be given several times. */
export const several = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** What a parser makes of an option's value, for all inputs, or of NAME=value for one: then the option may be given for each. */
export function perInput<T extends readonly number[]>(parse: (text: string) => T) {
  return (text: string, before?: T | Record<string, T>): T | Record<string, T> => {
    const at = text.lastIndexOf("=");
    if (before && Array.isArray(before) !== at < 1) {
      throw new InvalidArgumentError("Expected one for all inputs, or NAME=… for each.");
    }
    if (at < 1) return parse(text);
    return { ...(before as Record<string, T> | undefined), [text.slice(0, at)]: parse(text.slice(at + 1)) };
  };
}
