/** The dialog that converts an ONNX model in the tab, and the page's way to original networks. */

import type { About } from "../engine/protocol.ts";
import { shortName } from "../model/model.ts";
import { download } from "../share/save.ts";
import { byId, make } from "../view/dom.ts";
import type { ConversionSettings, Converted, FromConverter, Picture, ToConverter } from "./protocol.ts";

const TASKS: Readonly<Record<string, string>> = {
  read: "reading",
  quantise: "choosing integers",
  compare: "comparing with the original",
};

/** A file's size, for people. */
function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What the page does with a converted model. */
interface Page {
  use(name: string, bytes: Uint8Array): void;
  toast(text: string): void;
}

export class ConvertPanel {
  readonly #page: Page;
  readonly #dialog = byId<HTMLDialogElement>("convert");
  readonly #body = byId("convert-body");
  #worker: Worker | null = null;
  #onMessage: (message: FromConverter) => void = () => {};
  /** Originals by the page's names of their models; null: the one that the worker has converted. */
  readonly #originals = new Map<string, Uint8Array | null>();
  readonly #waiting = new Map<number, (message: FromConverter) => void>();
  #count = 0;

  constructor(page: Page) {
    this.#page = page;
    byId("convert-close").addEventListener("click", () => this.#leave());
    this.#dialog.addEventListener("cancel", () => this.#leave());
  }

  /** Opens the dialog for a model, with pictures to calibrate on. */
  async open(model: File, pictures: readonly File[]): Promise<void> {
    const bytes = new Uint8Array(await model.arrayBuffer());
    this.#ask(model.name, bytes, [...pictures]);
    this.#dialog.showModal();
  }

  /**
   * What an original network answers.
   * @returns null where there is none at hand
   */
  async original(key: string, samples: Uint8Array, about: About): Promise<Float32Array | null> {
    if (key === "digits" && !this.#originals.has(key)) {
      const response = await fetch(new URL("./digits.onnx", import.meta.url));
      if (!response.ok) throw new Error(`digits.onnx: status ${response.status}`);
      this.#originals.set(key, new Uint8Array(await response.arrayBuffer()));
    }
    const model = this.#originals.get(key);
    if (model === undefined) return null;
    const { channels } = about.input;
    const plain = { scale: 1 / 255, mean: Array(channels).fill(0), std: Array(channels).fill(1) };
    const { scale, mean, std } = about.preprocessing ?? plain;
    const id = this.#count++;
    const answered = new Promise<FromConverter>((resolve) => this.#waiting.set(id, resolve));
    this.#send({ kind: "original", id, model, samples, input: about.input, preprocessing: { scale, mean, std } });
    const message = await answered;
    if (message.kind === "original") return message.values;
    throw new Error(message.kind === "failed" ? message.message : "no answer");
  }

  #send(message: ToConverter): void {
    if (!this.#worker) {
      this.#worker = new Worker(new URL("./converter.js", import.meta.url), { type: "module" });
      this.#worker.addEventListener("message", ({ data }: MessageEvent<FromConverter>) => {
        if ((data.kind === "original" || data.kind === "failed") && data.id !== null) {
          this.#waiting.get(data.id)?.(data);
          this.#waiting.delete(data.id);
        } else this.#onMessage(data);
      });
      this.#worker.addEventListener("error", (event) => {
        const message = event.message || "the worker could not be started";
        this.#onMessage({ kind: "failed", id: null, message, details: [] });
        for (const [id, resolve] of this.#waiting) resolve({ kind: "failed", id, message, details: [] });
        this.#waiting.clear();
      });
    }
    this.#worker.postMessage(message);
  }

  /** Ends what is under way. */
  #stop(): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const [id, resolve] of this.#waiting) resolve({ kind: "failed", id, message: "cancelled", details: [] });
    this.#waiting.clear();
    for (const [key, model] of this.#originals) if (model === null) this.#originals.delete(key);
  }

  #running = false;

  #leave(): void {
    if (this.#running) this.#stop();
    this.#running = false;
    this.#dialog.close();
  }

  #ask(name: string, model: Uint8Array, pictures: File[]): void {
    const field = (label: string, input: HTMLElement) => make("label", {}, label, input);
    const text = (id: string, value: string) => make("input", { type: "text", id, value });
    const title = name.replace(/\.onnx$/i, "");
    const choice = (id: string, options: readonly string[], chosen: string) => {
      const select = make("select", { id }, ...options.map((value) => make("option", { value, textContent: value })));
      select.value = chosen;
      return select;
    };
    const count = make("p", { className: "note" });
    const showCount = () => {
      count.textContent =
        pictures.length === 0
          ? "Add some images like those that the network will see: scales are chosen on them. A few dozen are enough."
          : `${pictures.length} ${pictures.length === 1 ? "image" : "images"}, to choose scales on. Nothing leaves this tab.`;
    };
    const more = make("input", { type: "file", id: "convert-images", multiple: true, accept: "image/png,image/jpeg" });
    more.addEventListener("change", () => {
      pictures.push(...(more.files ?? []));
      showCount();
    });
    showCount();
    const start = make("button", { type: "button", className: "primary", id: "convert-start", textContent: "Convert" });
    start.addEventListener("click", () => void this.#start(title, model, pictures));
    this.#body.replaceChildren(
      make("p", {}, `${name}, ${sizeOf(model.length)}`),
      count,
      make("div", { className: "row tools" }, make("label", { className: "button" }, "Add images…", more)),
      make(
        "div",
        { className: "fields" },
        field("Phases K", choice("convert-phases", ["1", "2", "3", "4", "5", "6", "7", "8"], "7")),
        field("Bits of a weight", choice("convert-bits", ["8", "16"], "8")),
        field("Scale", text("convert-scale", String(1 / 255))),
        field("Mean, one or per channel", text("convert-mean", "0")),
        field("Standard deviation", text("convert-std", "1")),
        field("Order of colours", choice("convert-order", ["rgb", "bgr"], "rgb")),
      ),
      make("p", {
        className: "note",
        textContent: "The model is given (sample × scale − mean) / std of samples 0…255.",
      }),
      make("div", { className: "row tools" }, start),
    );
  }

  async #start(name: string, model: Uint8Array, files: readonly File[]): Promise<void> {
    const value = (id: string) => byId<HTMLInputElement | HTMLSelectElement>(id).value;
    const numbers = (id: string) =>
      value(id)
        .split(",")
        .map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    const settings: ConversionSettings = {
      name,
      phases: Number(value("convert-phases")),
      weightBits: value("convert-bits") === "16" ? 16 : 8,
      scale: numbers("convert-scale")[0],
      mean: numbers("convert-mean"),
      std: numbers("convert-std"),
      channelOrder: value("convert-order") === "bgr" ? "bgr" : "rgb",
    };
    const bar = make("progress", { max: 1, value: 0 });
    bar.setAttribute("aria-label", "Progress of the conversion");
    const task = make("p", { role: "status", textContent: "loading onnxruntime from this site" });
    const cancel = make("button", { type: "button", id: "convert-cancel", textContent: "Cancel" });
    cancel.addEventListener("click", () => {
      this.#stop();
      this.#running = false;
      this.#ask(`${name}.onnx`, model, [...files]);
      this.#page.toast("The conversion was cancelled.");
    });
    this.#body.replaceChildren(task, bar, make("div", { className: "row tools" }, cancel));
    // As the command takes a folder: in the order of their names.
    const key = (file: File) => file.webkitRelativePath || file.name;
    const sorted = [...files].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    const pictures = await Promise.all(
      sorted.map(
        async (file): Promise<Picture> => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }),
      ),
    );
    if (!task.isConnected) return;
    this.#running = true;
    this.#onMessage = (message) => {
      if (message.kind === "progress") {
        task.textContent = TASKS[message.task] ?? message.task;
        bar.value = message.total > 0 ? message.done / message.total : 0;
        return;
      }
      this.#running = false;
      if (message.kind === "converted") this.#show(name, message.converted);
      else if (message.kind === "failed") this.#fail(name, model, files, message.message);
    };
    this.#send({ kind: "convert", model, pictures, settings });
  }

  #fail(name: string, model: Uint8Array, files: readonly File[], message: string): void {
    const back = make("button", { type: "button", textContent: "Back" });
    back.addEventListener("click", () => this.#ask(`${name}.onnx`, model, [...files]));
    const text = make("pre", { textContent: message, id: "convert-error" });
    text.setAttribute("role", "alert");
    this.#body.replaceChildren(text, make("div", { className: "row tools" }, back));
  }

  #show(name: string, { file, notes, rows, steps, agreement }: Converted): void {
    const cells = (tag: "td" | "th", values: readonly string[]) =>
      make("tr", {}, ...values.map((textContent) => make(tag, { textContent })));
    const table = make(
      "table",
      {},
      make("thead", {}, cells("th", ["population", "kind", "shape", "depth", "relative error"])),
      make(
        "tbody",
        {},
        ...rows.map((row) =>
          cells("td", [
            shortName(row.name),
            row.kind,
            row.shape,
            String(row.depth),
            row.error === null ? "" : row.error.toPrecision(3),
          ]),
        ),
      ),
    );
    const save = make("button", { type: "button", id: "convert-save", textContent: `Save ${name}.bsnn.gguf` });
    save.addEventListener("click", () => download(`${name}.bsnn.gguf`, new Blob([file as Uint8Array<ArrayBuffer>])));
    const use = make("button", { type: "button", className: "primary", id: "convert-use", textContent: "Look inside" });
    use.addEventListener("click", () => {
      for (const [key, model] of this.#originals) if (model === null) this.#originals.delete(key);
      this.#originals.set(name, null);
      this.#dialog.close();
      this.#page.use(`${name}.bsnn.gguf`, file);
    });
    const delayed = steps.delayed.map(
      ([delay, count]) => `${count} firing ${delay} ${delay === 1 ? "step" : "steps"} after their sources`,
    );
    const lines = [
      `${sizeOf(file.length)}, ${rows.length} populations.`,
      `Time steps to the answer: ${[`${steps.gated} gated`, ...delayed].join(", ")}.`,
      ...(agreement ? [`The same answer as the original on ${agreement[0]} of ${agreement[1]} images.`] : []),
      ...notes,
    ];
    this.#body.replaceChildren(
      ...lines.map((textContent) => make("p", { textContent })),
      make("div", { className: "table", tabIndex: 0 }, table),
      make("div", { className: "row tools" }, save, use),
    );
  }
}
