/** Pictures from files and the camera, as bytes. */

import { placementOf } from "../../../../../bindings/images/fit.ts";
import type { Fit } from "../../../../../bindings/types.ts";

/** Longest edge that a picture is worked with. */
const MOST = 1024;

export interface Pixels {
  /** RGB, row by row. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A picture's pixels, made smaller where it is large. Transparency becomes white. */
export function rgbOf(source: ImageBitmap | HTMLVideoElement): Pixels {
  const [wide, high] = "videoWidth" in source ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
  const scale = Math.min(1, MOST / Math.max(wide, high));
  const width = Math.max(1, Math.round(wide * scale));
  const height = Math.max(1, Math.round(high * scale));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return {
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)]),
    width,
    height,
  };
}

/** Grey of pixels of one or three channels, by the luma of ITU-R 601. */
export function greyOf(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 1) return data;
  return Uint8Array.from({ length: data.length / channels }, (_, i) => {
    const at = i * channels;
    return Math.round(0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]);
  });
}

/**
 * A picture in a network's size and channels, fitted as its file says and `bsnn/images` does; each sample is the mean of what it covers.
 * What nothing covers is black.
 */
export function pictureOf(
  data: Uint8Array,
  width: number,
  height: number,
  channels: number,
  to: { height: number; width: number; channels: number; fit?: Fit },
): Uint8Array {
  const { from, to: place } = placementOf(to.fit ?? "stretch", { width, height }, to);
  const [across, down] = [from.width / place.width, from.height / place.height];
  const source = to.channels === 1 ? greyOf(data, channels) : data;
  const found = to.channels === 1 ? 1 : channels;
  const samples = new Uint8Array(to.height * to.width * to.channels);
  for (let y = 0; y < place.height; y++) {
    const rows = covered(from.y + y * down, down, height);
    for (let x = 0; x < place.width; x++) {
      const columns = covered(from.x + x * across, across, width);
      const at = ((place.y + y) * to.width + place.x + x) * to.channels;
      for (let c = 0; c < to.channels; c++) {
        let sum = 0;
        for (const row of rows)
          for (const column of columns) sum += source[(row * width + column) * found + Math.min(c, found - 1)];
        samples[at + c] = Math.round(sum / (rows.length * columns.length));
      }
    }
  }
  return samples;
}

function covered(start: number, step: number, size: number): number[] {
  const from = Math.max(0, Math.min(size - 1, Math.floor(start + 1e-9)));
  const to = Math.max(from + 1, Math.min(size, Math.ceil(start + step - 1e-9)));
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** The camera, a few pictures a second. */
export class Camera {
  #stream: MediaStream | null = null;
  #timer = 0;

  get running(): boolean {
    return this.#stream !== null;
  }

  /** @throws Error where there is none, or it is not allowed */
  async start(onPicture: (picture: Pixels) => Promise<void>): Promise<void> {
    if (!navigator.mediaDevices) throw new Error("this browser gives pages none, or the page is not served securely");
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { width: 320, height: 320, facingMode: "environment" },
    });
    this.#stream = stream;
    const video = document.createElement("video");
    video.srcObject = stream;
    video.muted = true;
    await video.play();
    const next = async () => {
      if (this.#stream !== stream) return;
      if (video.videoWidth > 0) await onPicture(rgbOf(video));
      this.#timer = window.setTimeout(next, 120);
    };
    await next();
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
  }
}
