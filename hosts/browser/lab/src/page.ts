/** The lab page: what a visitor does becomes a stimulus and settings, these a recording, and that is played back. */

import { drawDigit, SIZE } from "../../../../models/drawn/digits.ts";
import { Random } from "../../../../models/drawn/random.ts";
import { ConvertPanel } from "./convert/panel.ts";
import { Engine, Superseded } from "./engine/client.ts";
import type { About, Answer, Run } from "./engine/protocol.ts";
import { type Model, neuronsOf, readModel, shortName } from "./model/model.ts";
import { canBeSilenced, type Silenced } from "./model/silence.ts";
import { Player, SPEEDS } from "./playback/player.ts";
import { agreesFrom, bestAt, errorAgainst, type Recording, spikesUntil, type Way } from "./playback/recording.ts";
import { clock, type Schedule, stepOf } from "./playback/timing.ts";
import { readAddress, type State, type Stimulus, writeAddress } from "./share/address.ts";
import { canvasPng, download, rasterSvg, spikesCsv, spikesNpz } from "./share/save.ts";
import { drawSamples, Pad } from "./stimulus/pad.ts";
import { Camera, rgbOf } from "./stimulus/picture.ts";
import { samplesFrom, takesDigits } from "./stimulus/samples.ts";
import { samplesOfStrokes } from "./stimulus/strokes.ts";
import { AnswerView, ENERGY, energyText, type Ghost, short, timeText } from "./view/answer.ts";
import { byId, fill, make } from "./view/dom.ts";
import { drawTrace, neighbour, showFormula, showKernels, strongest, titleOf } from "./view/inspector.ts";
import { NetworkView, type Neuron } from "./view/network.ts";
import { type Palette, readPalette } from "./view/palette.ts";
import { RasterView } from "./view/raster.ts";
import { realText } from "./view/real.ts";
import { type Guide, Tour } from "./view/tour.ts";

/** Sizes that the build has measured. */
interface Sizes {
  /** Bytes after gzip of what a first visit loads. */
  readonly core: number;
  readonly model: number;
  readonly page: number;
}

/** Beyond so many neurons a note says what is left out. */
const MANY_NEURONS = 1_000_000;

const WAY_WORDS: Readonly<Record<Way, string>> = {
  gated: "bistable: take in, then fire",
  early: "early, with signed spikes",
  phase: "gating off: fire at any time",
  alternating: "synchronous neurons off",
  "integrate-and-fire": "integrate and fire (rate)",
};

const engine = new Engine(new URL("./engine.js", import.meta.url));
const root = document.documentElement;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let palette: Palette = readPalette(root);
let about: About;
let model: Model;
let file = new Uint8Array();
let modelKey = "digits";

/** What is shown to the network. */
let samples = new Uint8Array();
let stimulus: Stimulus | null = null;
/** Whether the page shows digits of its own accord, until the visitor does something. */
let attracts = true;

let way: Way = "gated";
let delay = "exact";
let phases: number | null = null;
let silenced: Silenced[] = [];

let recording: Recording | null = null;
/** The intact gated run of the same samples; the recording itself where nothing is broken. */
let intact: Recording | null = null;
let answer: Answer | null = null;
let original: Ghost | null = null;
let selected: Neuron | null = null;
let hovered: Neuron | null = null;
let sizes: Sizes | null = null;

const player = new Player();
const pad = new Pad(byId<HTMLCanvasElement>("pad"));
const network = new NetworkView(byId<HTMLCanvasElement>("network"));
const raster = new RasterView(byId<HTMLCanvasElement>("raster"));
const rasterIntact = new RasterView(byId<HTMLCanvasElement>("raster-intact"));
const answers = new AnswerView(byId("bars"), byId("best"), byId("say"));
const camera = new Camera();

/** Something to be drawn at the next frame. */
let stale = true;

// Stimuli

/** Whether the model takes digits as this page draws them. */
function drawable(): boolean {
  return takesDigits(about.input);
}

function showSeed(digit: number, seed: number): void {
  const pixels = drawDigit(digit, new Random(seed));
  stimulus = { kind: "seed", digit, seed };
  pad.show(pixels, { width: SIZE, height: SIZE, channels: 1 });
  setSamples(drawable() && about.input.height === SIZE ? pixels : fitPicture(pixels, SIZE, SIZE, 1));
}

/** Samples of the model's size from a picture of any. */
function fitPicture(data: Uint8Array, width: number, height: number, channels: number): Uint8Array<ArrayBuffer> {
  return samplesFrom(data, width, height, channels, about.input) as Uint8Array<ArrayBuffer>;
}

function setSamples(next: Uint8Array): void {
  samples = new Uint8Array(next);
  const seen = byId<HTMLCanvasElement>("seen");
  const { height, width, channels } = about.input;
  const size = Math.max(height, width, 28);
  seen.width = size;
  seen.height = size;
  seen.getContext("2d")!.clearRect(0, 0, size, size);
  drawSamples(seen.getContext("2d")!, { samples, width, height, channels }, size);
}

function strokesToSamples(): void {
  const { input } = about;
  stimulus = { kind: "strokes", strokes: pad.strokes };
  if (drawable()) setSamples(samplesOfStrokes(pad.strokes, input.height));
  else {
    const side = Math.max(input.height, input.width);
    setSamples(fitPicture(samplesOfStrokes(pad.strokes, side), side, side, 1));
  }
}

