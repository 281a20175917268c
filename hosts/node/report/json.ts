/** The JSON that the commands print; docs/command.md has its keys. */

import type { Classification, Network, Output } from "../../../bindings/types.ts";
import { plainJson } from "./plain.ts";
import { print } from "./terminal.ts";

interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Prints the one JSON document of a command. */
export function printJson(document: object): Promise<void> {
  return print(`${plainJson(JSON.stringify(document, null, 2))}\n`);
}

/** A map with its shape as [height, width, channels], instead of each by itself; other keys are as they were. */
export function withShape<T extends Shape>(map: T): Omit<T, keyof Shape> & { readonly shape: readonly number[] } {
  const { height, width, channels, ...others } = map;
  return { ...others, shape: [height, width, channels] };
}

/** What every document of a run begins with. */
export function runJson(model: string, mode: string, { build, phases, latency }: Network): object {
  return { model, mode, build, phases, steps: latency };
}

/** The answer to one image: classes of a classifier, else outputs. */
export function answerJson(top: readonly Classification[], outputs: readonly Output[]): object {
  if (top.length > 0) return { top };
  return {
    outputs: outputs.map((output) => {
      const { name, shape, values } = output;
      return { name, shape, values: Array.from(values) };
    }),
  };
}
