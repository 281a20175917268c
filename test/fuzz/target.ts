/** One surface that meets other people's bytes, as the fuzzer sees it. */

export interface Target {
  /** What it is, for the table. */
  readonly what: string;
  /** Valid inputs to begin with. */
  seeds(): Promise<readonly Uint8Array[]>;
  /** Pieces that the format knows. */
  readonly words?: readonly Uint8Array[];
  /** Longest input, bytes. */
  readonly longest: number;
  /** Longest that an input may take, ms of processor time; a second unless given. */
  readonly slowMs?: number;
  /** Mends sums over the content, without which nothing behind them would be met. */
  mend?(input: Uint8Array): Uint8Array;
  /** Gives the input to what is tested. @throws whatever is a fault; refusals are none */
  run(input: Uint8Array): Promise<void>;
}

export const NAMES = ["model", "onnx", "image", "npy", "edge", "wasi"] as const;
export type Name = (typeof NAMES)[number];

export async function targetOf(name: Name): Promise<Target> {
  const { target } = (await import(`./targets/${name}.ts`)) as { target: Target };
  return target;
}

export const words = (...texts: string[]): Uint8Array[] =>
  texts.map((text) => new Uint8Array(Buffer.from(text, "latin1")));