/** The visitor has done something: the page no longer shows digits of its own accord. */
function engage(): void {
  attracts = false;
  byId("pad-hint").hidden = true;
}

// Runs

function schedule(): Schedule | null {
  if (way !== "early") return null;
  if (delay === "exact" || delay === "close" || delay === "fast") {
    const named = about.schedules?.[delay];
    if (named) return named;
  }
  const steps = Math.max(1, Math.min(about.phases - 1, Number(delay) || 3));
  return { delays: Array(about.deepest).fill(steps), shares: Array(about.deepest).fill(9), corrections: 0 };
}

function runNow(): Run {
  return { samples, way, schedule: schedule(), silenced };
}

function broken(): boolean {
  return way !== "gated" || silenced.length > 0;
}

let runs = 0;
/** The last run whose recording and answer are there. */
let finished = 0;

/**
 * Records what the samples do, and plays it.
 * @param from step to begin at; null for the end, where the answer is
 */
async function run(from: number | null = 0): Promise<void> {
  const mine = ++runs;
  byId("break-note").classList.remove("wrong");
  try {
    const asked = samples;
    const { recording: next, intact: reference } = await engine.latest("record", runNow());
    if (mine !== runs) return;
    recording = next;
    intact = reference ?? next;
    player.load(next.steps, from ?? next.steps - 1);
    present();
    answer = await engine.latest("classify", { samples: asked, silenced });
    if (mine !== runs) return;
    finished = mine;
    showFigures();
    await retrace();
    await compareOriginal();
  } catch (error) {
    if (error instanceof Superseded) return;
    finished = mine;
    note("break-note", `This cannot be run: ${(error as Error).message}`, true);
  }
}

/** Draws anew all that hangs on the recording. */
function present(): void {
  if (!recording || !intact) return;
  const isBroken = recording !== intact;
  byId("intact-frame").hidden = !isBroken;
  const levels = isBroken ? intact.trains.map((train) => train.levels) : null;
  const wrongs = isBroken && recording.way !== "gated" ? levels : null;
  const sizeOf = (canvas: HTMLCanvasElement) => ({ width: canvas.clientWidth, height: canvas.clientHeight });
  const scale = Math.max(recording.steps, intact.steps);
  raster.prepare(recording, model, wrongs, sizeOf(raster.canvas), palette, isBroken ? "as switched" : "", scale);
  if (isBroken) rasterIntact.prepare(intact, model, null, sizeOf(rasterIntact.canvas), palette, "intact", scale);
  answers.prepare(recording.answers.length / recording.steps);
  const scrub = byId<HTMLInputElement>("scrub");
  scrub.max = String(recording.steps - 1);
  byId("key-negative").hidden = recording.way !== "early";
  byId("key-warn").hidden = wrongs === null;
  showFigures();
  showBreakage();
  shownT = -1;
  stale = true;
}

/** What the switches have changed, in words. */
function showBreakage(): void {
  if (!recording || !intact || recording === intact) {
    note("break-note", "Nothing is broken: this is the network as it was converted.");
    return;
  }
  const parts: string[] = [];
  const label = (c: number) => about.labels[c] ?? String(c);
  const [is, was] = [bestAt(recording, recording.steps - 1), bestAt(intact, intact.steps - 1)];
  parts.push(is === was ? `Still ${label(is)}` : `${label(is)} instead of ${label(was)}`);
  parts.push(
    `after ${recording.steps} steps (intact: ${intact.steps}), ${count(recording.spikes)} spikes (${count(intact.spikes)}).`,
  );
  if (recording.unsettled !== null) {
    parts.push(
      recording.unsettled === 0
        ? silenced.length > 0
          ? "Every neuron has settled."
          : "Every neuron has settled: equal to the bit."
        : `${count(recording.unsettled)} neurons have not settled.`,
    );
  }
  if (recording.way !== "gated" && recording.way !== "early") {
    const from = agreesFrom(recording, was);
    parts.push(
      from === null
        ? "It has not come to the intact answer."
        : `The answer stays the intact one from step ${from + 1} on.`,
    );
    parts.push(`Its values are off by ${(100 * errorAgainst(recording, intact)).toPrecision(2)} %.`);
  }
  if (recording.way !== "gated") {
    const { neurons, spikes } = inactivated(recording, intact);
    parts.push(`${count(spikes)} spikes of ${count(neurons)} neurons that should be silent.`);
  }
  note("break-note", parts.join(" "));
}

/** Neurons that spike though their level in the intact network is 0, and their spikes. */
function inactivated(recorded: Recording, reference: Recording): { neurons: number; spikes: number } {
  let [neurons, spikes] = [0, 0];
  model.populations.forEach(({ kind, index }) => {
    if (kind === "input" || kind === "output") return;
    const { levels } = reference.trains[index];
    const seen = new Set<number>();
    for (const n of recorded.trains[index].neurons) {
      if (levels[n] !== 0) continue;
      spikes++;
      seen.add(n);
    }
    neurons += seen.size;
  });
  return { neurons, spikes };
}

const count = (value: number) => value.toLocaleString("en");

