/** The edge service on workerd: answers, refusals, limits, and what it takes to run. */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import { load as loadModel } from "../../../bindings/node.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, projection } from "../../reference/build.ts";
import { assertContains } from "../../support/contains.ts";
import { convertSeveral } from "../../support/convert/several.ts";
import { encodeJpeg } from "../../support/files/jpeg.ts";
import { type GreyScan, greyJpeg } from "../../support/files/jpeg-parts.ts";
import { encodePng } from "../../support/files/png.ts";
import { available } from "../../support/hosts/available.ts";
import { type Bundle, bundleService, type Service, type Storage, startService } from "../../support/hosts/edge.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { checkJson } from "../../support/hosts/json-table.ts";
import { type Load, load } from "../../support/hosts/load.ts";
import { useOf } from "../../support/hosts/process-use.ts";
import { TWO_OUTPUTS_SAMPLES, twoOutputs } from "../../support/hosts/two-outputs.ts";
import { workerd } from "../../support/hosts/workerd.ts";
import { subjects } from "../../support/hosts/works.ts";
import golden from "../golden.json" with { type: "json" };

const MODEL = join(PROJECT, "models/digits.bsnn.gguf");
const samples = await readFile(join(PROJECT, "test/hosts/digits.raw"));
const seven = await readFile(join(PROJECT, "models/seven.png"));

/** The digits that digits.raw holds, in order. */
const pixels = (digit: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(samples.subarray(784 * digit, 784 * (digit + 1)));
const png = (digit: number): Uint8Array<ArrayBuffer> => new Uint8Array(encodePng(28, 28, "grey", [...pixels(digit)]));

/** A grey JPEG of 16×12 pixels. */
const JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAMABABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAYH/8QAGhAAAQUBAAAAAAAAAAAAAAAAAAQUFlJiof/aAAgBAQAAPwCbjeOCN44amwT0DBPQ/9k=",
  "base64",
);

const test = suite("edge");

