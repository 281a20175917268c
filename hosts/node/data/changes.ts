/** What had to be done to images so that a network takes them, told once for all. */

import type { DecodedImage, InputShape } from "../../../bindings/images/index.ts";

function isGrey({ data }: DecodedImage): boolean {
  for (let i = 0; i < data.length; i += 4) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return true;
}

/** Counts images that are resized, and those whose colours are given or taken. */
export class ImageChanges {
  readonly #shape: InputShape;
  #images = 0;
  #resized = 0;
  #recoloured = 0;
  /** Size of the first that is resized. */
  #first = "";

  constructor(shape: InputShape) {
    this.#shape = shape;
  }

  /** Takes note of an image as it is in its file. */
  see(image: DecodedImage): void {
    const { height, width, channels } = this.#shape;
    this.#images++;
    if (image.width !== width || image.height !== height) {
      this.#first ||= `${image.width}×${image.height}`;
      this.#resized++;
    }
    if (isGrey(image) !== (channels === 1)) this.#recoloured++;
  }

  /** A sentence for each kind of change that there was; sizes are width × height. */
  get notes(): string[] {
    const { height, width, channels, fit = "stretch" } = this.#shape;
    const of = (number: number) => (number === this.#images ? "every image" : `${number} of ${this.#images} images`);
    const notes: string[] = [];
    if (this.#resized > 0) {
      const to = `${width}×${height} pixels (--fit ${fit})`;
      notes.push(`${of(this.#resized)} had to be resized to ${to}, the first from ${this.#first}`);
    }
    if (this.#recoloured > 0) {
      const change = channels === 1 ? "made grey" : "turned from grey into colour";
      notes.push(`${of(this.#recoloured)} had to be ${change}`);
    }
    return notes;
  }
}
