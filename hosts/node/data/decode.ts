/** Image files on Node, with refusals that name the file. */

import type { DecodedImage } from "../../../bindings/images/index.ts";
import { createImageReader, ImageError } from "../../../bindings/images/node.ts";
import { InputError } from "../report/failure.ts";

export const imageReader = createImageReader();

/**
 * Decodes a PNG or JPEG file; see `ImageReader.decode`.
 * @param bytes the file's content; its type is told by its first bytes
 * @param name of the file, for messages
 * @throws InputError naming the file, what was found and what is supported
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  try {
    return await imageReader.decode(bytes);
  } catch (error) {
    if (error instanceof ImageError) throw new InputError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
