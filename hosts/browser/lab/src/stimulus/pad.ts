/** The pad that a person draws on, with mouse, pen or touch; also shows pictures that come from elsewhere. */

import type { Stroke } from "./strokes.ts";

export class Pad {
  readonly canvas: HTMLCanvasElement;
  #strokes: number[][] = [];
  #picture: { samples: Uint8Array; width: number; height: number; channels: number } | null = null;
  #pointer: number | null = null;
  /** Called at every change, and with `true` where a stroke has ended. */
  onDraw: (ended: boolean) => void = () => {};
  colours: () => { ground: string; ink: string } = () => ({ ground: "#000", ink: "#fff" });

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (this.#pointer !== null || event.button > 0) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      this.#pointer = event.pointerId;
      if (this.#picture) this.#strokes = [];
      this.#picture = null;
      this.#strokes.push([]);
      this.#add(event);
      this.onDraw(false);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.#pointer) return;
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length > 0 ? events : [event]) this.#add(each);
      this.onDraw(false);
    });
    for (const type of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(type, (event) => {
        if (event.pointerId !== this.#pointer) return;
        this.#pointer = null;
        this.onDraw(true);
      });
    }
  }

  get strokes(): readonly Stroke[] {
    return this.#strokes;
  }

  set strokes(strokes: readonly Stroke[]) {
    this.#strokes = strokes.map((stroke) => [...stroke]);
    this.#picture = null;
    this.draw();
  }

  get drawing(): boolean {
    return this.#pointer !== null;
  }

  /** Shows samples instead of strokes. */
  show(samples: Uint8Array, { width, height, channels }: { width: number; height: number; channels: number }): void {
    this.#strokes = [];
    this.#picture = { samples, width, height, channels };
    this.draw();
  }

  #add({ clientX, clientY }: { clientX: number; clientY: number }): void {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const stroke = this.#strokes.at(-1)!;
    const [x, y] = [round((clientX - left) / width), round((clientY - top) / height)];
    const [lastX, lastY] = stroke.slice(-2);
    if (lastX === undefined || Math.hypot(x - lastX, y - lastY) > 0.006) stroke.push(x, y);
    this.draw();
  }

  draw(): void {
    const { canvas } = this;
    const size = Math.round((canvas.clientWidth || 224) * Math.min(2, devicePixelRatio || 1));
    if (canvas.width !== size) {
      canvas.width = size;
      canvas.height = size;
    }
    const context = canvas.getContext("2d")!;
    const { ground, ink } = this.colours();
    context.fillStyle = ground;
    context.fillRect(0, 0, size, size);
    if (this.#picture) {
      drawSamples(context, this.#picture, size);
      return;
    }
    context.strokeStyle = ink;
    context.fillStyle = ink;
    context.lineWidth = size * 0.075;
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const stroke of this.#strokes) {
      context.beginPath();
      context.moveTo(stroke[0] * size, stroke[1] * size);
      if (stroke.length === 2) context.lineTo(stroke[0] * size + 0.01, stroke[1] * size);
      for (let i = 2; i < stroke.length; i += 2) context.lineTo(stroke[i] * size, stroke[i + 1] * size);
      context.stroke();
    }
  }
}

/** To a place in 1/1000 of the pad, so that an address can hold it exactly. */
function round(value: number): number {
  return Math.round(Math.max(0, Math.min(1, value)) * 1000) / 1000;
}

/** Draws samples, grey or RGB, as large as there is room. */
export function drawSamples(
  context: CanvasRenderingContext2D,
  { samples, width, height, channels }: { samples: Uint8Array; width: number; height: number; channels: number },
  size: number,
): void {
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = samples[i * channels + (channels >= 3 ? c : 0)];
    image.data[4 * i + 3] = 255;
  }
  const small = document.createElement("canvas");
  small.width = width;
  small.height = height;
  small.getContext("2d")!.putImageData(image, 0, 0);
  const scale = size / Math.max(width, height);
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(small, (size - width * scale) / 2, (size - height * scale) / 2, width * scale, height * scale);
}
