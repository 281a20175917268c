/**
 * An HTTP service that classifies images, for workers on an edge network.
 *
 *   POST /classify?top=5&mode=period&spikes=1   a PNG, a JPEG or raw samples → the best classes, or the outputs
 *   GET  /model                                 what the model is and takes
 */

import type { Classification, InputInfo, Mode, Network, Output } from "bsnn";
import { drain, json, Refusal } from "./http.ts";
import { currentNetwork, discardNetwork, type Env } from "./model.ts";
import { readSamples } from "./samples.ts";

interface Question {
  readonly top: number;
  readonly mode: Mode;
  readonly spikes: boolean;
}

function readQuestion({ searchParams }: URL): Question {
  const top = searchParams.get("top") ?? "1";
  if (!/^[1-9]\d{0,4}$/.test(top)) throw new Refusal(400, `top is '${top}', expected a number from 1`);
  const mode = searchParams.get("mode") ?? "period";
  if (mode !== "period" && mode !== "step") throw new Refusal(400, `mode is '${mode}', expected period or step`);
  const spikes = searchParams.get("spikes") ?? "0";
  if (spikes !== "0" && spikes !== "1") throw new Refusal(400, `spikes is '${spikes}', expected 0 or 1`);
  return { top: Number(top), mode, spikes: spikes === "1" };
}

function bestOf(top: readonly Classification[]): object {
  const [{ index, label, value }] = top;
  return { index, label, value, top };
}

function outputJson({ name, shape, values }: Output): object {
  return { name, shape, values: Array.from(values) };
}

/** Most synapses of a model that is simulated step by step, which takes many times as long as period by period. */
const MAX_STEP_SYNAPSES = 2 ** 26;

/** @throws Refusal 400 where a question takes more time than a request may */
function checkCost({ mode }: Question, { projections }: Network): void {
  if (mode !== "step") return;
  const synapses = projections.reduce((sum, projection) => sum + projection.synapses, 0);
  if (synapses <= MAX_STEP_SYNAPSES) return;
  throw new Refusal(400, `mode=step is for models of ${MAX_STEP_SYNAPSES} synapses at most; this one has ${synapses}`);
}

/** Runs the network. Whatever it throws leaves its core in doubt, so that a fresh one takes over. */
function answer(network: Network, samples: Uint8Array, { top, mode, spikes }: Question): unknown {
  try {
    const { classifier, labels, latency: steps } = network;
    const found = classifier
      ? bestOf(network.classify(samples, { top: Math.min(top, labels.length || top), mode }))
      : { outputs: network.run(samples, { mode }).outputs.map(outputJson) };
    return { ...found, steps, ...(spikes && { activity: network.activity() }) };
  } catch (error) {
    discardNetwork();
    throw error;
  }
}

async function classify(request: Request, url: URL, env: Env): Promise<Response> {
  const question = readQuestion(url);
  const network = await currentNetwork(env);
  checkCost(question, network);
  const samples = await readSamples(request, network);
  return json(answer(network, samples, question));
}

async function describe(env: Env): Promise<Response> {
  const { name, input, inputs, labels, phases, latency, build } = await currentNetwork(env);
  const several = inputs.length > 1 && { inputs: inputs.map(({ preprocessing: _, ...one }) => withShape(one)) };
  return json({ name, input: withShape(input), ...several, labels, phases, steps: latency, build });
}

const withShape = ({ height, width, channels, ...rest }: InputInfo) => ({ ...rest, shape: [height, width, channels] });

/** Headers that let pages of another origin ask, where the service is set up for it. */
function corsHeaders({ CORS_ORIGIN }: Env): Record<string, string> {
  if (!CORS_ORIGIN) return {};
  return { "access-control-allow-origin": CORS_ORIGIN, ...(CORS_ORIGIN === "*" ? {} : { vary: "origin" }) };
}

/** What a browser asks before a page's request. */
function preflight(env: Env): Response {
  const headers = {
    ...corsHeaders(env),
    "access-control-allow-methods": "GET, HEAD, POST",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "86400",
  };
  return new Response(null, { status: 204, headers });
}

async function route(request: Request, env: Env): Promise<Response> {
  const url = new URL(request.url);
  const requireMethod = (...allowed: string[]): void => {
    if (allowed.includes(request.method)) return;
    const allow = allowed.join(", ");
    throw new Refusal(405, `${url.pathname} takes ${allow}, not ${request.method}`, { allow });
  };
  if (request.method === "OPTIONS" && env.CORS_ORIGIN) return preflight(env);
  switch (url.pathname) {
    case "/classify":
      requireMethod("POST");
      return classify(request, url, env);
    case "/model":
      requireMethod("GET", "HEAD");
      return describe(env);
    default:
      throw new Refusal(404, `no ${url.pathname} here: POST /classify, GET /model`);
  }
}

async function respond(request: Request, env: Env): Promise<Response> {
  try {
    return await route(request, env);
  } catch (error) {
    if (error instanceof Refusal) return json({ error: error.message }, error.status, error.headers);
    console.error(error); // for the log; a client is told no more than that it was not its fault
    return json({ error: "the service failed" }, 500);
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const response = await respond(request, env);
    if (!response.ok) await drain(request);
    for (const [name, value] of Object.entries(corsHeaders(env))) response.headers.set(name, value);
    return response;
  },
};
