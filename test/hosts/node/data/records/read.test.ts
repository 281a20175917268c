/** Published data sets are read where they lie. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { suite } from "uvu";
import { readImageFolder } from "../../../../../hosts/node/data/dataset.ts";
import { itemsOf, readData } from "../../../../../hosts/node/data/inputs.ts";
import { readRecords } from "../../../../../hosts/node/data/records/read.ts";
import { InputError } from "../../../../../hosts/node/report/failure.ts";
import { cifarFile, cifarPixels, idxFile, smallCifar10, tarGz } from "../../../../support/files/cifar.ts";

const root = mkdtempSync(join(tmpdir(), "bsnn-"));
const put = (name: string, bytes: string | Uint8Array): string => {
  const path = join(root, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, bytes);
  return path;
};
const test = suite("records");
test.after(() => rmSync(root, { recursive: true }));

test("a CIFAR-10 archive: its training images in the order of its files, its test images, its names", async () => {
  const path = put("cifar-10-binary.tar.gz", smallCifar10());
  const train = (await readRecords(path, "train"))!;
  assert.deepEqual([...train.labels!], [2, 0, 1, 0]);
  assert.deepEqual(train.names, ["ant", "bee", "cat"]);
  for (const i of [0, 1, 2, 3]) assert.deepEqual(train.pixels(i), cifarPixels(i));
  const found = (await readRecords(path, "test"))!;
  assert.deepEqual([...found.labels!], [1, 2]);
  assert.deepEqual(found.pixels(1), cifarPixels(11));
});

test("a CIFAR-100 archive: the fine label is the class", async () => {
  const archive = tarGz({
    "train.bin": cifarFile([[9, 1]]),
    "test.bin": cifarFile([
      [4, 0],
      [5, 1],
    ]),
    "fine_label_names.txt": "a\nb\n",
  });
  const found = (await readRecords(put("cifar-100-binary.tar.gz", archive), "test"))!;
  assert.deepEqual([...found.labels!], [0, 1]);
  assert.deepEqual(found.pixels(0), cifarPixels(0));
});

test("a folder of such files, and a file alone", async () => {
  put("ten/test_batch.bin", cifarFile([[3]]));
  put("ten/data_batch_1.bin", cifarFile([[4], [5]]));
  assert.deepEqual([...(await readRecords(join(root, "ten"), "test"))!.labels!], [3]);
  assert.deepEqual([...(await readRecords(join(root, "ten"), "train"))!.labels!], [4, 5]);
  assert.deepEqual([...(await readRecords(join(root, "ten/data_batch_1.bin"), "test"))!.labels!], [4, 5]);
  const named = put(
    "some.bin",
    cifarFile([
      [0, 7],
      [0, 8],
    ]),
  );
  assert.deepEqual([...(await readRecords(named, "test"))!.labels!], [7, 8], "two labels a record, told by the length");
});

for (const packed of [false, true]) {
  test(`MNIST's files, ${packed ? "packed" : "unpacked"}: images with the labels beside them`, async () => {
    const pack = (bytes: Uint8Array) => (packed ? gzipSync(bytes) : bytes);
    const end = packed ? ".gz" : "";
    const folder = `mnist${end}`;
    const images = Uint8Array.from({ length: 3 * 2 * 4 }, (_, i) => i * 9);
    const path = put(`${folder}/t10k-images-idx3-ubyte${end}`, pack(idxFile([3, 2, 4], images)));
    assert.equal((await readRecords(path, "test"))!.labels, null);
    put(`${folder}/t10k-labels-idx1-ubyte${end}`, pack(idxFile([3], Uint8Array.of(7, 0, 9))));
    put(`${folder}/train-images-idx3-ubyte${end}`, pack(idxFile([1, 2, 4], images.subarray(0, 8))));
    for (const where of [path, join(root, folder)]) {
      const found = (await readRecords(where, "test"))!;
      assert.deepEqual([found.count, found.height, found.width, found.channels], [3, 2, 4, 1]);
      assert.deepEqual([...found.labels!], [7, 0, 9]);
      assert.deepEqual(found.pixels(1), images.slice(8, 16));
    }
    assert.equal((await readRecords(join(root, folder), "train"))!.count, 1);
  });
}

test("files that state any number of empty images are refused", async () => {
  for (const shape of [
    [0xffffffff, 0, 5],
    [0, 28, 28],
    [3, 28, 0],
  ]) {
    const path = put(`none${shape}/t10k-images-idx3-ubyte`, idxFile(shape, new Uint8Array()));
    await assert.rejects(readRecords(path, "test"), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, new RegExp(`t10k-images-idx3-ubyte: .* ${shape.join("×")}, which holds nothing`));
      return true;
    });
  }
});

test("images become samples for a network: as they are, grey, or resized", async () => {
  const data = await readData(put("a/cifar-10-binary.tar.gz", smallCifar10()), "test");
  const rgb = { height: 32, width: 32, channels: 3, real: null };
  const items = itemsOf(data, "model", rgb);
  assert.deepEqual(
    items.map(({ name, label }) => [name, label]),
    [0, 1].map((i) => [`${join(root, "a/cifar-10-binary.tar.gz")}[${i}]`, i + 1]),
  );
  assert.deepEqual(await items[0].read(), cifarPixels(10));
  const [grey] = itemsOf(data, "model", { ...rgb, channels: 1 });
  const [r, g, b] = cifarPixels(10);
  assert.equal((await grey.read())[0], (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16);
  assert.equal((await itemsOf(data, "model", { ...rgb, height: 8, width: 8 })[0].read()).length, 8 * 8 * 3);
});

test("folders of images are what they were", async () => {
  put("images/cat/1.png", "");
  assert.equal(await readRecords(join(root, "images"), "test"), null);
  assert.deepEqual(await readData(join(root, "images"), "test"), await readImageFolder(join(root, "images")));
});

test("what is broken is refused with its name", async () => {
  const whole = cifarFile([[1], [2]]);
  const labels = idxFile([2], Uint8Array.of(1, 2));
  const images = idxFile([3, 1, 1], Uint8Array.of(1, 2, 3));
  put("few/t10k-labels-idx1-ubyte", labels);
  for (const [path, message] of [
    [put("test_batch.bin", whole.subarray(0, 4000)), /test_batch\.bin: has 4000 bytes.*records of 3073/],
    [put("empty.bin", ""), /has 0 bytes/],
    [put("cut.tar.gz", smallCifar10().subarray(0, 900)), /cut\.tar\.gz: is a broken gzip file/],
    [put("other.tar.gz", tarGz({ "a.txt": "a" })), /holds no test images of CIFAR-10/],
    [
      put("odd.tar.gz", tarGz({ "test_batch.bin": cifarFile([[5]]), "batches.meta.txt": "a\nb\n" })),
      /holds class 5, though it names 2/,
    ],
    [
      put("part.tar.gz", tarGz({ "test_batch.bin": whole.subarray(1) })),
      /part\.tar\.gz: test_batch\.bin: has 6145 bytes/,
    ],
    [put("x-images-idx3-ubyte", "abcd"), /begins with 61626364/],
    [put("y-images-idx3-ubyte", images.subarray(0, 17)), /holds 1 values, its header states 3×1×1/],
    [put("few/t10k-images-idx3-ubyte", images), /holds 2 labels for 3 images/],
    [put("few/t10k-labels-idx1-ubyte", labels), /holds labels; name the file of images/],
    [join(root, "missing.bin"), /missing\.bin: no such file/],
  ] as const) {
    await assert.rejects(
      () => readRecords(path, "test"),
      (error) =>
        error instanceof InputError &&
        message.test(error.message) &&
        error.message.includes(path.slice(0, path.lastIndexOf("/"))),
      String(message),
    );
  }
});

test("an archive with a damaged header, without its end, or with a file twice is refused", async () => {
  const whole = gunzipSync(smallCifar10());
  const name = whole.indexOf("data_batch_2.bin");
  const damaged = Buffer.from(whole);
  damaged[name + 11] = "7".charCodeAt(0);
  const end =
    whole.length -
    whole
      .subarray()
      .toReversed()
      .findIndex((byte) => byte !== 0);
  const cut = whole.subarray(0, Math.ceil(end / 512) * 512);
  const twice = gunzipSync(tarGz({ "data_batch_1.bin": cifarFile([[1]]), "other/data_batch_1.bin": cifarFile([[2]]) }));
  const cases: [Buffer, RegExp][] = [
    [damaged, /no whole tar archive \(Invalid tar header checksum\)/],
    [cut, /no whole tar archive \(.*\); it may be cut off/],
    [whole.subarray(0, name + 700), /no whole tar archive/],
    [twice, /holds 'data_batch_1\.bin' twice/],
    [Buffer.alloc(0), /no whole tar archive|no training images/],
  ];
  for (const [bytes, message] of cases) {
    for (const [file, content] of [
      ["odd.tar", bytes],
      ["odd.tar.gz", gzipSync(bytes)],
    ] as const) {
      await assert.rejects(readRecords(put(file, content), "train"), (error) => {
        assert.ok(error instanceof InputError, String(error));
        assert.match(error.message, message);
        return true;
      });
    }
  }
});

test("links, folders and devices of an archive are no files of it, whatever they are called", async () => {
  const whole = gunzipSync(smallCifar10());
  const at = whole.indexOf("folder/data_batch_2.bin");
  for (const type of "12346") {
    const linked = Buffer.from(whole);
    linked.write(type, at + 156, "latin1");
    let sum = 0;
    for (let k = 0; k < 512; k++) sum += k >= 148 && k < 156 ? 32 : linked[at + k];
    linked.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
    const read = readRecords(put("links.tar", linked), "train");
    const labels = await read.then(
      (records) => [...records!.labels!],
      (error) => {
        assert.ok(error instanceof InputError, String(error));
        return null;
      },
    );
    if (labels) assert.deepEqual(labels, [2, 0], "those of the other file");
  }
});

test("records that can be of either kind are refused, unless their name tells", async () => {
  const either = new Uint8Array(3073 * 3074);
  await assert.rejects(
    readRecords(put("either.bin", either), "test"),
    /can be 3074 records of 3073 bytes or 3073 records/,
  );
  assert.equal((await readRecords(put("test_batch.bin", either), "test"))!.count, 3074);
});

test("a few packed bytes that hold millions of images, or one of billions of pixels, are refused in little memory", async () => {
  const many = put("many-images-idx3-ubyte.gz", gzipSync(idxFile([2 ** 22, 1, 1], new Uint8Array(2 ** 22))));
  await assert.rejects(readData(many, "test"), /holds more than 2097152 inputs/);
  const large = put("large-images-idx3-ubyte.gz", gzipSync(idxFile([1, 2 ** 13, 2 ** 14], new Uint8Array(2 ** 27))));
  await assert.rejects(readData(large, "test"), /images of 16384×8192 pixels; 67108864 are supported/);
});

test.run();
