/**
 * Loads the services for edge workers (on workerd) and for Deno, and prints what valid requests waited and what the server took, beside
 * an empty service of the same runtime under the same load:
 *
 *   npm run service -- [edge|deno]… [--minutes 10 | --seconds S] [--clients 100] [--pause MS] [--empty SECONDS]
 *
 * It fails where a valid answer is wrong, a request is lost, a connection ends, a server logs a failure, or its memory goes beyond the
 * limits below.
 */

import { parseArgs } from "node:util";
import { type Course, loadService, postsFor, type ServiceReport } from "../support/hosts/service-load.ts";
import { digitFiles, SERVICES } from "../support/hosts/services.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string" },
    seconds: { type: "string" },
    clients: { type: "string" },
    pause: { type: "string" },
    empty: { type: "string" },
  },
});
const seconds = Number(values.seconds ?? 60 * Number(values.minutes ?? 10));
const clients = Number(values.clients ?? 100);
const pauseMs = Number(values.pause ?? 1000);
/** How long the empty service is loaded. */
const emptySeconds = Number(values.empty ?? Math.min(seconds, 300));
const names = (positionals.length > 0 ? positionals : Object.keys(SERVICES)) as (keyof typeof SERVICES)[];
if (names.some((name) => !(name in SERVICES)) || !(seconds > 0 && clients > 0 && pauseMs >= 0 && emptySeconds >= 0)) {
  console.error(
    "usage: npm run service -- [edge|deno]… [--minutes M | --seconds S] [--clients N] [--pause MS] [--empty SECONDS]",
  );
  process.exit(2);
}

/**
 * Most memory of an isolate, which is what platforms bound (at 128 MB), and of a process, most of which is the runtime's own; and what may
 * come to it between the middle and the end. (bytes)
 */
const LIMITS = { isolate: { most: 64e6, growth: 6e6 }, process: { most: 160e6, growth: 12e6 } };

const megabytes = (bytes: number) => (bytes / 1e6).toFixed();
const course = ({ early, middle, late, most }: Course) =>
  `${[early, middle, late].map(megabytes).join(", ")} MB (early, in the middle, in the end), ${megabytes(most)} at most`;

/** What is wrong with the memory of a service. */
function* excesses({ own, heap, linear }: ServiceReport): Generator<string> {
  const isolate = { middle: heap.middle + linear.middle, late: heap.late + linear.late, most: heap.most + linear.most };
  for (const [what, seen] of Object.entries({ process: own, isolate })) {
    const { most, growth } = LIMITS[what as keyof typeof LIMITS];
    if (seen.most > most) yield `the ${what} took ${megabytes(seen.most)} MB, ${megabytes(most)} are allowed`;
    const grown = seen.late - seen.middle;
    if (grown > growth) yield `the ${what} grew by ${megabytes(grown)} MB, ${megabytes(growth)} are allowed`;
  }
}

function tell(name: string, report: ServiceReport, empty: ServiceReport | null, log: string): boolean {
  const { made, wrong, waited, own, idle, heap, linear, files, lostConnections } = report;
  const total = Object.values(made).reduce((sum, n) => sum + n, 0);
  const kinds = Object.entries(made).map(([kind, n]) => `${n} ${kind}`);
  const [p50, p95, p99, longest] = waited.map((ms) => ms.toFixed());
  console.log(`${name}: ${total} requests of ${clients} clients in ${report.seconds.toFixed()} s: ${kinds.join(", ")}`);
  console.log(`  valid ones waited ${p50}, ${p95}, ${p99} ms (50, 95, 99 of 100), ${longest} at most`);
  console.log(`  memory of the process, without ${megabytes(files)} MB of the runtime's own files:`);
  console.log(`    ${megabytes(idle)} MB idle; ${course(own)}`);
  if (empty) console.log(`    an empty service: ${megabytes(empty.idle)} MB idle; ${course(empty.own)}`);
  console.log("  of it the isolate's, of JavaScript what collecting garbage leaves and the most before it:");
  console.log(`    JavaScript ${course(heap)}`);
  console.log(`    WebAssembly's linear memories ${course(linear)}`);
  console.log(
    `  ${lostConnections} connections lost, ${report.idleConnections} ended while idle (${report.retried} requests sent ` +
      `once more); ${report.comeAgain} hostile images told to come again`,
  );
  const beyond = [...excesses(report)];
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
    return await loadService(service, posts, { clients, seconds: emptySeconds, pauseMs, isEmpty: true });
  } finally {
    await service.stop();
  }
}

for (const name of names) {
  const empty = await loadEmpty(name);
  const service = await SERVICES[name]();
  try {
    const posts = await postsFor(digits, service.maxBody);
    const report = await loadService(service, posts, { clients, seconds, pauseMs });
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
