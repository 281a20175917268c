/** The JPEG decoder of @jsquash/jpeg (mozjpeg), an instance at a time, with what libjpeg says about a file. */

import { reasonOf } from "../kinds.ts";
import { type Codec, FileFault } from "./codec.ts";
import { type DecodedImage, release } from "./image.ts";

/** More data than the last scan needs: some cameras write it, and nothing is missing. */
const HARMLESS = /extraneous bytes before marker 0xd9/;

/** Starts a decoder for files that have been checked (jpeg-file.ts). */
export async function startJpeg(module: WebAssembly.Module): Promise<Codec<[file: Uint8Array], DecodedImage>> {
  let messages: string[] = [];
  let memory: WebAssembly.Memory | undefined;
  const say = (line: string): void => {
    messages.push(line);
  };
  // Where there is no JPEG its script is not needed, and on pages without codecs it is not there.
  const { default: mozjpeg } = await import("@jsquash/jpeg/codec/dec/mozjpeg_dec.js");
  const codec = await mozjpeg({
    noInitialRun: true,
    instantiateWasm(imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory);
      receive(instance);
      return instance.exports;
    },
    print: say,
    printErr: say,
  } as Parameters<typeof mozjpeg>[0]);

  return {
    run(file) {
      messages = [];
      let image: DecodedImage | null;
      try {
        image = codec.decode(file, false);
      } catch (error) {
        throw new Error(messages.at(-1) ?? reasonOf(error));
      }
      if (image === null) throw new Error(messages.at(-1) ?? "no pixels");
      // libjpeg fills what is missing with grey and goes on, and tells its first warning only; half an image is no image.
      const warning = messages.find((line) => !HARMLESS.test(line));
      if (warning === undefined) return image;
      release(image);
      throw new FileFault(warning);
    },
    memory: () => memory?.buffer.byteLength ?? 0,
  };
}
