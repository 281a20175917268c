/** The services under a short load of every kind (`npm run service` loads them for minutes): answers right, nothing lost, nothing logged. */

import assert from "node:assert/strict";
import { suite } from "uvu";
import { available } from "../support/hosts/available.ts";
import { processes } from "../support/hosts/processes.ts";
import { loadService, postsFor } from "../support/hosts/service-load.ts";
import { digitFiles, SERVICES } from "../support/hosts/services.ts";
import { workerd } from "../support/hosts/workerd.ts";

const test = suite("services under load");
const SECONDS = 5;

const runtimes = { edge: workerd, deno: processes.find(({ name }) => name === "deno")! };
for (const [name, runtime] of Object.entries(runtimes)) {
  if (!(await available(runtime))) continue;
  test(`${name}: valid requests are answered in time beside all that can go wrong`, async () => {
    const service = await SERVICES[name as keyof typeof SERVICES]();
    try {
      const digits = await digitFiles();
      const posts = await postsFor(digits, service.maxBody);
      const { made, wrong, waited, own, idle, lostConnections } = await loadService(service, posts, {
        clients: 20,
        seconds: SECONDS,
        pauseMs: 1000,
      });
      assert.deepEqual(wrong, {});
      assert.equal(lostConnections, 0);
      for (const [kind, count] of Object.entries(made)) assert.ok(count > 0, `no ${kind} request was made`);
      const [, p95] = waited;
      assert.ok(p95 < 1000, `${p95.toFixed()} ms`);
      const growth = (own.most - idle) / 1e6;
      assert.ok(growth < 128, `${growth.toFixed()} MB more than idle`);
      assert.equal(service.log(), "");

      const post = (body: Uint8Array): Promise<Response> =>
        fetch(service.address, { method: "POST", body: body as BodyInit, headers: { "content-type": "image/png" } });
      const right = await post(digits[7].png);
      assert.equal(service.answerOf(await right.text()), "7");
      for (const response of [right, await post(new Uint8Array(service.maxBody + 1)), await fetch(service.address)]) {
        assert.equal(response.headers.get("x-content-type-options"), "nosniff", String(response.status));
        assert.equal(response.headers.get("access-control-allow-origin"), null);
      }
    } finally {
      await service.stop();
    }
  });
}

test.run();
