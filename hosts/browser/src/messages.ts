/** What the page and its worker say to each other. */

import type { Classification } from "bsnn";

export type FromWorker =
  | { readonly kind: "ready"; readonly name: string; readonly build: string }
  | {
      readonly kind: "answer";
      readonly classes: readonly Classification[];
      readonly steps: number;
      readonly ms: number;
    }
  | { readonly kind: "failed"; readonly message: string };

/** The samples to classify, H×W×C bytes. */
export type ToWorker = Uint8Array;
