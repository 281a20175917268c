/** What the page and its worker say to each other. */

import type { Classification } from "bsnn";

/** Classes of the network: digits. */
export const CLASSES = 10;

export type FromWorker =
  | { readonly kind: "ready"; readonly name: string; readonly build: string }
  | {
      readonly kind: "answer";
      readonly classes: readonly Classification[];
      /** What was classified. */
      readonly samples: Uint8Array;
      readonly steps: number;
      readonly ms: number;
    }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

/** What to classify: H×W×C samples, or an image file, which the worker fits to the network's input as the model's file says. */
export type ToWorker = Uint8Array | File;
