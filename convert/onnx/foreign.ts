/** What a file is that is no ONNX model, told by its first bytes. */

const EXPORT = "export the network to ONNX";

/** Beginnings, as Latin-1, and what has them. */
const KINDS: readonly (readonly [begin: string, what: string])[] = [
  ["version https://git-lfs", "a pointer of Git LFS; `git lfs pull` fetches the file it stands for"],
  ["PK\x03\x04", `a ZIP archive, as PyTorch's .pt and .pth files and Keras' .keras files are; ${EXPORT}`],
  ...["\x02", "\x03", "\x04", "\x05"].map(
    (version) => [`\x80${version}`, `a Python pickle, as older .pt files are; ${EXPORT}`] as const,
  ),
  ["\x89HDF\r\n", `an HDF5 file, as Keras writes; ${EXPORT}`],
  ["\x1f\x8b", "packed with gzip; unpack it first"],
  ["GGUF", "a GGUF file, as converted models are"],
  ["\x93NUMPY", "an array of NumPy"],
];

/** Names what a file is instead of an ONNX model, or null where it begins like nothing that is known. */
export function foreignKind(bytes: Uint8Array): string | null {
  const begin = Array.from(bytes.subarray(0, 64), (byte) => String.fromCharCode(byte)).join("");
  if (begin.slice(4, 8) === "TFL3") return `a TensorFlow Lite model; ${EXPORT}`;
  if (/^(?:ï»¿)?\s*<(?:!doctype|html|\?xml)/i.test(begin)) return "a page in HTML or XML; a download may have failed";
  if (/^\s*\{\s*"/.test(begin)) return "a text in JSON";
  return KINDS.find(([start]) => begin.startsWith(start))?.[1] ?? null;
}
