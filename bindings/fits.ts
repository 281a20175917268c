/** How images of another size can be fitted to a network's input. */

import type { Fit } from "./types.ts";

/** All of them, the default first. */
export const FITS: readonly Fit[] = ["stretch", "cover", "contain", "crop"];
