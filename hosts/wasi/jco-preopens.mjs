/** For `jco run --jco-import`: preopens the current folder, since jco gives a component no files by itself. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The shim that jco put beside the script it runs, not another copy of it.
const shim = createRequire(process.argv[1]).resolve("@bytecodealliance/preview2-shim/filesystem");
const { _setPreopens } = await import(pathToFileURL(shim).href);
_setPreopens({ ".": process.cwd() });
