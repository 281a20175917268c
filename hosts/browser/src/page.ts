/** A pad to draw a digit on, and what the network in the worker takes it for. */

import type { Classification } from "bsnn";
import type { FromWorker } from "./messages.ts";

const SIZE = 28;
const element = <T extends Element>(selector: string): T => document.querySelector<T>(selector)!;
const pad = element<HTMLCanvasElement>("#pad");
const answer = element<HTMLElement>("#answer");
const context = pad.getContext("2d", { willReadFrequently: true })!;

const worker = new Worker(new URL("./classifier.js", import.meta.url), { type: "module" });

/** A meter per class. */
const meters = Array.from({ length: 10 }, (_, digit) => {
  const item = document.createElement("li");
  const meter = document.createElement("meter");
  item.append(String(digit), meter);
  element("#scores").append(item);
  return { item, meter };
});

/** The values as shares of one, for the eye only. */
function softmax(classes: readonly Classification[]): number[] {
  const most = Math.max(...classes.map(({ value }) => value));
  const powers = classes.map(({ value }) => Math.exp(value - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
  if (data.kind === "ready") {
    answer.textContent = `Ready: ${data.name}, ${data.build} SIMD.`;
  } else if (data.kind === "failed") {
    answer.textContent = `Failed: ${data.message}`;
  } else {
    const shares = softmax(data.classes);
    data.classes.forEach(({ index }, rank) => {
      meters[index].meter.value = shares[rank];
      meters[index].item.classList.toggle("best", rank === 0);
    });
    const [best] = data.classes;
    answer.textContent = `It is a ${best.label}, after ${data.steps} time steps, in ${data.ms.toFixed(1)} ms.`;
  }
});

/** Sends what is on the pad: one grey sample per pixel, light on dark. */
function classify(): void {
  const { data } = context.getImageData(0, 0, SIZE, SIZE);
  worker.postMessage(Uint8Array.from({ length: SIZE * SIZE }, (_, i) => data[4 * i]));
}

function clear(): void {
  context.fillStyle = "black";
  context.fillRect(0, 0, SIZE, SIZE);
}

/** The pointer's place in pixels of the pad. */
function place({ clientX, clientY }: PointerEvent): [x: number, y: number] {
  const { left, top, width, height } = pad.getBoundingClientRect();
  return [((clientX - left) / width) * SIZE, ((clientY - top) / height) * SIZE];
}

let last: [x: number, y: number] | null = null;
pad.addEventListener("pointerdown", (event) => {
  pad.setPointerCapture(event.pointerId);
  last = place(event);
});
pad.addEventListener("pointermove", (event) => {
  if (last === null) return;
  context.lineCap = "round";
  context.lineWidth = 2.5;
  context.strokeStyle = "white";
  context.beginPath();
  context.moveTo(...last);
  last = place(event);
  context.lineTo(...last);
  context.stroke();
  classify();
});
for (const end of ["pointerup", "pointercancel"] as const) {
  pad.addEventListener(end, () => {
    last = null;
  });
}

element("#clear").addEventListener("click", clear);
element<HTMLInputElement>("#file").addEventListener("change", async ({ target }) => {
  const [file] = (target as HTMLInputElement).files ?? [];
  if (!file) return;
  try {
    const image = await createImageBitmap(file);
    clear();
    // Stretched, as the file of this model, which states no `fit`, asks for.
    context.drawImage(image, 0, 0, SIZE, SIZE);
    classify();
  } catch {
    answer.textContent = `${file.name} is not an image this browser can read.`;
  }
});
clear();
