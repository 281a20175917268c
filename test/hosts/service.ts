/**
 * Loads the services for edge workers (on workerd) and for Deno, and prints what valid requests waited and what the server took, beside
 * an empty service of the same runtime under the same load for the same time:
 *
 *   npm run service -- [edge|deno]… [--minutes 10 | --seconds S] [--clients 100] [--pause MS] [--kinds valid,slow…] [--empty SECONDS]
 *
 * It fails where a valid answer is wrong, a request is lost, a connection ends, a server logs a failure, or waits and memory go beyond the
 * limits below. Of kinds that are left out valid requests are made, so that what makes memory grow can be found.
 */

import { parseArgs } from "node:util";
import {
  type Course,
  KINDS,
  type Kind,
  loadService,
  postsFor,
  type ServiceReport,
} from "../support/hosts/service-load.ts";
import { digitFiles, SERVICES } from "../support/hosts/services.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string" },
    seconds: { type: "string" },
    clients: { type: "string" },
    pause: { type: "string" },
    kinds: { type: "string" },
    empty: { type: "string" },
  },
});
const seconds = Number(values.seconds ?? 60 * Number(values.minutes ?? 10));
const clients = Number(values.clients ?? 100);
const pauseMs = Number(values.pause ?? 1000);
const kinds = (values.kinds?.split(",") ?? KINDS) as readonly Kind[];
/** How long the empty service is loaded. */
const emptySeconds = Number(values.empty ?? seconds);
const names = (positionals.length > 0 ? positionals : Object.keys(SERVICES)) as (keyof typeof SERVICES)[];
const areKnown = names.every((name) => name in SERVICES) && kinds.every((kind) => KINDS.includes(kind));
if (!areKnown || !(seconds > 0 && clients > 0 && pauseMs >= 0 && emptySeconds >= 0)) {
  console.error(
    "usage: npm run service -- [edge|deno]… [--minutes M | --seconds S] [--clients N] [--pause MS] " +
      `[--kinds ${KINDS.join(",")}] [--empty SECONDS]`,
  );
  process.exit(2);
}

/**
 * Most memory of an isolate, which is what platforms bound (at 128 MB), and of a process, most of which is the runtime's own; and what may
 * come to it between the middle and the end: of the process beside what comes to the empty one, and without garbage, since how much of that
 * an engine lets pile up follows the load. (bytes)
 */
const LIMITS = { isolate: { most: 64e6, growth: 6e6 }, process: { most: 160e6, growth: 12e6 } };
/** Longest that a valid request may wait, ms. */
const LONGEST_WAIT = 1000;

const megabytes = (bytes: number) => (bytes / 1e6).toFixed();
const course = ({ early, middle, late, most }: Course) =>
  `${[early, middle, late].map(megabytes).join(", ")} MB (early, in the middle, in the end), ${megabytes(most)} at most`;

const grown = ({ middle, late }: { readonly middle: number; readonly late: number }) => late - middle;
/** What came to a process, of what is no garbage where that can be told. */
const grownProcess = ({ left, own }: ServiceReport) => grown(left ?? own);

/** What is wrong with the waits and the memory of a service. */
function* excesses(report: ServiceReport, empty: ServiceReport | null): Generator<string> {
  const { own, heap, linear, waited } = report;
  const isolate = { middle: heap.middle + linear.middle, late: heap.late + linear.late, most: heap.most + linear.most };
  const seen = {
    process: { most: own.most, growth: grownProcess(report) - Math.max(0, empty ? grownProcess(empty) : 0) },
    isolate: { most: isolate.most, growth: grown(isolate) },
  };
  for (const [what, { most, growth }] of Object.entries(seen)) {
    const limits = LIMITS[what as keyof typeof LIMITS];
    if (most > limits.most) yield `the ${what} took ${megabytes(most)} MB, ${megabytes(limits.most)} are allowed`;
    if (growth <= limits.growth) continue;
    yield `the ${what} grew by ${megabytes(growth)} MB, ${megabytes(limits.growth)} are allowed`;
  }
  const [, , , longest] = waited;
  if (longest > LONGEST_WAIT) yield `a valid request waited ${longest.toFixed()} ms, ${LONGEST_WAIT} are allowed`;
}

function tell(name: string, report: ServiceReport, empty: ServiceReport | null, log: string): boolean {
  const { made, wrong, waited, heap, linear, files, lostConnections } = report;
  const total = Object.values(made).reduce((sum, n) => sum + n, 0);
  const kinds = Object.entries(made).map(([kind, n]) => `${n} ${kind}`);
  const [p50, p95, p99, longest] = waited.map((ms) => ms.toFixed());
  console.log(`${name}: ${total} requests of ${clients} clients in ${report.seconds.toFixed()} s: ${kinds.join(", ")}`);
  console.log(`  valid ones waited ${p50}, ${p95}, ${p99} ms (50, 95, 99 of 100), ${longest} at most`);
  console.log(`  memory of the process, without ${megabytes(files)} MB of the runtime's own files:`);
  const after = ({ left }: ServiceReport) =>
    left ? `; without garbage ${megabytes(left.middle)}, ${megabytes(left.late)} MB (in the middle, in the end)` : "";
  const all = (one: ServiceReport) => `${megabytes(one.idle)} MB idle; ${course(one.own)}${after(one)}`;
  console.log(`    ${all(report)}`);
  if (empty) console.log(`    an empty service, ${empty.seconds.toFixed()} s: ${all(empty)}`);
  console.log("  of it the isolate's, of JavaScript what collecting garbage leaves and the most before it:");
  console.log(`    JavaScript ${course(heap)}`);
  console.log(`    WebAssembly's linear memories ${course(linear)}`);
  console.log(
    `  ${lostConnections} connections lost, ${report.idleConnections} ended while idle (${report.retried} requests sent ` +
      `once more); ${report.comeAgain} hostile images told to come again`,
  );
  const beyond = [...excesses(report, empty)];
  console.log(`  wrong: ${JSON.stringify(wrong)}; log: ${JSON.stringify(log.slice(0, 400))}`);
  for (const excess of beyond) console.log(`  ${excess}`);
  return lostConnections === 0 && Object.keys(wrong).length === 0 && log === "" && beyond.length === 0;
}

const digits = await digitFiles();

/** Loads the empty service of a runtime. */
async function loadEmpty(name: keyof typeof SERVICES): Promise<ServiceReport | null> {
  if (emptySeconds === 0) return null;
  const service = await SERVICES[name](true);
  try {
    const posts = await postsFor(digits, service.maxBody);
    return await loadService(service, posts, { clients, seconds: emptySeconds, pauseMs, kinds, isEmpty: true });
  } finally {
    await service.stop();
  }
}

for (const name of names) {
  const empty = await loadEmpty(name);
  const service = await SERVICES[name]();
  try {
    const posts = await postsFor(digits, service.maxBody);
    const report = await loadService(service, posts, { clients, seconds, pauseMs, kinds });
    const answers = await fetch(service.address, {
      method: "POST",
      body: digits[7].png as BodyInit,
      headers: { "content-type": "image/png" },
    });
    const well = tell(service.name, report, empty, service.log()) && service.answerOf(await answers.text()) === "7";
    if (!well) process.exitCode = 1;
  } finally {
    await service.stop();
  }
}
