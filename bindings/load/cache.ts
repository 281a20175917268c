/**
 * Compiles each build once. That the engine cannot compile a build is remembered; any other failure (no file, no network)
 * may pass, so that the next call tries again.
 */
export function compileOnce(
  compile: (build: "baseline" | "relaxed") => Promise<WebAssembly.Module>,
): (build: "baseline" | "relaxed") => Promise<WebAssembly.Module> {
  const modules = new Map<string, Promise<WebAssembly.Module>>();
  return (build) => {
    let module = modules.get(build);
    if (!module) {
      module = compile(build);
      modules.set(build, module);
      module.catch((error) => {
        if (!(error instanceof WebAssembly.CompileError)) modules.delete(build);
      });
    }
    return module;
  };
}
