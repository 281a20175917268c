/** What is kept of compiling the core. */
import type { CoreBuild } from "../types.ts";

/**
 * Compiles each build once. That the engine cannot compile a build is remembered; any other failure (no file, no network)
 * may pass, so that the next call tries again.
 */
export function compileOnce(
  compile: (build: CoreBuild) => Promise<WebAssembly.Module>,
): (build: CoreBuild) => Promise<WebAssembly.Module> {
  const modules = new Map<string, Promise<WebAssembly.Module>>();
  return (build) => {
    let module = modules.get(build);
    if (!module) {
      module = compile(build);
      modules.set(build, module);
      module.catch((error) => {
        if (error?.name !== "CompileError") modules.delete(build);
      });
    }
    return module;
  };
}
