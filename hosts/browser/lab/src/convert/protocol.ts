/** What the page asks of the worker that converts, and what it is told. */

export interface ConversionSettings {
  readonly name: string;
  readonly phases: number;
  readonly weightBits: 8 | 16;
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly channelOrder: "rgb" | "bgr";
}

/** A picture's file. */
export interface Picture {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface PopulationRow {
  readonly name: string;
  readonly kind: string;
  readonly shape: string;
  readonly depth: number;
  /** ‖spiking − original‖ / ‖original‖; null where nothing is compared. */
  readonly error: number | null;
}

export interface Converted {
  readonly file: Uint8Array;
  readonly notes: readonly string[];
  readonly rows: readonly PopulationRow[];
  /** Time steps to the answer: gated, and with firing delays of 3 and 1. */
  readonly steps: { readonly gated: number; readonly delayed: readonly (readonly [delay: number, steps: number])[] };
  /** Pictures on which both gave the same largest value, of how many; null where the model is no classifier. */
  readonly agreement: readonly [same: number, all: number] | null;
}

export type ToConverter =
  | {
      readonly kind: "convert";
      readonly model: Uint8Array;
      readonly pictures: readonly Picture[];
      readonly settings: ConversionSettings;
    }
  | {
      readonly kind: "original";
      readonly id: number;
      /** Null for the model that this worker has converted. */
      readonly model: Uint8Array | null;
      readonly samples: Uint8Array;
      readonly input: { readonly height: number; readonly width: number; readonly channels: number };
      readonly preprocessing: {
        readonly scale: number;
        readonly mean: readonly number[];
        readonly std: readonly number[];
      };
    };

export type FromConverter =
  | { readonly kind: "progress"; readonly task: string; readonly done: number; readonly total: number }
  | { readonly kind: "converted"; readonly converted: Converted }
  | { readonly kind: "original"; readonly id: number; readonly values: Float32Array }
  | {
      readonly kind: "failed";
      readonly id: number | null;
      readonly message: string;
      readonly details: readonly string[];
    };
