// JavaScript, since TypeScript does not parse imports of the source phase yet. The file lies in dist/.

import source lab from "../../dist/core.lab.wasm";

export { lab };