function showFigures(): void {
  if (!recording) return;
  const { synapticOperations, inputOperations } = recording;
  const ends = recording.way === "gated" || recording.way === "early";
  const rows: [string, string, string?][] = [[ends ? "Answer after" : "Run for", `${recording.steps} time steps`]];
  rows.push(["Spikes", count(recording.spikes)]);
  if (synapticOperations !== null) {
    const total = synapticOperations + (inputOperations ?? 0);
    const macs = about.macs === null ? "" : `the original makes ${short(about.macs)} multiply-accumulates`;
    rows.push(["Synaptic operations", short(total), macs]);
    if (about.macs !== null) {
      const [spiking, dense] = [total * ENERGY.add, about.macs * ENERGY.mac];
      rows.push([
        "Energy, an estimate",
        energyText(spiking),
        `original in floats: ${energyText(dense)}; arithmetic only`,
      ]);
    }
  }
  if (answer)
    rows.push(["Time per inference", timeText(answer.milliseconds), "period by period, measured in this tab"]);
  if (sizes) {
    const kb = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
    rows.push([
      "Bytes shipped",
      kb(sizes.core + sizes.model + sizes.page),
      `core ${kb(sizes.core)}, digits ${kb(sizes.model)}, page ${kb(sizes.page)}, gzipped`,
    ]);
  }
  byId("figures").replaceChildren(
    ...rows.map(([term, value, aside]) =>
      make(
        "div",
        {},
        make("dt", { textContent: term }),
        make("dd", { textContent: value }),
        ...(aside ? [make("dd", { className: "aside", textContent: aside })] : []),
      ),
    ),
  );
}

function note(id: string, text: string, wrong = false): void {
  const element = byId(id);
  element.textContent = text;
  element.classList.toggle("wrong", wrong);
}

let toastTimer = 0;
function toast(text: string): void {
  const element = byId("toast");
  element.textContent = text;
  element.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = window.setTimeout(() => {
    element.hidden = true;
  }, 4000);
}

// Models

/** Opens a model and sets the page up for it. */
async function open(key: string, source: string | Uint8Array): Promise<void> {
  const opened = await engine.ask("open", { source });
  modelKey = key;
  about = opened.about;
  if (key === "digits") byId<HTMLSelectElement>("model").value = key;
  file = new Uint8Array(opened.file);
  model = readModel(file);
  recording = null;
  intact = null;
  original = null;
  answer = null;
  close();
  silenced = silenced.filter(({ population, channel }) => {
    const info = model.populations[population];
    return info && canBeSilenced(info) && (channel === null || channel < info.channels);
  });
  if (!about.ways.includes(way)) way = "gated";
  const neurons = model.populations.reduce((sum, population) => sum + neuronsOf(population), 0);
  note(
    "network-note",
    neurons > MANY_NEURONS
      ? `${count(neurons)} neurons: wide populations show some of their channels, what is off screen is not drawn, and the raster adds up what falls on the same row.`
      : "",
  );
  const { range } = about.input;
  note(
    "stimulus-note",
    range
      ? `This model takes values ${range[0]}…${range[1]}, no pictures: samples are put in their place as they are.`
      : "",
  );
  if (!about.schedules && (delay === "exact" || delay === "close" || delay === "fast")) delay = "3";
  fillControls();
  arrange();
}

function fillControls(): void {
  fill(
    byId("way"),
    about.ways.map((each) => [each, WAY_WORDS[each]] as const),
    way,
  );
  const named = about.schedules
    ? (["exact", "close", "fast"] as const).map((name) => [name, `schedule: ${name}`] as const)
    : [];
  const uniform = Array.from({ length: about.phases - 1 }, (_, i) => [String(i + 1), `δ = ${i + 1}`] as const);
  fill(byId("delay"), [...named, ...uniform], delay);
  byId("delay-field").hidden = way !== "early";
  const choice = byId<HTMLSelectElement>("phases");
  const shipped = modelKey === "digits";
  fill(
    choice,
    shipped
      ? [3, 4, 5, 6, 7, 8].map((k) => [String(k), String(k)] as const)
      : [[String(about.phases), String(about.phases)]],
    String(about.phases),
  );
  choice.disabled = !shipped;
  choice.title = shipped ? "" : "Chosen when the model was converted";
  const bistable = model.populations.filter(canBeSilenced);
  fill(
    byId("silence-population"),
    bistable.map(({ index, name }) => [String(index), shortName(name)] as const),
    String(bistable[0]?.index ?? ""),
  );
  fillChannels();
  showSilenced();
}

function fillChannels(): void {
  const population = model.populations[Number(byId<HTMLSelectElement>("silence-population").value)];
  const channels = Array.from({ length: population?.channels ?? 0 }, (_, c) => [String(c), String(c)] as const);
  fill(byId("silence-channel"), [["all", "all"], ...channels], "all");
}

function showSilenced(): void {
  byId("silenced").replaceChildren(
    ...silenced.map((item) => {
      const name = shortName(model.populations[item.population].name);
      const what = item.channel === null ? name : `${name} ${item.channel}`;
      const chip = make("button", { type: "button", className: "small", textContent: `${what} ✕` });
      chip.setAttribute("aria-label", `Let ${what} speak again`);
      chip.addEventListener("click", () => {
        silenced = silenced.filter((other) => other !== item);
        changed();
      });
      return make("li", {}, chip);
    }),
  );
  byId<HTMLButtonElement>("mend").disabled = !broken() && phases === null;
}

