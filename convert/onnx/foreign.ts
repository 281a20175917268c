/** What a file is that is no model, told by its first bytes. */

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
  ["BZh", "packed with bzip2; unpack it first"],
  ["\xfd7zXZ\x00", "packed with xz; unpack it first"],
  ["\x28\xb5\x2f\xfd", "packed with Zstandard; unpack it first"],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"],
  ["Rar!\x1a\x07", "a RAR archive; unpack it first"],
  ["\x89PNG", "an image (PNG)"],
  ["\xff\xd8\xff", "an image (JPEG)"],
  ["%PDF", "a PDF"],
  ["GGUF", "a GGUF file, as converted models are"],
  ["\x93NUMPY", "an array of NumPy"],
];

/** Names what a file is instead of a model, or null where it begins like nothing that is known. */
export function foreignKind(bytes: Uint8Array): string | null {
  const begin = Array.from(bytes.subarray(0, 263), (byte) => String.fromCharCode(byte)).join("");
  if (begin === "") return "empty";
  if (begin.startsWith("ustar", 257)) return "a TAR archive; unpack it first";
  // Eight bytes of length, then a header in JSON.
  if (/^.{4}\0{4}\{\s*"/s.test(begin)) return `a file of safetensors, which holds weights and no network; ${EXPORT}`;
  if (begin.slice(4, 8) === "TFL3") return `a TensorFlow Lite model; ${EXPORT}`;
  if (/^(?:ï»¿)?\s*<(?:!doctype|html|\?xml)/i.test(begin)) return "a page in HTML or XML; a download may have failed";
  if (/^\s*\{\s*"/.test(begin)) return "a text in JSON";
  return KINDS.find(([start]) => begin.startsWith(start))?.[1] ?? null;
}
