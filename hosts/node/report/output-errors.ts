/** How far each output of a spiking network is from its original's. */

import { allFinite, argmax, RelativeError } from "./scores.ts";
import { percent, significant, table } from "./terminal.ts";

/** One output over all inputs. */
export interface OutputError {
  readonly name: string;
  /** Of the original's own tensor, the batch of one included. */
  readonly shape: readonly number[];
  /** ‖BSNN − ANN‖ / ‖ANN‖ over all inputs on which the original's values are finite. */
  readonly relativeError: number;
  /** Share of inputs for which the same value is the largest; null where the output is no list of several. */
  readonly agreement: number | null;
}

/** An output as a run gives it. */
interface Found {
  readonly name: string;
  readonly shape: readonly number[];
  /** The tensor, row-major. */
  readonly values: Float32Array;
}

/** True for an output with one axis of several values, as scores of classes are. */
const isList = (shape: readonly number[]): boolean => shape.filter((size) => size > 1).length === 1;

/** Gathers errors and agreement, output by output. */
export class OutputErrors {
  #outputs: readonly Found[] = [];
  readonly #errors: RelativeError[] = [];
  readonly #agreeing: number[] = [];
  #inputs = 0;

  /**
   * Takes in what both networks say of one input.
   * @param found outputs in the order of the network
   * @param expected the original's tensors, row-major, in the same order
   */
  add(found: readonly Found[], expected: readonly Float32Array[]): void {
    const finite = expected.every(allFinite);
    this.#outputs = found;
    this.#inputs++;
    for (const [k, { values }] of found.entries()) {
      this.#errors[k] ??= new RelativeError();
      if (finite) this.#errors[k].add(values, expected[k]);
      const same = argmax(values) === argmax(expected[k]);
      this.#agreeing[k] = (this.#agreeing[k] ?? 0) + (same ? 1 : 0);
    }
  }

  /** In the order of the network; none before the first input. */
  get results(): OutputError[] {
    return this.#outputs.map(({ name, shape }, k) => ({
      name,
      shape: [...shape],
      relativeError: this.#errors[k].value,
      agreement: isList(shape) ? this.#agreeing[k] / this.#inputs : null,
    }));
  }
}

/** The outputs as a table for people. */
export function outputTable(outputs: readonly OutputError[]): string {
  const rows = outputs.map(({ name, shape, relativeError, agreement }) => [
    name,
    shape.join("×"),
    significant(relativeError, 3),
    agreement === null ? "" : percent(agreement),
  ]);
  return table(["output", "shape", "relative error", "same largest"], rows);
}