if (await available(workerd)) {
  let bundle: Bundle;
  let service: Service;
  const started: Service[] = [];
  const start = async (storage: Storage, model: string | null, bindings = {}): Promise<Service> => {
    const one = await startService(bundle, storage, model, bindings);
    started.push(one);
    return one;
  };

  test.before(async () => {
    bundle = await bundleService();
    service = await start("assets", MODEL);
  });
  test.after(async () => {
    for (const one of started) await one.stop();
    await bundle?.remove();
  });

  const ask = (path: string, body: BodyInit | null, type: string | null, method = "POST"): Promise<Response> =>
    fetch(new URL(path, service.address), {
      method,
      body,
      headers: type === null ? {} : { "content-type": type },
      signal: AbortSignal.timeout(30_000),
    });
  const classify = (body: BodyInit, type: string, question = ""): Promise<Response> =>
    ask(`/classify${question}`, body, type);

  /** Asserts a refusal: its status, and words of its message. */
  const refuses = async (response: Response, status: number, words: string): Promise<void> => {
    const body = await response.text();
    assert.equal(response.status, status, body);
    assertContains(JSON.parse(body).error, words);
  };

  test("a PNG, a JPEG or raw samples get the best classes as JSON", async () => {
    for (let digit = 0; digit < 10; digit++) {
      for (const response of [
        await classify(png(digit), "image/png"),
        await classify(pixels(digit), "application/octet-stream"),
      ]) {
        assert.equal(response.status, 200);
        assertContains(response.headers.get("content-type") ?? "", "application/json");
        const { index, label, value, steps, top, activity } = (await response.json()) as Record<string, unknown>;
        assert.deepEqual([index, label, steps, activity], [digit, String(digit), 50, undefined]);
        assert.deepEqual(top, [{ index, label, value }]);
      }
    }
    assert.equal((await classify(JPEG, "image/jpeg")).status, 200);
  });

  test("the question says how many classes, which mode, and whether to count spikes", async () => {
    const period = await (await classify(seven, "image/png", "?top=3&spikes=1&mode=period")).json();
    const step = await (await classify(seven, "image/png", "?top=3&spikes=1&mode=step")).json();
    assert.deepEqual(step, period, "both modes give the same");
    const { top, activity } = period as { top: { value: number }[]; activity: Record<string, number> };
    assert.equal(top.length, 3);
    assert.ok(top[0].value >= top[1].value && top[1].value >= top[2].value);
    assert.ok(activity.spikes > 0 && activity.synapticOperations > activity.spikes);
    await refuses(await classify(seven, "image/png", "?top=0"), 400, "top is '0'");
    await refuses(await classify(seven, "image/png", "?mode=fast"), 400, "mode is 'fast'");
  });

  test("the model is described", async () => {
    const response = await ask("/model", null, null, "GET");
    const { name, input, labels, steps } = (await response.json()) as Record<string, unknown>;
    assert.deepEqual([name, steps, (labels as string[]).length], ["digits", 50, 10]);
    assert.deepEqual(input, { shape: [28, 28, 1], coding: "current", signed: false, fit: "stretch" });
  });

  test("a model that is no classifier is answered with its outputs, and all JSON has the keys of the table", async () => {
    const path = join(bundle.folder, "two.bsnn.gguf");
    const file = twoOutputs({ range: [-1, 1] });
    await writeFile(path, file);
    const other = await start("kv", path);
    const send = { method: "POST", body: TWO_OUTPUTS_SAMPLES, headers: { "content-type": "application/octet-stream" } };
    const answer = (await (await fetch(new URL("/classify", other.address), send)).json()) as { outputs: object[] };
    const network = await loadModel(file);
    assert.deepEqual(
      answer.outputs,
      network.run(TWO_OUTPUTS_SAMPLES).outputs.map(({ name, shape, values }) => ({
        name,
        shape,
        values: [...values],
      })),
    );
    const counted = await (await classify(seven, "image/png", "?spikes=1")).json();
    checkJson("/classify", answer, counted, await (await classify("", "text/plain")).json());
    const described = await (await fetch(new URL("/model", other.address))).json();
    const images = await (await ask("/model", null, null, "GET")).json();
    const several = await (await fetch(new URL("/model", (await startSeveral()).address))).json();
    checkJson("/model", described, images, several, await (await ask("/model", "x", "text/plain", "DELETE")).json());
  });

  /** The service with a model of several inputs. */
  const startSeveral = async (): Promise<Service> => {
    const { file, ann } = await convertSeveral();
    await ann.dispose();
    const path = join(bundle.folder, "several.bsnn.gguf");
    await writeFile(path, file);
    return start("kv", path);
  };

  test("a model of several inputs is described, and takes them one after the other", async () => {
    const { address } = await startSeveral();
    const { inputs } = (await (await fetch(new URL("/model", address))).json()) as { inputs: object[] };
    const image = { coding: "current", signed: false, fit: "stretch" };
    assert.deepEqual(inputs, [
      { name: "scene", shape: [6, 6, 3], ...image },
      { name: "detail", shape: [4, 3, 1], ...image },
      { name: "state", shape: [1, 1, 10], coding: "current", signed: true, range: [-1, 2] },
    ]);
    const post = (body: Uint8Array<ArrayBuffer>, type: string) =>
      fetch(new URL("/classify", address), { method: "POST", body, headers: { "content-type": type } });
    const given = Uint8Array.from({ length: 130 }, (_, k) => (37 * k) % 256);
    const network = await loadModel(await readFile(join(bundle.folder, "several.bsnn.gguf")));
    const [{ index, value }] = network.classify(given);
    network.dispose();
    const answer = (await (await post(given, "application/octet-stream")).json()) as object;
    assert.deepEqual({ ...answer, index, value }, answer);
    await refuses(
      await post(given.subarray(1), "application/octet-stream"),
      422,
      "129 bytes; the model takes 6×6×3 + 4×3×1 + 1×1×10 = 130 samples",
    );
    await refuses(await post(new Uint8Array(seven), "image/png"), 415, "takes 3 inputs, and an image is one");
  });

  test("unknown paths and wrong methods are refused", async () => {
    await refuses(await ask("/", null, null, "GET"), 404, "POST /classify");
    await refuses(await ask("/digits.bsnn.gguf", null, null, "GET"), 404, "no /digits.bsnn.gguf here");
    const get = await ask("/classify", null, null, "GET");
    assert.equal(get.headers.get("allow"), "POST");
    await refuses(get, 405, "takes POST, not GET");
    await refuses(await ask("/model", "x", "text/plain", "DELETE"), 405, "takes GET, HEAD, not DELETE");
  });

  test("content types that are no image are refused, and images that are not what they are said to be", async () => {
    await refuses(await classify("hello", "text/plain"), 415, "content type 'text/plain'");
    await refuses(await ask("/classify", new Uint8Array([1]), null), 415, "no content type");
    await refuses(await classify("GIF89a..........", "image/png"), 415, "GIF");
  });

  test("bodies that are too long are refused, whatever they say of their length", async () => {
    const long = new Uint8Array(2 ** 20 + 1);
    await refuses(await classify(long, "application/octet-stream"), 413, "longer than 1048576 bytes");
    let chunks = 17; // of 64 KiB: just above what is allowed
    const unannounced = new ReadableStream({
      pull(controller) {
        if (chunks-- > 0) controller.enqueue(new Uint8Array(2 ** 16));
        else controller.close();
      },
    });
    const chunked = { method: "POST", body: unannounced, duplex: "half", headers: { "content-type": "image/png" } };
    await refuses(await fetch(new URL("/classify", service.address), chunked as RequestInit), 413, "longer than");
  });

  test("images with too many pixels, or none, are refused before they are decoded", async () => {
    for (const [width, height] of [
      [100_000, 100_000],
      [725, 724],
      [0, 28],
    ]) {
      const bomb = Buffer.from(png(3));
      bomb.writeUInt32BE(width, 16);
      bomb.writeUInt32BE(height, 20);
      await refuses(await classify(bomb, "image/png"), 413, `${width}×${height} pixels`);
    }
    const jpeg = Buffer.from(JPEG);
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    jpeg.writeUInt16BE(65535, frame + 5);
    jpeg.writeUInt16BE(65535, frame + 7);
    await refuses(await classify(jpeg, "image/jpeg"), 413, "65535×65535 pixels");
  });

  test("broken images and the wrong number of samples are refused", async () => {
    await refuses(await classify(png(3).subarray(0, 100), "image/png"), 422, "truncated or corrupt");
    await refuses(await classify(JPEG.subarray(0, JPEG.length - 20), "image/jpeg"), 422, "cannot be decoded");
    await refuses(await classify(new Uint8Array(783), "application/octet-stream"), 422, "28×28×1 = 784 samples");
    await refuses(await classify(new Uint8Array(), "image/png"), 415, "empty");
  });

  test("a connection outlives refusals, and a client that goes away", async () => {
    const { port, hostname } = service.address;
    const socket = connect(Number(port), hostname);
    const heard: Buffer[] = [];
    socket.on("data", (chunk) => heard.push(chunk));
    const answers = async (count: number): Promise<string[]> => {
      for (let waited = 0; waited < 10_000; waited += 10) {
        const found =
          Buffer.concat(heard)
            .toString("latin1")
            .match(/HTTP\/1\.1 \d+/g) ?? [];
        if (found.length >= count) return found.map((line) => line.slice(9));
        if (socket.destroyed) break;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return assert.fail(`the connection ended after ${Buffer.concat(heard).toString("latin1")}`);
    };
    const send = (path: string, type: string, body: Uint8Array) => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`,
      );
      socket.write(body);
    };
    const large = new Uint8Array(3 * 2 ** 20);
    for (const [path, type, body] of [
      ["/classify", "image/png", large],
      ["/classify", "text/plain", large],
      ["/nowhere", "image/png", large],
      ["/classify?top=0", "image/png", large],
      ["/classify", "image/png", new Uint8Array(10)],
      ["/classify", "image/png", seven],
    ] as const) {
      send(path, type, body);
    }
    assert.deepEqual(await answers(6), ["413", "415", "404", "400", "415", "200"]);
    socket.destroy();
    const gone = connect(Number(port), hostname);
    gone.write("POST /classify HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: 1000\r\n\r\nabc");
    await new Promise((resolve) => setTimeout(resolve, 50));
    gone.destroy();
    assert.equal((await classify(seven, "image/png")).status, 200);
  });

  test("answers are what they say they are, and for pages of the origin that is set, no other", async () => {
    const closed = await classify(seven, "image/png");
    assert.equal(closed.headers.get("x-content-type-options"), "nosniff");
    assert.equal(closed.headers.get("access-control-allow-origin"), null);
    await refuses(await ask("/classify", null, null, "OPTIONS"), 405, "takes POST");
    const open = await start("assets", MODEL, { CORS_ORIGIN: "https://example.org" });
    const asked = await fetch(new URL("/classify", open.address), { method: "OPTIONS" });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get("access-control-allow-origin"), "https://example.org");
    assert.equal(asked.headers.get("access-control-allow-headers"), "content-type");
    for (const path of ["/model", "/nowhere"]) {
      const response = await fetch(new URL(path, open.address));
      assert.equal(response.headers.get("access-control-allow-origin"), "https://example.org", path);
      assert.equal(response.headers.get("vary"), "origin");
    }
  });

  test("every time step of a model is simulated only where that takes no longer than a request may", async () => {
    const map: [number, number, number] = [64, 64, 64];
    const weights = (count: number) => Int8Array.from({ length: count }, (_, i) => (i % 3) - 1);
    const window = { region: [0, 0, 64, 64] as const, kernel: [3, 3] as const, offset: [1, 1] as const };
    const large = writeModel(
      network(
        4,
        [
          population("input", [64, 64, 1], 0),
          population("bistable", map, 1, { shift: Array(64).fill(3), initial: Array(64).fill(4) }),
          population("bistable", map, 2, { shift: Array(64).fill(5), initial: Array(64).fill(16) }),
          population("output", [1, 1, 2], 3),
        ],
        [
          { ...window, source: 0, target: 1, sourceChannels: [0, 1], targetChannels: [0, 64], weight: weights(576) },
          { ...window, source: 1, target: 2, sourceChannels: [0, 64], targetChannels: [0, 64], weight: weights(36864) },
          {
            source: 2,
            target: 3,
            sourceChannels: [0, 64],
            targetChannels: [0, 2],
            region: [0, 0, 1, 1],
            kernel: [64, 64],
            weight: weights(64 * 64 * 128),
          } as const,
        ].map((synapses) => projection(synapses as Parameters<typeof projection>[0])),
      ),
    );
    const path = join(bundle.folder, "large.bsnn.gguf");
    await writeFile(path, large);
    const other = await start("kv", path);
    const send = (mode: string) =>
      fetch(new URL(`/classify?mode=${mode}`, other.address), {
        method: "POST",
        body: new Uint8Array(64 * 64),
        headers: { "content-type": "application/octet-stream" },
      });
    await refuses(await send("step"), 400, "mode=step is for models of 67108864 synapses at most; this one has 15");
    assert.equal((await send("period")).status, 200);
  });

  test("while hostile images are sent others are answered within a second, in no more memory", async () => {
    const data = Array<number>(1025).fill(0);
    const scan: GreyScan = { first: 0, last: 0, high: 0, low: 0, data };
    const hostile: [Uint8Array<ArrayBuffer>, string, number][] = [
      [greyJpeg(0xc2, 724, 724, [{ ...scan, data: [0] }]), "image/jpeg", 422],
      [greyJpeg(0xc2, 724, 724, Array<GreyScan>(120).fill(scan)), "image/jpeg", 422],
      [new Uint8Array(encodePng(1, 2 ** 19, "grey", new Uint8Array(2 ** 19))), "image/png", 200],
    ];
    const before = (await useOf(service.pid)).memory;
    for (const [body, type, status] of hostile) {
      for (let i = 0; i < 10; i++) {
        const begin = performance.now();
        const slow = classify(body, type);
        const valid = await classify(seven, "image/png");
        assert.equal(((await valid.json()) as { label: string }).label, "7");
        assert.equal((await slow).status, status);
        const milliseconds = performance.now() - begin;
        assert.ok(i === 0 || milliseconds < 1000, `${milliseconds.toFixed()} ms`);
      }
    }
    const growth = ((await useOf(service.pid)).memory - before) / 1e6;
    assert.ok(growth < 128, `${growth.toFixed()} MB more`);
  });

  test("after hundreds of refusals it still answers, in no more memory", async () => {
    const { pid } = service;
    const noise = encodePng(
      300,
      300,
      "grey",
      Array.from({ length: 90_000 }, (_, i) => (i * 7919) % 251),
    );
    const broken = noise.map((byte, i) => (i > 200 && i % 37 === 0 ? byte ^ 0x55 : byte));
    const round = () =>
      load(
        300,
        4,
        () => classify(new Uint8Array(broken), "image/png"),
        () => null,
      );
    await round();
    const before = (await useOf(pid)).memory;
    const { lost } = await round();
    assert.deepEqual(lost, { "status 422": 300 });
    const growth = ((await useOf(pid)).memory - before) / 2 ** 20;
    assert.ok(growth < 64, `memory grew by ${growth.toFixed()} MiB`);
    assert.equal((await classify(seven, "image/png")).status, 200);
  });

  test("models come from KV and R2 as well, and a missing one is told as the service's fault, until it is there", async () => {
    for (const storage of ["kv", "r2"] as const) {
      const other = await start(storage, MODEL);
      const response = await fetch(new URL("/classify", other.address), {
        method: "POST",
        body: seven,
        headers: { "content-type": "image/png" },
      });
      assert.equal(((await response.json()) as { label: string }).label, "7", storage);
    }
    const empty = await start("assets", null);
    await refuses(await fetch(new URL("/model", empty.address)), 500, "the service failed");
  });

  test("worker, binding, core and decoders stay below 350 kB compressed, and would be deployed", () => {
    assertContains(bundle.report, "--dry-run: exiting now");
    assert.ok(bundle.compressed <= 350_000, `${bundle.compressed} bytes`);
  });

  test("under load nothing is lost and memory stays flat", async () => {
    const requests = Array.from({ length: 10 }, (_, digit) => png(digit));
    const send = (i: number) => classify(requests[i % 10], "image/png");
    const check = (i: number, body: string) => (JSON.parse(body).index === i % 10 ? null : `wrong: ${body}`);
    /** The least memory seen while 2000 requests are answered: what is left after collecting garbage, of which there is little. */
    const round = async (): Promise<{ result: Load; floor: number }> => {
      let floor = Number.POSITIVE_INFINITY;
      let asking = false;
      const watch = async (i: number): Promise<Response> => {
        // The inspector hangs up on whom it talks to when another comes.
        if (i % 25 === 0 && !asking) {
          asking = true;
          const { used } = await service.heap().finally(() => {
            asking = false;
          });
          floor = Math.min(floor, used);
        }
        return send(i);
      };
      return { result: await load(2000, 8, watch, check), floor };
    };
    const first = await round();
    const before = await useOf(service.pid);
    const result = await load(2000, 8, send, check);
    const after = await useOf(service.pid);
    const last = await round();
    for (const { lost } of [first.result, result, last.result]) assert.deepEqual(lost, {});
    assert.equal(result.answered, 2000);
    const growth = (last.floor - first.floor) / 2 ** 20;
    assert.ok(growth < 4, `the isolate's memory grew by ${growth.toFixed(1)} MiB`);
    const cpu = (after.cpuMs - before.cpuMs) / 2000;
    const { total } = await service.heap();
    const { requestsPerSecond, p50, p95, p99 } = result;
    process.stderr.write(
      `edge, digits: ${requestsPerSecond.toFixed()} requests/s, latency ${[p50, p95, p99].map((ms) => ms.toFixed(1)).join(", ")} ms ` +
        `(50, 95, 99 %), ${cpu.toFixed(2)} ms of processor time each, isolate ${(total / 2 ** 20).toFixed()} MiB, ` +
        `of which at least ${(last.floor / 2 ** 20).toFixed(1)} in use (${growth.toFixed(1)} more than before)\n`,
    );
  });

  test("the largest images of every kind keep it below 64 MB", async () => {
    const fresh = await start("assets", MODEL);
    const before = (await useOf(fresh.pid)).memory;
    const ask = async (body: BodyInit, type: string): Promise<void> => {
      const answer = await fetch(new URL("/classify", fresh.address), {
        method: "POST",
        body,
        headers: { "content-type": type },
      });
      assert.equal(answer.status, 200, await answer.text());
    };
    const [width, height] = [1024, 512];
    const colours = Array.from({ length: width * height * 4 }, (_, i) => (i >> 12) % 251);
    const png = new Uint8Array(encodePng(width, height, "rgba", colours, 16));
    const jpeg = await encodeJpeg(width, height, Uint8ClampedArray.from(colours));
    for (let i = 0; i < 5; i++) {
      await ask(png, "image/png");
      await ask(jpeg, "image/jpeg");
      await ask(pixels(i), "application/octet-stream");
    }
    const megabytes = ((await useOf(fresh.pid)).memory - before) / 1e6;
    process.stderr.write(`edge: ${megabytes.toFixed()} MB more than an idle worker after the largest images\n`);
    assert.ok(megabytes < 64, `${megabytes.toFixed()} MB`);
  });

  test("one CIFAR image takes well under 10 ms of processor time", async () => {
    const [resnet] = await subjects(["resnet20"], (text) => process.stderr.write(`${text}\n`));
    if (resnet === undefined) return;
    const file = await readFile(resnet.model.path);
    assert.ok(file.length <= 320_000, `the model file has ${file.length} bytes`);
    const { address, pid } = await start("kv", resnet.model.path);
    const images = new Uint8Array(await readFile(resnet.inputs.path));
    const size = images.length / resnet.inputs.count;
    const image = (i: number) =>
      images.subarray(size * (i % resnet.inputs.count), size * ((i % resnet.inputs.count) + 1));
    const headers = { "content-type": "application/octet-stream" };
    const request = (i: number) => fetch(new URL("/classify", address), { method: "POST", body: image(i), headers });
    const round = (total: number) => load(total, 1, request, () => null);
    await round(100);
    const before = await useOf(pid);
    const { lost } = await round(200);
    assert.deepEqual(lost, {});
    const cpu = ((await useOf(pid)).cpuMs - before.cpuMs) / 200;
    process.stderr.write(`edge, resnet20: ${cpu.toFixed(2)} ms of processor time per request\n`);
    assert.ok(cpu > 0 && cpu < 10, `${cpu.toFixed(2)} ms`);
  });
}

test("the digits that requests are made of are those of the golden file", () => {
  assert.equal(samples.length, 784 * golden.digits.count);
});

test.run();
