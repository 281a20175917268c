/** The guided tour: eight stops, each of which sets the page up and points at something. */

import { byId, make } from "./dom.ts";

/** What a stop may do with the page. */
export interface Guide {
  /** Shows a digit of the generator, gated and intact. */
  begin(digit: number): Promise<void>;
  /** Chooses how neurons fire. */
  fire(way: string, delay?: string): Promise<void>;
  has(way: string): boolean;
  /** To a share of the run, playing on from there at a speed, or standing. */
  seek(share: number, speed?: number): void;
  /** To the step in which the population at a depth begins to fire. */
  seekDepth(depth: number, speed?: number): void;
  /** Opens the neuron that fires most at a depth, of a kind. */
  inspect(depth: number, kind?: string): void;
  /** The neuron that fires most behind a max pooling, if there is one. */
  inspectPooled(): boolean;
  close(): void;
  leave(): void;
}

interface Stop {
  readonly title: string;
  readonly text: (guide: Guide) => readonly string[];
  /** What is pointed at. */
  readonly at: string;
  readonly enter: (guide: Guide) => Promise<void> | void;
}

const STOPS: readonly Stop[] = [
  {
    title: "What a spike is worth",
    text: () => [
      "A period has K = 7 steps, its phases. A spike in the first is worth 64, then 32, 16, 8, 4, 2, and 1 in the last. So seven steps of spiking or silence are a number in binary, from 0 to 127: the neuron's level.",
      "In the raster the early spikes of a period are bright, the late ones dim. Open any neuron to see its digits.",
    ],
    at: ".raster",
    enter: async (guide) => {
      await guide.begin(4);
      guide.seekDepth(1, 0.25);
      guide.inspect(1);
    },
  },
  {
    title: "First take in, then fire",
    text: () => [
      "A bistable neuron has two states. For a period it only takes in: blue, its level builds up bit by bit, and it is silent. In the next it fires that level out: amber, and hears nothing.",
      "Neighbouring depths are always in opposite states, so a wave runs through the network.",
    ],
    at: ".network",
    enter: async (guide) => {
      guide.close();
      await guide.begin(3);
      guide.seekDepth(2, 0.5);
    },
  },
  {
    title: "Why no neuron fires in vain",
    text: () => [
      "Excitation and inhibition rarely arrive together. A neuron that fires as soon as it can may fire before the inhibition that would have kept it silent, and a spike cannot be taken back.",
      "Bistable neurons fire after all of their input is there. Where the sum is negative, not one spike is sent: the number of spikes of inactivated neurons is exactly zero.",
    ],
    at: ".network",
    enter: async (guide) => {
      guide.close();
      await guide.begin(8);
      guide.seekDepth(4, 0.25);
    },
  },
  {
    title: "What goes wrong without gating",
    text: (guide) =>
      guide.has("phase")
        ? [
            "Gating is off: every population takes in and fires at every step. Marked in red are neurons that should be silent, with the same weights and the same drawing, and spike all the same.",
            "The intact run is drawn below for comparison, and is marked in the bars.",
          ]
        : [
            "This build of the core cannot run without gating step by step; early firing shows the same danger. Red marks neurons that should be silent and have spiked for now.",
            "The intact run is drawn below for comparison.",
          ],
    at: ".raster",
    enter: async (guide) => {
      guide.close();
      await guide.begin(8);
      if (guide.has("phase")) await guide.fire("phase");
      else await guide.fire("early", "1");
      guide.seek(0.3, 0.5);
    },
  },
  {
    title: "What a shortcut needs",
    text: () => [
      "A residual shortcut skips a layer, and would deliver a period too early. Synchronous neurons stand on it: relays that take a level in and fire the same one a period later, so that both ways arrive together.",
      "They have no weights and no threshold to train. Look for the maps named relay.",
    ],
    at: ".network",
    enter: async (guide) => {
      await guide.fire("gated");
      guide.seekDepth(2, 0.25);
      guide.inspect(2, "synchronous");
    },
  },
  {
    title: "Max pooling, bit by bit",
    text: () => [
      "The largest of several binary numbers can be found while their digits arrive, most significant first. All inputs of a window start alive. If a live one spikes, the window spikes, and every live one that did not is out.",
      "What comes out, digit by digit, is exactly the largest level. The neuron shown reads windows like that.",
    ],
    at: ".network",
    enter: async (guide) => {
      guide.close();
      await guide.begin(5);
      guide.seekDepth(3, 0.1);
      guide.inspectPooled();
    },
  },
  {
    title: "Early firing",
    text: () => [
      "If a spike may have a sign, it can be taken back. Now neurons fire a few steps after their sources, while these still fire, and mend with later, negative spikes what they sent too soon.",
      "The schedule shown is the exact one: far fewer time steps, and where every neuron settles, the same answer to the last bit. The page says how many have not.",
    ],
    at: ".answer",
    enter: async (guide) => {
      guide.close();
      await guide.begin(4);
      await guide.fire("early", "exact");
      guide.seek(0, 0.5);
    },
  },
  {
    title: "The same bits everywhere",
    text: () => [
      "All of it is integers: weights, potentials, levels. What runs here is a WebAssembly module of some twenty kilobytes; on Node, Deno, Bun, edge workers and WASI runtimes it gives the same spikes, bit for bit.",
      "Step by step or a period at once, the answer is equal. Now draw something, and try to break it.",
    ],
    at: ".stimulus",
    enter: async (guide) => {
      guide.close();
      await guide.fire("gated");
      guide.seek(0, 1);
    },
  },
];

export class Tour {
  readonly #guide: Guide;
  #stop = -1;

  constructor(guide: Guide) {
    this.#guide = guide;
    byId("tour-start").addEventListener("click", () => this.go(0));
    byId("tour-next").addEventListener("click", () => this.go(this.#stop + 1));
    byId("tour-back").addEventListener("click", () => this.go(this.#stop - 1));
    byId("tour-close").addEventListener("click", () => this.end());
    byId("tour").addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.end();
    });
  }

  get open(): boolean {
    return this.#stop >= 0;
  }

  async go(stop: number): Promise<void> {
    if (stop < 0) return;
    if (stop >= STOPS.length) {
      this.end();
      return;
    }
    const begins = this.#stop < 0;
    this.#stop = stop;
    const { title, text, at, enter } = STOPS[stop];
    byId("tour-title").textContent = title;
    byId("tour-text").replaceChildren(...text(this.#guide).map((line) => make("p", { textContent: line })));
    byId("tour-count").textContent = `${stop + 1} of ${STOPS.length}`;
    byId<HTMLButtonElement>("tour-back").disabled = stop === 0;
    byId("tour-next").textContent = stop === STOPS.length - 1 ? "Done" : "Next";
    byId<HTMLDialogElement>("tour").open = true;
    this.#point(at);
    if (begins) byId("tour-next").focus();
    await enter(this.#guide);
  }

  end(): void {
    if (!this.open) return;
    this.#stop = -1;
    byId<HTMLDialogElement>("tour").close();
    this.#point(null);
    this.#guide.leave();
    byId("tour-start").focus();
  }

  #point(selector: string | null): void {
    document.querySelector(".pointed")?.classList.remove("pointed");
    const target = selector ? document.querySelector(selector) : null;
    target?.classList.add("pointed");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target?.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }
}