/** The switches have changed: the same input again. */
async function changed(): Promise<void> {
  engage();
  byId("delay-field").hidden = way !== "early";
  byId<HTMLSelectElement>("way").value = way;
  byId<HTMLSelectElement>("delay").value = delay;
  showSilenced();
  await run(0);
  writeHash();
}

/** Phases are a matter of conversion: the page brings the digits model in six of them. */
async function choosePhases(next: number | null): Promise<void> {
  phases = next === 7 ? null : next;
  const kept = samples;
  await open("digits", phases === null ? "digits.bsnn.gguf" : `digits-${phases}.bsnn.gguf`);
  if (kept.length === neuronsOf(about.input)) setSamples(kept);
  else refit();
  await changed();
}

/**
 * Uses a file that was dropped or converted.
 * @throws Error where it is no model; the page then stays as it is
 */
async function useFile(name: string, bytes: Uint8Array): Promise<void> {
  engage();
  const key = name.replace(/\.bsnn\.gguf$|\.gguf$/i, "");
  const before = { phases, silenced, way };
  [phases, silenced, way] = [null, [], "gated"];
  try {
    await open(key, bytes);
  } catch (error) {
    ({ phases, silenced, way } = before);
    throw error;
  }
  const menu = byId<HTMLSelectElement>("model");
  for (const option of [...menu.options]) if (option.value === `file:${key}`) option.remove();
  menu.append(make("option", { value: `file:${key}`, textContent: key }));
  menu.value = `file:${key}`;
  files.set(`file:${key}`, bytes);
  if (samples.length === neuronsOf(about.input)) setSamples(samples);
  else refit();
  await run(0);
  toast(`${about.name || key}: ${model.populations.length} populations, ${about.latency} steps to an answer`);
}

const files = new Map<string, Uint8Array>();
/** The last picture shown, to be fitted to another model. */
let lastPicture: { data: Uint8Array; width: number; height: number; channels: number } | null = null;

/** Shows the model what was shown to the one before. */
function refit(): void {
  if (stimulus?.kind === "strokes") strokesToSamples();
  else if (lastPicture)
    setSamples(fitPicture(lastPicture.data, lastPicture.width, lastPicture.height, lastPicture.channels));
  else showSeed(stimulus?.digit ?? 3, stimulus?.seed ?? 3);
}

// The original network

const convertPanel = new ConvertPanel({
  use: (name, bytes) => void useFile(name, bytes).catch((error) => toast(error.message)),
  toast,
});
let comparing = false;

async function compareOriginal(): Promise<void> {
  if (!comparing || !recording) return;
  const shown = samples;
  try {
    const values = await convertPanel.original(modelKey, shown, about);
    if (shown !== samples) return;
    original = values && { name: "the original network, in floats", values };
    if (!values)
      note(
        "warning",
        "The original of this model is not at hand: only the digits model and those converted here have one.",
      );
  } catch (error) {
    note("warning", `The original could not be run: ${(error as Error).message}`, true);
  }
  stale = true;
}

// Inspector

async function inspect(neuron: Neuron): Promise<void> {
  selected = neuron;
  network.light(hovered, selected);
  openSheet("inspector");
  // Beside what it is about, not over it.
  const place = network.placeOf(neuron);
  const scroll = byId("network-scroll");
  const right = place !== null && place.x - scroll.scrollLeft > scroll.clientWidth / 2;
  byId("inspector").classList.toggle("left", right);
  stale = true;
  await retrace();
}

/** Opens a sheet beside the page, without taking the focus. */
function openSheet(id: string): void {
  byId<HTMLDialogElement>(id).open = true;
}

let trace: Awaited<ReturnType<typeof engine.ask<"trace">>> | null = null;

async function retrace(): Promise<void> {
  if (!selected || !recording) return;
  const shown = selected;
  byId("inspector-title").textContent = titleOf(model, shown);
  showKernels(model, shown, palette);
  showFormula(model, shown, recording);
  const { kind } = model.populations[shown.population];
  const drawn = kind !== "input" && (recording.way === "gated" || kind !== "synchronous");
  byId("trace").hidden = !drawn;
  if (!drawn) {
    trace = null;
    return;
  }
  try {
    const found = await engine.latest("trace", { ...runNow(), ...shown });
    if (shown === selected) trace = found;
  } catch (error) {
    if (!(error instanceof Superseded)) toast((error as Error).message);
  }
  stale = true;
}

function close(): void {
  selected = null;
  trace = null;
  byId<HTMLDialogElement>("inspector").close();
  network.light(hovered, null);
  stale = true;
}

// Frames

function arrange(): void {
  if (!model) return;
  const scroll = byId("network-scroll");
  const unit = Number.parseFloat(getComputedStyle(root).fontSize) / 15;
  network.arrange(model, scroll.clientWidth, Math.max(240, scroll.clientHeight - 2), unit);
  network.visible = () => ({
    left: scroll.scrollLeft,
    right: scroll.scrollLeft + scroll.clientWidth,
    top: 0,
    bottom: Number.POSITIVE_INFINITY,
  });
  pad.draw();
  present();
}

let lastFrame = 0;
let shownT = -1;

