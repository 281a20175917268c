/** Edge workers and bundlers import a .wasm file as its compiled module. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}

/** The build puts such a file's bytes into the script. */
declare module "*.wasm?inline" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
