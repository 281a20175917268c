/** Images of one size that lie in a file one after the other, as CIFAR and MNIST are published. */

/** Inputs that a file may hold: small ones, packed, may be any number. */
export const MOST_INPUTS = 2 ** 21;

/** Which part of a published data set: `train` to calibrate with, `test` to measure on. */
export type Split = "train" | "test";

export interface Records {
  readonly path: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Class of each image; null where there are none. */
  readonly labels: Uint8Array | null;
  /** Names of the classes; null where the files do not tell. */
  readonly names: readonly string[] | null;
  /** Samples of an image, H×W×C, channels last. */
  pixels(index: number): Uint8Array;
}

/** True for what `readData` gives of such files. */
export const isRecords = (data: object): data is Records => "pixels" in data;
