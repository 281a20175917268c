/**
 * Loads the services for edge workers (on workerd) and for Deno, and prints what valid requests waited and what the server took:
 *
 *   npm run service -- [edge|deno]… [--minutes 10 | --seconds S] [--clients 100] [--pause MS]
 *
 * It fails where a valid answer is wrong, a request is lost, a connection ends, or a server logs a failure.
 */

import { parseArgs } from "node:util";
import { loadService, postsFor, type ServiceReport } from "../support/hosts/service-load.ts";
import { digitFiles, SERVICES } from "../support/hosts/services.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string" },
    seconds: { type: "string" },
    clients: { type: "string" },
    pause: { type: "string" },
  },
});
const seconds = Number(values.seconds ?? 60 * Number(values.minutes ?? 10));
const clients = Number(values.clients ?? 100);
const pauseMs = Number(values.pause ?? 1000);
const names = (positionals.length > 0 ? positionals : Object.keys(SERVICES)) as (keyof typeof SERVICES)[];
if (names.some((name) => !(name in SERVICES)) || !(seconds > 0) || !(clients > 0) || !(pauseMs >= 0)) {
  console.error("usage: npm run service -- [edge|deno]… [--minutes M | --seconds S] [--clients N] [--pause MS]");
  process.exit(2);
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed();

function tell(name: string, report: ServiceReport, log: string): boolean {
  const { made, wrong, waited, memory, lostConnections } = report;
  const total = Object.values(made).reduce((sum, n) => sum + n, 0);
  const kinds = Object.entries(made).map(([kind, n]) => `${n} ${kind}`);
  const [p50, p95, p99, longest] = waited.map((ms) => ms.toFixed());
  const [early, late, most] = memory.map(megabytes);
  console.log(`${name}: ${total} requests of ${clients} clients in ${report.seconds.toFixed()} s: ${kinds.join(", ")}`);
  console.log(`  valid ones waited ${p50}, ${p95}, ${p99} ms (50, 95, 99 of 100), ${longest} at most`);
  console.log(
    `  memory of the server ${megabytes(report.idleMemory)} MB idle, ${early} early, ${late} in the end, ${most} at most; ` +
      `${megabytes(report.fileMemory)} of the end are pages of the runtime's own files`,
  );
  console.log(
    `  ${lostConnections} connections lost, ${report.idleConnections} ended while idle (${report.retried} requests sent ` +
      `once more); ${report.comeAgain} hostile images told to come again`,
  );
  console.log(`  wrong: ${JSON.stringify(wrong)}; log: ${JSON.stringify(log.slice(0, 400))}`);
  return lostConnections === 0 && Object.keys(wrong).length === 0 && log === "";
}

const digits = await digitFiles();
for (const name of names) {
  const service = await SERVICES[name]();
  try {
    const posts = await postsFor(digits, service.maxBody);
    const report = await loadService(service, posts, { clients, seconds, pauseMs });
    const answers = await fetch(service.address, {
      method: "POST",
      body: digits[7].png as BodyInit,
      headers: { "content-type": "image/png" },
    });
    const well = tell(service.name, report, service.log()) && service.answerOf(await answers.text()) === "7";
    if (!well) process.exitCode = 1;
  } finally {
    await service.stop();
  }
}
