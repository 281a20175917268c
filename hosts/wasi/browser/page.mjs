/** Runs the WASI command on the files chosen in the page; nothing leaves it. Bundled to page.js, beside bsnn.wasi.wasm. */
import { run } from "../shim.mjs";

const form = document.querySelector("form");
const shown = document.querySelector("output");
const command = WebAssembly.compileStreaming(fetch("bsnn.wasi.wasm"));

const bytesOf = async (input) => new Uint8Array(await input.files[0].arrayBuffer());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { model, image, options } = form.elements;
  const name = model.files[0].name;
  const args = [name, ...options.value.split(" ").filter((option) => option !== "")];
  const files = new Map([[name, await bytesOf(model)]]);
  const { code, output, errors } = await run(await command, args, files, await bytesOf(image));
  document.querySelector("#code").textContent = code;
  shown.value = output + errors;
  shown.dataset.code = code;
});
