// JavaScript, since TypeScript does not parse imports of the source phase yet. The files lie beside the bundle, in dist/.

import source relaxed from "../dist/core.relaxed.wasm";
import source baseline from "../dist/core.wasm";

export { baseline, relaxed };
