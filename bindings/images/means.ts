/** How files are decoded, and images resized. */

import type { ImageHeader } from "./header.ts";
import type { DecodedImage } from "./image.ts";

export interface Means {
  /** Decodes a file and turns it as it says. */
  decodeFile(file: Uint8Array, header: ImageHeader): Promise<DecodedImage>;
  resize(image: DecodedImage, width: number, height: number): Promise<DecodedImage>;
}
