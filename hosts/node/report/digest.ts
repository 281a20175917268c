/** The digest by which runs on any host and in any mode are compared. */

import { createHash, type Hash } from "node:crypto";
import type { Output } from "../../../bindings/types.ts";

/** SHA-256 over output potentials as int32, little-endian, channels last, outputs in file order, images in the order added. */
export class OutputDigest {
  readonly #hash: Hash = createHash("sha256");

  /** Adds the answer to one image. */
  add(outputs: readonly Output[]): void {
    for (const { potentials } of outputs) {
      const bytes = new DataView(new ArrayBuffer(4 * potentials.length));
      potentials.forEach((potential, i) => {
        bytes.setInt32(4 * i, potential, true);
      });
      this.#hash.update(bytes);
    }
  }

  /** In hexadecimal; ends the digest. */
  hex(): string {
    return this.#hash.digest("hex");
  }
}
