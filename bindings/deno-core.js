// JavaScript, since TypeScript does not parse imports of the source phase yet. The files lie beside the bundle, in dist/.

import source relaxed from "./core.relaxed.wasm";
import source baseline from "./core.wasm";

export { baseline, relaxed };
