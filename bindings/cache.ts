/** Compiles each build once; a failure is remembered too. */
export function compileOnce(
  compile: (build: "baseline" | "relaxed") => Promise<WebAssembly.Module>,
): (build: "baseline" | "relaxed") => Promise<WebAssembly.Module> {
  const modules = new Map<string, Promise<WebAssembly.Module>>();
  return (build) => {
    let module = modules.get(build);
    if (!module) {
      module = compile(build);
      modules.set(build, module);
    }
    return module;
  };
}
