/** A pad to draw a digit on, and what the network in the worker takes it for. */

import type { Classification } from "bsnn";
import { CLASSES, type FromWorker, type ToWorker } from "./messages.ts";

const SIZE = 28;
const element = <T extends Element>(selector: string): T => document.querySelector<T>(selector)!;
const pad = element<HTMLCanvasElement>("#pad");
const answer = element<HTMLElement>("#answer");
const context = pad.getContext("2d", { willReadFrequently: true })!;

const worker = new Worker(new URL("./classifier.js", import.meta.url), { type: "module" });

/** A meter per class. */
const meters = Array.from({ length: CLASSES }, (_, digit) => {
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
  } else if (data.kind === "refused") {
    answer.textContent = data.message;
  } else {
    const shares = softmax(data.classes);
    data.classes.forEach(({ index }, rank) => {
      meters[index].meter.value = shares[rank];
      meters[index].item.classList.toggle("best", rank === 0);
    });
    show(data.samples);
    const [best] = data.classes;
    answer.textContent = `It is a ${best.label}, after ${data.steps} time steps, in ${data.ms.toFixed(1)} ms.`;
  }
});

const ask = (question: ToWorker): void => worker.postMessage(question);

/** Sends what is on the pad: one grey sample per pixel, light on dark. */
function classify(): void {
  const { data } = context.getImageData(0, 0, SIZE, SIZE);
  ask(Uint8Array.from({ length: SIZE * SIZE }, (_, i) => data[4 * i]));
}

/** Puts what a chosen image became onto the pad, unless something has been drawn there since. */
function show(samples: Uint8Array): void {
  if (!chosen) return;
  chosen = false;
  const image = context.createImageData(SIZE, SIZE);
  for (const [i, sample] of samples.entries()) image.data.set([sample, sample, sample, 255], 4 * i);
  context.putImageData(image, 0, 0);
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
/** Whether the next answer is that to a chosen image. */
let chosen = false;
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
  chosen = false;
  classify();
});
for (const end of ["pointerup", "pointercancel"] as const) {
  pad.addEventListener(end, () => {
    last = null;
  });
}

element("#clear").addEventListener("click", () => {
  chosen = false;
  clear();
});
element<HTMLInputElement>("#file").addEventListener("change", ({ target }) => {
  const [file] = (target as HTMLInputElement).files ?? [];
  if (!file) return;
  chosen = true;
  // The worker fits it to the network's input, as the model's file says.
  ask(file);
});
clear();
