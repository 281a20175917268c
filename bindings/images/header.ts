/** Recognises image files by their first bytes, whatever they are called, and reads their size before they are decoded. */
import { readJpegFrame } from "./jpeg-file.ts";

export interface ImageHeader {
  readonly format: "png" | "jpeg";
  readonly width: number;
  readonly height: number;
  /** Colour components of a JPEG (1 grey, 3 colour, 4 CMYK); null for PNG, where the decoder takes every kind. */
  readonly components: number | null;
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Formats a user might well try, for the message only: name, offset, characters there. */
const OTHERS: readonly (readonly [name: string, offset: number, magic: string])[] = [
  ["GIF", 0, "GIF8"],
  ["WebP", 8, "WEBP"],
  ["BMP", 0, "BM"],
  ["TIFF", 0, "II*"],
  ["TIFF", 0, "MM\0*"],
  ["HEIF or AVIF", 4, "ftyp"],
  ["NumPy", 1, "NUMPY"],
  ["GGUF", 0, "GGUF"],
  ["PDF", 0, "%PDF"],
  ["ZIP", 0, "PK"],
];

/** Says what bytes look like: a known format's name, or the first bytes themselves. */
export function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  const known = OTHERS.find(([, offset, magic]) => head.startsWith(magic, offset));
  if (known) return `${known[0]} data`;
  const first = bytes.subarray(0, 8);
  const hex = Array.from(first, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const text = first.every((byte) => byte >= 0x20 && byte < 0x7f) ? ` ("${head.slice(0, first.length)}")` : "";
  return `data that begins with ${hex}${text}`;
}

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads format and size.
 * @returns null where the bytes are neither PNG nor JPEG
 * @throws Error where they begin as one but break off before the size or hold none
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (startsWith(bytes, PNG_SIGNATURE)) {
    if (bytes.length < 33 || view.getUint32(12) !== 0x49484452) throw new Error("a PNG without a complete header");
    return { format: "png", width: view.getUint32(16), height: view.getUint32(20), components: null };
  }
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) {
    return { format: "jpeg", ...readJpegFrame(bytes) };
  }
  return null;
}