function frame(now: number): void {
  const seconds = (now - lastFrame) / 1000;
  lastFrame = now;
  if (player.advance(seconds)) stale = true;
  if (stale && recording && intact) {
    stale = false;
    const began = performance.now();
    draw(recording, intact);
    const took = performance.now() - began;
    shown.frames.count++;
    shown.frames.milliseconds += took;
    shown.frames.slowest = Math.max(shown.frames.slowest, took);
  }
  requestAnimationFrame(frame);
}

function draw(shown: Recording, reference: Recording): void {
  const { t } = player;
  const within = calm.matches ? 0 : player.within;
  const isBroken = shown !== reference;
  const levels = isBroken && shown.way !== "gated" ? reference.trains.map((train) => train.levels) : null;
  network.draw({ recording: shown, intact: levels, t, within, labels: about.labels }, palette);
  raster.move(t, within);
  if (isBroken) rasterIntact.move(Math.min(t, reference.steps - 1), within);
  if (trace && selected && byId<HTMLDialogElement>("inspector").open) {
    drawTrace(byId<HTMLCanvasElement>("trace"), trace, shown, selected.population, t, palette);
  }
  const classes = reference.answers.length / reference.steps;
  const ghost =
    original ??
    (isBroken
      ? { name: "the intact network", values: reference.answers.subarray((reference.steps - 1) * classes) }
      : null);
  answers.draw(shown, about, t, ghost);
  byId("ghost-note").hidden = !ghost;
  if (ghost) byId("ghost-name").textContent = ghost.name;
  if (t === shownT) return;
  shownT = t;
  follow(shown, t);
  byId<HTMLInputElement>("scrub").value = String(t);
  const { period, phase } = clock(t, shown.phases, shown.way === "phase" ? "phase" : model.coding);
  const words =
    shown.way === "early" || shown.way === "integrate-and-fire"
      ? `step ${t + 1} of ${shown.steps}`
      : `period ${period}, phase ${phase}`;
  byId("time").textContent = `t = ${t} / ${shown.steps - 1}`;
  byId("scrub").setAttribute("aria-valuetext", `step ${t} of ${shown.steps - 1}, ${words}`);
  byId("now").textContent = `${words} · ${count(spikesUntil(shown, t))} spikes so far`;
}

/** While a deep network plays, what fires is kept in sight, unless the visitor has scrolled elsewhere. */
function follow(shown: Recording, t: number): void {
  const scroll = byId("network-scroll");
  if (!player.playing || network.width <= scroll.clientWidth || performance.now() - scrolled < 3000) return;
  const firing = shown.windows.findIndex(({ begins, ends }) => t >= begins && t < ends);
  const box = network.boxOf(firing);
  if (!box) return;
  const [left, right] = [scroll.scrollLeft + 40, scroll.scrollLeft + scroll.clientWidth - 140];
  if (box.x >= left && box.x + box.width <= right) return;
  followed = Math.max(0, Math.round(box.x - scroll.clientWidth / 3));
  scroll.scrollTo({ left: followed, behavior: calm.matches ? "auto" : "smooth" });
}

/** When the visitor last scrolled the network. */
let scrolled = Number.NEGATIVE_INFINITY;
let followed = 0;

function showPlaying(): void {
  const button = byId("play");
  button.classList.toggle("playing", player.playing);
  button.setAttribute("aria-label", player.playing ? "Pause" : "Play");
}

function play(playing: boolean): void {
  if (playing !== player.playing) player.toggle();
  showPlaying();
  stale = true;
}

function seek(t: number): void {
  play(false);
  player.seek(t);
  stale = true;
  writeHash();
}

function periodStarts(): number[] {
  const starts: number[] = [];
  for (let m = 0; m * about.phases < player.steps + about.phases; m++)
    starts.push(stepOf(m, about.phases, model.coding));
  return starts;
}

// Address

let hashTimer = 0;
function writeHash(): void {
  clearTimeout(hashTimer);
  hashTimer = window.setTimeout(() => history.replaceState(null, "", `#${writeAddress(state())}`), 300);
}

function state(): State {
  return { model: modelKey, phases, way, delay, silenced, stimulus, t: player.playing ? null : player.t };
}

async function restore(from: State): Promise<void> {
  way = from.way;
  delay = from.delay;
  silenced = [...from.silenced];
  phases = from.phases !== null && from.phases >= 3 && from.phases !== 7 ? from.phases : null;
  await open("digits", phases === null ? "digits.bsnn.gguf" : `digits-${phases}.bsnn.gguf`);
  if (from.model !== "digits") toast(`The link is about the model '${from.model}': open its file to see it.`);
  if (from.stimulus?.kind === "strokes") {
    pad.strokes = from.stimulus.strokes;
    engage();
    strokesToSamples();
  } else if (from.stimulus) {
    engage();
    showSeed(from.stimulus.digit, from.stimulus.seed);
  } else {
    showSeed(3, 3);
  }
  await run(from.t ?? (calm.matches ? null : 0));
  player.onEnd = () => {
    if (!attracts) return false;
    const seed = (Math.random() * 2 ** 32) >>> 0;
    showSeed(seed % 10, seed);
    void run(0);
    return true;
  };
  play(from.t === null && !calm.matches);
}

// What the visitor does

