/** The JPEG decoder of @jsquash/jpeg (mozjpeg), an instance at a time, with what libjpeg says about a file. */

import mozjpeg from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import type { DecodedImage } from "./image.ts";

export type JpegDecoder = (file: Uint8Array) => DecodedImage;

/** A file that libjpeg could read to an end, though not all of it was there. The decoder is still sound. */
export class IncompleteJpeg extends Error {
  override readonly name = "IncompleteJpeg";
}

/** Starts a decoder. After it has thrown anything but `IncompleteJpeg` it must not be used again. */
export async function startJpeg(module: WebAssembly.Module): Promise<JpegDecoder> {
  let messages: string[] = [];
  const say = (line: string): void => {
    messages.push(line);
  };
  const codec = await mozjpeg({
    noInitialRun: true,
    instantiateWasm(imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      receive(instance);
      return instance.exports;
    },
    print: say,
    printErr: say,
  } as Parameters<typeof mozjpeg>[0]);

  return (file) => {
    messages = [];
    let image: DecodedImage | null;
    try {
      image = codec.decode(file, false);
    } catch (error) {
      throw new Error(messages.at(-1) ?? (error as Error).message);
    }
    if (image === null) throw new Error(messages.at(-1) ?? "no pixels");
    // libjpeg fills what is missing with grey and goes on; half an image is no image.
    const cut = messages.find((line) => line.includes("Premature end"));
    if (cut !== undefined) throw new IncompleteJpeg(cut);
    return image;
  };
}
