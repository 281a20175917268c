/** Where things are. */

import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
/** Runtimes from npm, installed by `npm ci --prefix test/hosts`. */
export const RUNTIMES = fileURLToPath(new URL("../../hosts/node_modules/", import.meta.url));
/** Programs that measure on a host. */
export const PROGRAMS = fileURLToPath(new URL("../../hosts/programs/", import.meta.url));
/** Converted models, kept between runs. */
export const CACHE = fileURLToPath(new URL("../../hosts/node_modules/.cache/bsnn/", import.meta.url));