function wire(): void {
  pad.onDraw = (ended) => {
    engage();
    strokesToSamples();
    // While drawing the answer is shown as it would end; after it time begins anew.
    if (!ended) {
      play(false);
      lastPicture = null;
    }
    void run(ended && !calm.matches ? 0 : null).then(() => {
      if (ended && !calm.matches) play(true);
      if (ended) writeHash();
    });
  };
  byId("clear").addEventListener("click", () => {
    engage();
    camera.stop();
    byId("camera").setAttribute("aria-pressed", "false");
    pad.strokes = [];
    lastPicture = null;
    strokesToSamples();
    play(false);
    void run(null);
  });
  for (let digit = 0; digit < 10; digit++) {
    const button = make("button", { type: "button", textContent: String(digit) });
    button.setAttribute("aria-label", `Show a ${digit}`);
    button.addEventListener("click", () => void sample(digit));
    byId("samples").append(button);
  }
  byId("pad").addEventListener("keydown", (event) => {
    if (/^[0-9]$/.test(event.key)) void sample(Number(event.key));
    if (event.key === "Delete" || event.key === "Backspace") byId("clear").click();
  });

  byId("way").addEventListener("change", ({ target }) => {
    way = (target as HTMLSelectElement).value as Way;
    void changed();
  });
  byId("delay").addEventListener("change", ({ target }) => {
    delay = (target as HTMLSelectElement).value;
    void changed();
  });
  byId("phases").addEventListener("change", ({ target }) => {
    void choosePhases(Number((target as HTMLSelectElement).value)).catch((error) =>
      note("break-note", error.message, true),
    );
  });
  byId("silence-population").addEventListener("change", fillChannels);
  byId("silence").addEventListener("click", () => {
    const population = Number(byId<HTMLSelectElement>("silence-population").value);
    const chosen = byId<HTMLSelectElement>("silence-channel").value;
    const channel = chosen === "all" ? null : Number(chosen);
    if (silenced.some((item) => item.population === population && (item.channel === channel || item.channel === null)))
      return;
    silenced = [
      ...silenced.filter((item) => channel !== null || item.population !== population),
      { population, channel },
    ];
    void changed();
  });
  byId("mend").addEventListener("click", () => {
    way = "gated";
    silenced = [];
    if (phases === null) void changed();
    else void choosePhases(null);
  });

  byId("play").addEventListener("click", () => play(!player.playing));
  byId("back").addEventListener("click", () => seek(player.t - 1));
  byId("forward").addEventListener("click", () => seek(player.t + 1));
  byId("period-back").addEventListener("click", () => seekPeriod(-1));
  byId("period-forward").addEventListener("click", () => seekPeriod(1));
  byId("scrub").addEventListener("input", ({ target }) => seek(Number((target as HTMLInputElement).value)));
  fill(
    byId("speed"),
    SPEEDS.map((speed) => [String(speed), `${speed}×`] as const),
    "1",
  );
  byId("speed").addEventListener("change", ({ target }) => {
    player.speed = Number((target as HTMLSelectElement).value);
  });
  addEventListener("keydown", onKey);
  addEventListener("hashchange", () => void restore(readAddress(location.hash)));
  for (const view of [raster, rasterIntact]) {
    const scrub = (event: PointerEvent) => seek(view.stepAt(event.offsetX));
    view.canvas.addEventListener("pointerdown", (event) => {
      view.canvas.setPointerCapture(event.pointerId);
      scrub(event);
    });
    view.canvas.addEventListener("pointermove", (event) => {
      if (view.canvas.hasPointerCapture(event.pointerId)) scrub(event);
    });
  }

  const canvas = network.canvas;
  canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    hovered = network.at(offsetX, offsetY);
    network.light(hovered, selected);
    canvas.title = hovered ? titleOf(model, hovered) : "";
    stale = true;
  });
  canvas.addEventListener("pointerleave", () => {
    hovered = null;
    network.light(null, selected);
    stale = true;
  });
  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    const found = network.at(offsetX, offsetY);
    if (found) void inspect(found);
    else close();
  });
  canvas.addEventListener("keydown", onNetworkKey);
  byId("inspector-close").addEventListener("click", close);

  byId("model").addEventListener("change", ({ target }) => {
    const { value } = target as HTMLSelectElement;
    const bytes = files.get(value);
    engage();
    if (bytes) void useFile(value.replace(/^file:/, ""), bytes);
    else
      void choosePhases(null)
        .then(refit)
        .then(() => run(0));
  });
  byId("file").addEventListener("change", ({ target }) => {
    const input = target as HTMLInputElement;
    void take([...(input.files ?? [])]);
    input.value = "";
  });
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    byId("drop").hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) byId("drop").hidden = true;
  });
  addEventListener("drop", (event) => {
    byId("drop").hidden = true;
    if (!event.dataTransfer) return;
    event.preventDefault();
    void take([...event.dataTransfer.files]);
  });
  byId("camera").addEventListener("click", () => void toggleCamera());
  byId("ann").addEventListener("click", ({ target }) => {
    comparing = !comparing;
    (target as HTMLElement).textContent = comparing
      ? "Without the original network"
      : "Compare with the original network";
    if (comparing) note("warning", "Loading onnxruntime, about 14 MB, from this site…");
    else {
      original = null;
      note("warning", "");
      stale = true;
    }
    void compareOriginal().then(() => {
      if (comparing && original) note("warning", "");
    });
  });

  byId("real-text").replaceChildren(...realText());
  byId("real-open").addEventListener("click", () => byId<HTMLDialogElement>("real").showModal());
  byId("save-open").addEventListener("click", () => byId<HTMLDialogElement>("save").showModal());
  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog")?.close());
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-save]")) {
    button.addEventListener("click", () => void save(button.dataset.save!));
  }
  byId("share").addEventListener("click", () => void share());
  byId("theme").addEventListener("click", () => setTheme(root.dataset.theme === "light" ? "dark" : "light", true));
  for (const id of ["network-scroll", "rasters"]) new ResizeObserver(arrange).observe(byId(id));
  for (const type of ["wheel", "pointerdown"] as const) {
    byId("network-scroll").addEventListener(
      type,
      () => {
        scrolled = performance.now();
      },
      { passive: true },
    );
  }
  byId("network-scroll").addEventListener("scroll", () => {
    network.touch();
    stale = true;
  });
}

