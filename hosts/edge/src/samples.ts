/** From the body of a request, or an object of a bucket, to the samples of a network. */

import type { Network } from "bsnn";
import { createImageReader, ImageError, type ImageFault } from "bsnn/images";
import { moved, Refusal, readBody } from "./http.ts";
import { inTurn } from "./turns.ts";

/** Longest body, in bytes. */
const MAX_BODY = 2 ** 20;
/** Most pixels of an image: as many as keep the isolate below 64 MB when it has met the largest of every kind. */
const MAX_PIXELS = 2 ** 19;
/** Images up to here are decoded at once, in a few milliseconds; larger ones, and longer bodies, take turns. */
const SMALL_PIXELS = 2 ** 16;
const SMALL_BODY = 2 ** 16;

const IMAGE_TYPES = ["image/png", "image/jpeg"];
const RAW_TYPE = "application/octet-stream";

const STATUS: Readonly<Record<ImageFault, number>> = { format: 415, size: 413, corrupt: 422 };

const small = createImageReader({ maxPixels: SMALL_PIXELS });
const large = createImageReader({ maxPixels: MAX_PIXELS });

/**
 * Reads the body of a request: an image, or H×W×C raw samples (of several inputs one after the other), as the content type says.
 * @throws Refusal 413 for too much of it, 415 for another type, 422 for a broken one or one of the wrong size, 503 where too many
 * large ones wait
 */
export async function readSamples(request: Request, network: Network): Promise<Uint8Array> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
  if (type !== RAW_TYPE && !IMAGE_TYPES.includes(type)) {
    const found = type === "" ? "no content type" : `content type '${type}'`;
    throw new Refusal(415, `${found}; supported are ${[...IMAGE_TYPES, RAW_TYPE].join(", ")}`);
  }
  if (type !== RAW_TYPE) return imageOf(request, network);
  const body = await readBody(request, MAX_BODY);
  const samples = network.inputs.reduce((sum, { height, width, channels }) => sum + height * width * channels, 0);
  if (body.length === samples) return body;
  const shapes = network.inputs.map(({ height, width, channels }) => `${height}×${width}×${channels}`);
  throw new Refusal(422, `${body.length} bytes; the model takes ${shapes.join(" + ")} = ${samples} samples`);
}

/** Reads an image; a long one only when it is its turn, so that few of them are held. */
async function imageOf(request: Request, network: Network): Promise<Uint8Array> {
  const length = request.headers.get("content-length");
  const isLong = length === null || Number(length) > SMALL_BODY;
  if (!isLong || Number(length) > MAX_BODY) return imageSamples(await readBody(request, MAX_BODY), network);
  return inTurn(async () => imageSamples(await readBody(request, MAX_BODY), network, true));
}

/** An object of a bucket, as much of it as is used. */
export interface StoredObject {
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * Reads an image that lies in a bucket.
 * @throws Refusal 413 for too much of it, 415 for something else, 422 for a broken one
 */
export async function readStored(object: StoredObject, network: Network): Promise<Uint8Array> {
  if (object.size > MAX_BODY) throw new Refusal(413, `the object is longer than ${MAX_BODY} bytes`);
  return imageSamples(new Uint8Array(await object.arrayBuffer()), network);
}

/** @param file is used up. @param hasTurn whether a large image may be decoded at once */
async function imageSamples(file: Uint8Array, { input, inputs }: Network, hasTurn = false): Promise<Uint8Array> {
  if (inputs.length > 1) {
    throw new Refusal(415, `the model takes ${inputs.length} inputs, and an image is one: send ${RAW_TYPE}`);
  }
  const { height, width, channels } = input;
  if (channels !== 1 && channels !== 3) {
    throw new Refusal(
      415,
      `the model takes ${height}×${width}×${channels} samples, which no image gives: send ${RAW_TYPE}`,
    );
  }
  try {
    return await small.samples(file, input).catch((error) => {
      if (!(error instanceof ImageError) || error.fault !== "size") throw error;
      const decode = () => large.samples(file, input);
      return hasTurn ? decode() : inTurn(decode);
    });
  } catch (error) {
    if (error instanceof ImageError) throw new Refusal(STATUS[error.fault], `the image ${error.message}`);
    throw error;
  } finally {
    moved(file.buffer, 0);
  }
}
