// JavaScript, since TypeScript does not parse imports of the source phase yet. The files lie in dist/.

import source relaxed from "../../dist/core.threads.relaxed.wasm";
import source baseline from "../../dist/core.threads.wasm";

export { baseline, relaxed };