async function sample(digit: number): Promise<void> {
  engage();
  lastPicture = null;
  showSeed(digit, (Math.random() * 2 ** 32) >>> 0);
  await run(calm.matches ? null : 0);
  play(!calm.matches);
  writeHash();
}

function seekPeriod(direction: 1 | -1): void {
  play(false);
  player.seekPeriod(periodStarts(), direction);
  stale = true;
  writeHash();
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (
    target.closest("input, select, textarea, dialog") ||
    (target === network.canvas && event.key.startsWith("Arrow") && !event.shiftKey)
  )
    return;
  if (event.key === " " && !target.closest("button, a")) play(!player.playing);
  else if (event.key === "ArrowLeft") event.shiftKey ? seekPeriod(-1) : seek(player.t - 1);
  else if (event.key === "ArrowRight") event.shiftKey ? seekPeriod(1) : seek(player.t + 1);
  else if (event.key === "Home") seek(0);
  else if (event.key === "End") seek(player.steps - 1);
  else if (event.key === "Escape" && selected) close();
  else return;
  event.preventDefault();
}

/** Arrows choose a neuron, brackets a channel, page keys a population. */
function onNetworkKey(event: KeyboardEvent): void {
  if (!recording || event.shiftKey) return;
  const last = model.populations.length - 1;
  const at = selected ?? { population: Math.min(1, last), neuron: strongest(recording, Math.min(1, last)) };
  const moves: Record<string, () => Neuron> = {
    Enter: () => at,
    ArrowLeft: () => neighbour(model, at, -1, 0, 0),
    ArrowRight: () => neighbour(model, at, 1, 0, 0),
    ArrowUp: () => neighbour(model, at, 0, -1, 0),
    ArrowDown: () => neighbour(model, at, 0, 1, 0),
    "[": () => neighbour(model, at, 0, 0, -1),
    "]": () => neighbour(model, at, 0, 0, 1),
    PageUp: () => other(Math.max(0, at.population - 1)),
    PageDown: () => other(Math.min(last, at.population + 1)),
  };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  event.stopPropagation();
  void inspect(move());
}

function other(population: number): Neuron {
  return { population, neuron: strongest(recording!, population) };
}

/** Takes files: an ONNX model with images, a model file, or a picture to show. */
async function take(given: readonly File[]): Promise<void> {
  engage();
  try {
    const onnx = given.find(({ name }) => /\.onnx$/i.test(name));
    const gguf = given.find(({ name }) => /\.gguf$/i.test(name));
    const pictures = given.filter((each) => each !== onnx && each !== gguf);
    if (onnx) {
      note("stimulus-note", "");
      await convertPanel.open(onnx, pictures);
    } else if (gguf) await openFile(gguf);
    else if (pictures.length > 0) await showPicture(pictures[0]);
  } catch (error) {
    note("stimulus-note", (error as Error).message, true);
  }
}

/** @throws Error that names the file where it is no model */
async function openFile(file: File): Promise<void> {
  note("stimulus-note", `Opening ${file.name}…`);
  try {
    await useFile(file.name, new Uint8Array(await file.arrayBuffer()));
  } catch (error) {
    throw new Error(`${file.name}: ${(error as Error).message}`);
  }
  note("stimulus-note", "");
}

async function showPicture(picture: File): Promise<void> {
  const bitmap = await createImageBitmap(picture).catch(() => {
    throw new Error(`${picture.name} is not an image that this browser can read.`);
  });
  const data = rgbOf(bitmap);
  note("stimulus-note", picture.name);
  await showPixels(data);
}

async function showPixels(
  { data, width, height }: { data: Uint8Array; width: number; height: number },
  from: number | null = 0,
): Promise<void> {
  lastPicture = { data, width, height, channels: 3 };
  stimulus = null;
  pad.show(data, { width, height, channels: 3 });
  setSamples(fitPicture(data, width, height, 3));
  await run(calm.matches ? null : from);
  if (from === 0) play(!calm.matches);
}

async function toggleCamera(): Promise<void> {
  const button = byId("camera");
  if (camera.running) {
    camera.stop();
    button.setAttribute("aria-pressed", "false");
    return;
  }
  try {
    engage();
    play(false);
    await camera.start((picture) => showPixels(picture, null));
    button.setAttribute("aria-pressed", "true");
    note("stimulus-note", "A dark digit on light paper works best. Pictures stay in this tab.");
  } catch (error) {
    note("stimulus-note", `No camera: ${(error as Error).message}`, true);
  }
}

async function save(what: string): Promise<void> {
  byId<HTMLDialogElement>("save").close();
  if (!recording) return;
  const name = modelKey;
  const text = (content: string, type: string) => new Blob([content], { type });
  if (what === "network-png") download(`${name}-t${player.t}.png`, await canvasPng(network.canvas, palette.css.panel));
  if (what === "raster-png") download(`${name}-raster.png`, await canvasPng(raster.canvas, palette.css.panel));
  if (what === "raster-svg")
    download(`${name}-raster.svg`, text(rasterSvg(recording, model, palette), "image/svg+xml"));
  if (what === "spikes-csv") download(`${name}-spikes.csv`, text(spikesCsv(recording, model), "text/csv"));
  if (what === "spikes-npz")
    download(`${name}-spikes.npz`, new Blob([spikesNpz(recording) as Uint8Array<ArrayBuffer>]));
  if (what === "model") download(`${name}.bsnn.gguf`, new Blob([file]));
}

async function share(): Promise<void> {
  clearTimeout(hashTimer);
  history.replaceState(null, "", `#${writeAddress(state())}`);
  const kept = stimulus === null ? " The picture itself is not in it." : "";
  try {
    await navigator.clipboard.writeText(location.href);
    toast(`The link to this state is on the clipboard.${kept}`);
  } catch {
    toast(`The address above is the link to this state.${kept}`);
  }
}

function setTheme(theme: string, keep: boolean): void {
  root.dataset.theme = theme;
  palette = readPalette(root);
  try {
    if (keep) localStorage.setItem("theme", theme);
  } catch {
    // Some browsers forbid storage; the theme then lasts as long as the page.
  }
  present();
}

function wantedTheme(): string {
  try {
    const kept = localStorage.getItem("theme");
    if (kept === "dark" || kept === "light") return kept;
  } catch {
    // As above.
  }
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

// The tour

const depthStart = (depth: number) => {
  const info = model.populations.find((population) => population.depth === depth && population.kind !== "input");
  return info && recording ? recording.windows[info.index].begins : 0;
};

function begin(t: number, speed?: number): void {
  player.seek(t);
  if (speed) {
    player.speed = speed;
    byId<HTMLSelectElement>("speed").value = String(speed);
  }
  play(speed !== undefined && !calm.matches);
}

const guide: Guide = {
  begin: async (digit) => {
    engage();
    if (modelKey !== "digits" || phases !== null) await choosePhases(null);
    way = "gated";
    silenced = [];
    showSeed(digit, 40 + digit);
    await changed();
  },
  fire: async (next, firing) => {
    way = next as Way;
    if (firing) delay = about.schedules || !/[a-z]/.test(firing) ? firing : "3";
    await changed();
  },
  has: (each) => about.ways.includes(each as Way),
  seek: (share, speed) => begin(Math.floor(share * (player.steps - 1)), speed),
  seekDepth: (depth, speed) => begin(Math.max(0, depthStart(depth) - (depth > 1 ? 3 : 0)), speed),
  inspect: (depth, kind = "bistable") => {
    const info = model.populations.find((population) => population.depth === depth && population.kind === kind);
    if (info && recording) void inspect({ population: info.index, neuron: strongest(recording, info.index) });
  },
  inspectPooled: () => {
    const pooled = model.projections.find(({ pool }) => pool?.kind === "max");
    if (pooled && recording) void inspect({ population: pooled.target, neuron: strongest(recording, pooled.target) });
    return pooled !== undefined;
  },
  close,
  leave: () => {
    close();
    player.speed = 1;
    byId<HTMLSelectElement>("speed").value = "1";
  },
};

// For scripts, and for tests: what is shown, to be read.

const shown = {
  get samples() {
    return samples;
  },
  get recording() {
    return recording;
  },
  get intact() {
    return intact;
  },
  /** What period mode answers. */
  get answer() {
    return answer;
  },
  get original() {
    return original;
  },
  get t() {
    return player.t;
  },
  /** Whether recording and answer are those of the samples and switches as they stand. */
  get settled() {
    return finished === runs;
  },
  /** Frames drawn, and the time that drawing them took, ms. */
  frames: { count: 0, milliseconds: 0, slowest: 0 },
};
Object.assign(globalThis, { lab: shown });

// Begin

async function start(): Promise<void> {
  setTheme(wantedTheme(), false);
  wire();
  new Tour(guide);
  requestAnimationFrame(frame);
  try {
    await restore(readAddress(location.hash));
    root.dataset.ready = "true";
    sizes = await fetch(new URL("./sizes.json", import.meta.url)).then((response) =>
      response.ok ? response.json() : null,
    );
    showFigures();
  } catch (error) {
    note("warning", `The network could not be started: ${(error as Error).message}`, true);
  }
  if ("serviceWorker" in navigator && location.protocol.startsWith("http")) {
    if (navigator.serviceWorker.controller) {
      navigator.serviceWorker.addEventListener("controllerchange", () =>
        toast("There is a newer version of this page: reload to see it."),
      );
    }
    navigator.serviceWorker.register(new URL("./offline.js", import.meta.url)).catch(() => {
      // Without it the page works, but not offline.
    });
  }
}

void start();
