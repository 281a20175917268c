/** Files that break a rule of docs/format.md, each its own: all are refused as `bad-model`, and the message says where. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { load } from "../../../bindings/node.ts";
import type { QuantizedNetwork, QuantizedPopulation, QuantizedProjection } from "../../../convert/network/network.ts";
import { stateChecksum } from "../../../convert/write/checksum.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, projection } from "../../reference/build.ts";
import { elementSize, TensorType, ValueType } from "../../reference/container.ts";
import { type LooseScalar, ModelFile } from "../../support/core/edit.ts";
import { sample } from "../../support/core/sample.ts";

const valid = writeModel(sample);

async function refuses(bytes: Uint8Array, mentions: RegExp): Promise<void> {
  let message = "";
  try {
    (await load(bytes)).dispose();
  } catch (error) {
    assert.equal((error as { code?: string }).code, "bad-model", `code of: ${error}`);
    message = (error as Error).message;
  }
  assert.ok(message !== "", "the file was loaded");
  assert.ok(mentions.test(message), `${mentions} is not in the message: ${message}`);
}

async function accepts(bytes: Uint8Array): Promise<void> {
  (await load(bytes)).dispose();
}

/** A rule, and an edit of a valid file that breaks it and no other. */
function rule(title: string, mentions: RegExp, edit: (file: ModelFile) => void): void {
  test(`refused: ${title}`, async () => {
    const file = new ModelFile(valid);
    edit(file);
    await refuses(file.bytes(), mentions);
  });
}

/** The same with a network to write: where tensors depend on what is broken. */
function networkRule(title: string, mentions: RegExp, parts: QuantizedNetwork): void {
  test(`refused: ${title}`, () => refuses(writeModel(parts), mentions));
}

/** The sample with some projections changed. */
const withProjection = (changes: Record<number, Partial<QuantizedProjection>>): QuantizedNetwork => ({
  ...sample,
  projections: sample.projections.map((given, j) => ({ ...given, ...changes[j] })),
});

const withPopulation = (changes: Record<number, Partial<QuantizedPopulation>>): QuantizedNetwork => ({
  ...sample,
  populations: sample.populations.map((given, i) => ({ ...given, ...changes[i] })),
});

/** A pattern that is the text, not a regular expression. */
const literally = (text: string) => new RegExp(text.replaceAll(/[.[\]*]/g, "\\$&"));

test("the sample itself is accepted, as written and as put together by this test", async () => {
  await accepts(valid);
  await accepts(new ModelFile(valid).bytes());
  const file = new ModelFile(valid);
  file.add("somebody.elses.key", "i16", [1, 2, 3]);
  file.add("somebody.elses.count", "u8", 3);
  await accepts(file.bytes());
  for (const alignment of [8, 16, 64, 4096]) {
    file.alignment = alignment;
    file.set("general.alignment", alignment);
    file.layOut();
    await accepts(file.bytes());
  }
  file.remove("general.alignment");
  file.alignment = 32;
  file.layOut();
  await accepts(file.bytes());
});

// The container

rule("a foreign magic", /GGUF/, (file) => {
  const bytes = file.bytes();
  bytes[3] = 0x4d;
  file.bytes = () => bytes;
});
for (const version of [1, 2, 4]) {
  rule(`container version ${version}`, /version/i, (file) => {
    file.version = version;
  });
}
rule("another architecture", /general\.architecture/, (file) => file.set("general.architecture", "llama"));
for (const alignment of [0, 1, 4, 24, 8192]) {
  rule(`alignment ${alignment}`, /general\.alignment/, (file) => file.set("general.alignment", alignment));
}
rule("a tensor count beyond the file", /tensor/i, (file) => {
  const bytes = file.bytes();
  new DataView(bytes.buffer).setBigUint64(8, 2n ** 40n, true);
  file.bytes = () => bytes;
});
rule("a key count beyond the file", /key/i, (file) => {
  const bytes = file.bytes();
  new DataView(bytes.buffer).setBigUint64(16, 2n ** 63n, true);
  file.bytes = () => bytes;
});
rule("a value type that GGUF does not know", /type/i, (file) => {
  file.keys.push(["somebody.elses", { type: 13, value: 0 }]);
});
rule("a string longer than the file", /./, (file) => {
  const bytes = file.bytes();
  new DataView(bytes.buffer).setBigUint64(24, 2n ** 64n - 1n, true);
  file.bytes = () => bytes;
});
rule("a key given twice", /bsnn\.phases/, (file) => file.add("bsnn.phases", "u32", 4));
rule("a tensor given twice", /population\.1\.bias/, (file) => {
  file.tensors.push({ ...file.tensor("population.1.bias") });
  file.layOut();
});
rule("a name that is not UTF-8", /bsnn\.population\.name|UTF-8/, (file) => {
  file.column("bsnn.population.name")[2] = Uint8Array.of(0x61, 0xc3, 0x28);
});
rule("a name of overlong UTF-8", /bsnn\.population\.name|UTF-8/, (file) => {
  file.column("bsnn.population.name")[2] = Uint8Array.of(0xc0, 0x80);
});

test("refused: a file cut short anywhere", async () => {
  const file = new ModelFile(valid);
  const end = Math.max(...file.tensors.map(({ offset, data }) => offset + data.length));
  const last = valid.length - (Math.ceil(end / 32) * 32 - end);
  const dataStart = last - end;
  for (let length = 0; length < last; length += length < dataStart + 64 ? 1 : 7) {
    await refuses(valid.subarray(0, length), /./);
  }
  await refuses(valid.subarray(0, last - 1), /./);
});

// Keys

const POPULATION_COLUMNS = ["name", "kind", "height", "width", "channels", "depth"].map((c) => `bsnn.population.${c}`);
const PROJECTION_COLUMNS = [
  ["source", "target", "source_channels", "target_channels", "region", "groups"],
  ["pool", "pool_size", "pool_kernel", "pool_stride", "pool_dilation", "pool_offset"],
  ["kernel", "stride", "dilation", "offset"],
].flatMap((columns) => columns.map((c) => `bsnn.projection.${c}`));
const COLUMNS = ["bsnn.input.zero_point", ...POPULATION_COLUMNS, ...PROJECTION_COLUMNS];
const SCALARS = ["general.architecture", "bsnn.version", "bsnn.phases", "bsnn.input.coding"];

for (const key of [...SCALARS, ...COLUMNS]) {
  rule(`${key} missing`, literally(key), (file) => file.remove(key));
  rule(`${key} of another type`, literally(key), (file) => {
    const entry = file.entry(key);
    const replace = (value: LooseScalar) => (entry.type === ValueType.string ? 0 : Number(value));
    entry.value = Array.isArray(entry.value) ? entry.value.map(replace) : replace(entry.value as LooseScalar);
    entry.type = entry.type === ValueType.u32 ? ValueType.i32 : ValueType.u32;
  });
}
for (const key of COLUMNS) {
  rule(`${key} with an entry too few`, literally(key), (file) => file.column(key).pop());
  rule(`${key} with an entry too many`, literally(key), (file) => file.column(key).push(file.column(key)[0]));
  rule(`${key} as one value`, literally(key), (file) => file.set(key, file.column(key)[0]));
}
for (const key of SCALARS) {
  rule(`${key} as an array`, literally(key), (file) => {
    const entry = file.entry(key);
    entry.value = [entry.value as LooseScalar];
  });
}
rule("bsnn.input.range of one number", /bsnn\.input\.range/, (file) => file.add("bsnn.input.range", "f64", [1]));
rule("bsnn.input.range as f32", /bsnn\.input\.range/, (file) => file.add("bsnn.input.range", "f32", [0, 1]));
rule("bsnn.input.signed as u32", /bsnn\.input\.signed/, (file) => file.add("bsnn.input.signed", "u32", 1));
rule("bsnn.preprocess.scale as u32", /bsnn\.preprocess\.scale/, (file) => file.add("bsnn.preprocess.scale", "u32", 1));
rule("bsnn.preprocess.mean as text", /bsnn\.preprocess\.mean/, (file) =>
  file.add("bsnn.preprocess.mean", "string", ["0"]),
);
rule("a channel order that is none", /bsnn\.preprocess\.channel_order/, (file) =>
  file.add("bsnn.preprocess.channel_order", "string", "rbg"),
);
rule("bsnn.labels as numbers", /bsnn\.labels/, (file) => file.add("bsnn.labels", "u32", [1, 2, 3, 4, 5]));
for (const count of [0, 4, 6]) {
  rule(`${count} labels for five classes`, /bsnn\.labels.*5.*found/, (file) =>
    file.add("bsnn.labels", "string", new Array(count).fill("class")),
  );
}
for (const key of ["mean", "std"]) {
  for (const count of [0, 1, 3]) {
    rule(`${count} values of ${key} for two channels`, literally(`bsnn.preprocess.${key}`), (file) =>
      file.add(`bsnn.preprocess.${key}`, "f64", new Array(count).fill(1)),
    );
  }
}
for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]) {
  rule(`scale ${value}`, /bsnn\.preprocess\.scale/, (file) => file.add("bsnn.preprocess.scale", "f64", value));
  rule(`std ${value}`, /bsnn\.preprocess\.std/, (file) => file.add("bsnn.preprocess.std", "f64", [1, value]));
  if (value === 0) continue;
  rule(`mean ${value}`, /bsnn\.preprocess\.mean/, (file) => file.add("bsnn.preprocess.mean", "f64", [0, value]));
}
test("preprocessing that is left out changes nothing", async () => {
  const file = new ModelFile(valid);
  file.add("bsnn.preprocess.channel_order", "string", "bgr");
  const net = await load(file.bytes());
  assert.deepEqual(net.preprocessing, { scale: 1, mean: [0, 0], std: [1, 1], channelOrder: "bgr" });
  net.dispose();
});
rule("bsnn.ann.macs as text", /bsnn\.ann\.macs/, (file) => {
  file.remove("bsnn.ann.macs");
  file.add("bsnn.ann.macs", "string", "many");
});

/** The sample with arrays of one array each under an unknown key, so many deep, the innermost of one element. */
function nested(levels: number, type: "u8" | "string"): Uint8Array {
  const file = new ModelFile(valid);
  const innermost = type === "string" ? 8 : 1;
  const name = "somebody.elses";
  file.add(name, "u8", new Array(12 * (levels - 1) + innermost).fill(0));
  const bytes = file.bytes();
  const view = new DataView(bytes.buffer);
  const begin = Buffer.from(bytes).indexOf(name) + name.length + 4;
  for (let level = 0; level < levels; level++) {
    view.setUint32(begin + 12 * level, level + 1 < levels ? ValueType.array : ValueType[type], true);
    view.setBigUint64(begin + 12 * level + 4, 1n, true);
  }
  stateChecksum(bytes);
  return bytes;
}
for (const type of ["u8", "string"] as const) {
  test(`arrays of ${type} four deep are accepted, five deep refused`, async () => {
    await accepts(nested(1, type));
    await accepts(nested(4, type));
    await refuses(nested(5, type), /nested too deeply/);
  });
}
test("refused: no projections", () =>
  refuses(
    writeModel(network(4, [population("input", [1, 1, 1], 0), population("output", [1, 1, 1], 1)], [])),
    /1…65535 projections/,
  ));

// Enumerations and ranges

rule("a format version of the future", /bsnn\.version/, (file) => file.set("bsnn.version", 2));
for (const phases of [0, 9, 2 ** 31, 2 ** 32 - 1]) {
  rule(`${phases} phases`, /bsnn\.phases/, (file) => file.set("bsnn.phases", phases));
}
rule("an unknown input coding", /bsnn\.input\.coding/, (file) => file.set("bsnn.input.coding", "rate"));
rule("a zero point above 255", /bsnn\.input\.zero_point/, (file) => {
  file.column("bsnn.input.zero_point")[1] = 256;
});
rule("an unknown population kind", /bsnn\.population\.kind/, (file) => {
  file.column("bsnn.population.kind")[2] = 4;
});
rule("an unknown pooling", /bsnn\.projection\.pool\b/, (file) => {
  file.column("bsnn.projection.pool")[1] = 3;
});
for (const side of ["height", "width", "channels"]) {
  rule(`a population of ${side} 0`, literally(`bsnn.population.${side}`), (file) => {
    file.column(`bsnn.population.${side}`)[1] = 0;
  });
}
rule("2^32 neurons, a product that wraps to none", /bsnn\.population\.(height|width|channels)|neurons/, (file) => {
  file.column("bsnn.population.height")[3] = 2 ** 16;
  file.column("bsnn.population.width")[3] = 2 ** 14;
});
rule("more than 2^28 neurons", /bsnn\.population\.(height|width|channels)|neurons/, (file) => {
  file.column("bsnn.population.height")[3] = 2 ** 13;
  file.column("bsnn.population.width")[3] = 2 ** 13 + 1;
});
rule("65536 populations", /bsnn\.population|65.?535/, (file) => {
  for (const key of POPULATION_COLUMNS) {
    const column = file.column(key);
    file.set(key, Array.from({ length: 65536 }, (_, i) => column[i % 6]) as never);
  }
});

// The graph

rule("no input at index 0", /bsnn\.population\.kind|input/, (file) => {
  file.column("bsnn.population.kind")[0] = 1;
});
networkRule("a second input", /bsnn\.population\.kind|input/, {
  ...sample,
  populations: [...sample.populations, population("input", [1, 1, 1], 0)],
});
rule("an input of depth 1", /bsnn\.population\.depth/, (file) => {
  file.column("bsnn.population.depth")[0] = 1;
});
networkRule("no output population", /output/, network(4, [population("input", [1, 1, 1], 0)], []));
networkRule("a hidden population in the output's place", /output|population.*5|bsnn\.projection\.source/, {
  ...sample,
  populations: sample.populations.map((given, i) => (i === 5 ? population("bistable", [1, 1, 5], 4) : given)),
});
networkRule("a population that nothing reaches", /population.*6|bsnn\.projection\.target/, {
  ...sample,
  populations: [...sample.populations, population("output", [1, 1, 1], 1)],
});
networkRule("a hidden population that nothing reads", /population.*6|bsnn\.projection\.source/, {
  ...sample,
  populations: [...sample.populations, population("bistable", [1, 1, 1], 2)],
  projections: [
    ...sample.projections,
    projection({
      source: 1,
      target: 6,
      sourceChannels: [0, 1],
      targetChannels: [0, 1],
      region: [0, 0, 1, 1],
      weight: Int8Array.of(1),
    }),
  ],
});
networkRule("an output population that is read", /output|bsnn\.projection\.source/, {
  ...sample,
  populations: [...sample.populations, population("output", [1, 1, 1], 5)],
  projections: [
    ...sample.projections,
    projection({
      source: 5,
      target: 6,
      sourceChannels: [0, 1],
      targetChannels: [0, 1],
      region: [0, 0, 1, 1],
      weight: Int8Array.of(1),
    }),
  ],
});
networkRule("an input that receives", /input|bsnn\.projection\.(target|source)/, {
  ...sample,
  projections: [
    ...sample.projections,
    projection({
      source: 0,
      target: 0,
      sourceChannels: [0, 1],
      targetChannels: [0, 1],
      region: [0, 0, 1, 1],
      weight: Int8Array.of(1),
    }),
  ],
});
rule("a source that is no population", /bsnn\.projection\.source/, (file) => {
  file.column("bsnn.projection.source")[5] = 6;
});
rule("a target that is no population", /bsnn\.projection\.target/, (file) => {
  file.column("bsnn.projection.target")[5] = 2 ** 32 - 1;
});
rule("a target before its source", /bsnn\.projection\.(source|target)|depth/, (file) => {
  file.column("bsnn.projection.source")[3] = 4;
  file.column("bsnn.projection.target")[3] = 2;
});
rule("a projection that skips a depth", /depth/, (file) => {
  file.column("bsnn.population.depth")[5] = 5;
});
rule("a depth near the end of the integers", /depth/, (file) => {
  file.column("bsnn.population.depth")[5] = 2 ** 32 - 1;
});

// Projections

const column = (key: string, index: number, value: number) => (file: ModelFile) => {
  file.column(`bsnn.projection.${key}`)[index] = value;
};
/** Index of the second entry of a pair column, for projection j. */
const second = (j: number) => 2 * j + 1;

for (const side of ["source", "target"]) {
  const key = `${side}_channels`;
  const pattern = literally(`bsnn.projection.${key}`);
  rule(`no ${side} channels`, pattern, column(key, second(0), 0));
  rule(`${side} channels beyond the population`, pattern, (file) => {
    column(key, 0, 1)(file);
  });
  rule(`${side} channels whose end wraps around`, pattern, (file) => {
    column(key, 0, 2 ** 32 - 1)(file);
  });
}
for (const [index, side] of ["top", "left"].entries()) {
  rule(`a region too far to the ${side}`, /bsnn\.projection\.region/, column("region", index, 1));
  rule(
    `a region whose end wraps around at the ${side}`,
    /bsnn\.projection\.region/,
    column("region", index, 2 ** 32 - 1),
  );
}
for (const [index, side] of ["height", "width"].entries()) {
  rule(`a region of ${side} 0`, /bsnn\.projection\.region/, column("region", 2 + index, 0));
  rule(`a region of too great a ${side}`, /bsnn\.projection\.region/, column("region", 2 + index, 5));
}
for (const groups of [0, 3, 8]) {
  rule(`${groups} groups of four channels`, /bsnn\.projection\.groups/, column("groups", 1, groups));
}
networkRule(
  "groups that divide the source's channels only",
  /bsnn\.projection\.groups/,
  withProjection({ 5: { groups: 3, weight: new Int8Array(5 * 4) } }),
);
for (const [index, side] of ["height", "width"].entries()) {
  for (const key of ["kernel", "stride", "dilation"]) {
    for (const value of [0, 2 ** 15, 2 ** 32 - 1])
      rule(`${key} ${side} ${value}`, literally(`bsnn.projection.${key}`), column(key, index, value));
  }
  for (const value of [-(2 ** 15) - 1, 2 ** 15 + 1, -(2 ** 31), 2 ** 31 - 1])
    rule(`offset ${value} in ${side}`, /bsnn\.projection\.offset/, column("offset", index, value));
  for (const key of ["pool_kernel", "pool_stride", "pool_dilation"]) {
    for (const value of [0, 2 ** 15])
      rule(`${key} ${side} ${value}`, literally(`bsnn.projection.${key}`), column(key, 2 + index, value));
  }
  for (const value of [0, 2 ** 32 - 1])
    rule(`pool_size ${side} ${value}`, /bsnn\.projection\.pool_(size|offset)/, column("pool_size", 2 + index, value));
  for (const value of [-(2 ** 15) - 1, 2 ** 15 + 1])
    rule(`pool_offset ${value} in ${side}`, /bsnn\.projection\.pool_offset/, column("pool_offset", 2 + index, value));

  // A 3×3 kernel over 4×4: windows may start at −3 at the earliest; at 7 and beyond all of them have left the map.
  const outside = /bsnn\.projection\.(offset|stride)/;
  rule(`a kernel that starts too far out before the ${side}`, outside, column("offset", index, 4));
  rule(`a kernel that ends too far out beyond the ${side}`, outside, column("offset", index, -5));
  rule(`strides that leave the ${side}`, outside, column("stride", index, 4));
  const poolOutside = /bsnn\.projection\.pool_(offset|stride|size)/;
  rule(`a pooling that starts too far out before the ${side}`, poolOutside, column("pool_offset", 2 + index, 3));
  rule(`a pooling that ends too far out beyond the ${side}`, poolOutside, column("pool_offset", 2 + index, -5));
  rule(`pooling strides that leave the ${side}`, poolOutside, column("pool_stride", 2 + index, 8));

  for (const [key, plain] of Object.entries({ size: 0, kernel: 1, stride: 1, dilation: 1, offset: 0 }))
    rule(
      `pool_${key} in ${side} without pooling`,
      literally(`bsnn.projection.pool_${key}`),
      column(`pool_${key}`, index, plain + 1),
    );
}
test("the windows that lie furthest out are accepted", async () => {
  await accepts(writeModel(withProjection({ 0: { offset: [3, 3] } })));
  await accepts(writeModel(withProjection({ 0: { offset: [-3, -3] } })));
});
networkRule(
  "a pooled input",
  /bsnn\.projection\.pool\b|input/,
  withProjection({
    0: {
      pool: { kind: "max", size: [4, 4], kernel: [1, 1], stride: [1, 1], dilation: [1, 1], offset: [0, 0] },
    },
  }),
);

// Synchronous populations

const relay = /synchronous|bsnn\.projection/;
for (const [key, value] of Object.entries({ kernel: 2, stride: 2, dilation: 2, offset: 1 }))
  for (const index of [0, 1])
    rule(`a relay of ${key} ${value}`, literally(`bsnn.projection.${key}`), column(key, 4 + index, value));
rule("a relay of two groups", /bsnn\.projection\.groups/, column("groups", 2, 2));
rule("a relay of fewer source channels", /bsnn\.projection\.source_channels/, column("source_channels", second(2), 3));
rule("a relay of fewer target channels", /bsnn\.projection\.target_channels/, column("target_channels", second(2), 3));
rule("a relay of part of the map", /bsnn\.projection\.region/, column("region", 10, 3));
networkRule(
  "a pooled relay",
  /bsnn\.projection\.pool\b|synchronous/,
  withProjection({
    2: { pool: { kind: "max", size: [4, 4], kernel: [1, 1], stride: [1, 1], dilation: [1, 1], offset: [0, 0] } },
  }),
);
networkRule("two projections into a synchronous population", relay, {
  ...sample,
  projections: [...sample.projections.slice(0, 3), sample.projections[2], ...sample.projections.slice(3)],
});
for (const side of ["height", "width"] as const) {
  networkRule(`a relay into another ${side}`, relay, withPopulation({ 3: { [side]: 5 } }));
}
rule("a relay with weights", /projection\.2\.weight/, (file) => {
  const { data, dimensions } = file.tensor("projection.4.weight");
  file.tensors.push({ name: "projection.2.weight", type: TensorType.i8, dimensions, offset: 0, data });
  file.layOut();
});
rule("a synchronous population with a bias", /population\.3\.bias/, (file) => {
  file.tensors.push({ ...file.tensor("population.2.bias"), name: "population.3.bias" });
  file.layOut();
});

// Tensors

for (const { name, type, dimensions } of new ModelFile(valid).tensors) {
  const pattern = literally(name);
  rule(`${name} missing`, pattern, (file) => file.removeTensor(name));
  rule(`${name} of another type`, pattern, (file) => {
    file.reshape(name, type === TensorType.i32 ? TensorType.f32 : TensorType.i32, dimensions);
    file.layOut();
  });
  rule(`${name} with an element too many`, pattern, (file) => {
    const [first, ...rest] = dimensions;
    file.reshape(name, type, [first + 1, ...rest]);
    file.layOut();
  });
  rule(`${name} with a dimension too many`, pattern, (file) => {
    file.tensor(name).dimensions = [...dimensions, 1, 1].slice(0, dimensions.length === 4 ? 5 : dimensions.length + 1);
  });
  rule(`${name} at an unaligned offset`, pattern, (file) => {
    const last = Math.max(...file.tensors.map(({ offset, data }) => offset + data.length));
    file.tensor(name).offset = Math.ceil(last / 32) * 32 + elementSize(type);
  });
  rule(`${name} beyond the file`, pattern, (file) => {
    file.tensor(name).offset = 2 ** 24;
  });
  rule(`${name} at the end of the integers`, pattern, (file) => {
    const bytes = file.bytes();
    const encoded = new TextEncoder().encode(name);
    const at = Buffer.from(bytes).lastIndexOf(encoded) + encoded.length;
    new DataView(bytes.buffer).setBigUint64(at + 4 + 8 * dimensions.length + 4, 2n ** 64n - 32n, true);
    file.bytes = () => bytes;
  });
}
rule("weights of a transposed shape", /projection\.5\.weight/, (file) => {
  const tensor = file.tensor("projection.5.weight");
  tensor.dimensions = [...tensor.dimensions].reverse();
});
rule("tensors that overlap", /population\.1\.(bias|initial|shift|unit)|overlap/, (file) => {
  file.tensor("population.1.initial").offset = file.tensor("population.1.bias").offset;
});
for (const name of ["population.6.bias", "population.01.bias", "population.0.unit", "projection.6.weight", "extra"]) {
  rule(`a tensor called ${name}`, literally(name), (file) => {
    file.tensors.push({ ...file.tensor("population.1.bias"), name });
    file.layOut();
  });
}
rule("dimensions whose product wraps around", /projection\.5\.weight/, (file) => {
  file.tensor("projection.5.weight").dimensions = [2 ** 32, 2 ** 32, 2 ** 32, 2 ** 32];
});

// Ranges of tensors

for (const value of [-1, 1 << 6, 2 ** 31 - 1]) {
  rule(`initial potential ${value} at shift 6`, /population\.1\.initial/, (file) =>
    file.poke("population.1.initial", "setInt32", 2, value),
  );
}
for (const value of [-1, -128, 31, 127]) {
  rule(`shift ${value}`, /population\.4\.shift/, (file) => file.poke("population.4.shift", "setInt8", 0, value));
}
for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
  rule(`unit ${value}`, /population\.5\.unit/, (file) => file.poke("population.5.unit", "setFloat32", 4, value));
}

// Overflow

/** One bistable neuron whose potential's bound is |bias| + max(initial, 2^shift − 1) + |weight|·q. */
const bounded = (bias: number, shift: number, coding: "current" | "phase", weight: number[]) =>
  network(
    5,
    [
      population("input", [1, 1, weight.length], 0),
      population("bistable", [1, 1, 1], 1, { bias: [bias], shift: [shift] }),
      population("output", [1, 1, 1], 2),
    ],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, weight.length],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int16Array.from(weight),
      }),
      projection({
        source: 1,
        target: 2,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int8Array.of(1),
      }),
    ],
    { coding },
  );
const LIMIT = 2 ** 31 - 1;
for (const [coding, most] of [
  ["current", 255],
  ["phase", 31],
] as const) {
  for (const sign of [1, -1]) {
    const weight = [-32768, 5, 32767];
    const room = LIMIT - 65540 * most - (2 ** 9 - 1);
    test(`accepted: a potential that may just reach ${sign} × (2^31 − 1), ${coding} coding`, () =>
      accepts(writeModel(bounded(sign * room, 9, coding, weight))));
    networkRule(
      `a potential that may reach ${sign} × 2^31, ${coding} coding`,
      /overflow|2\^31|population\.1|2147483648/,
      bounded(sign * (room + 1), 9, coding, weight),
    );
  }
}
test("accepted: the greatest shift, with nothing else", () =>
  accepts(writeModel(bounded(2 ** 30 - 31, 30, "phase", [1]))));
networkRule("a bias of −2^31, whose size is no int32", /overflow|population\.1/, bounded(-(2 ** 31), 0, "phase", [1]));
networkRule(
  "overflow through two projections that reach different regions",
  /overflow|population\.1/,
  network(
    8,
    [population("input", [1, 1, 1], 0), population("output", [1, 2, 1], 1, { bias: [LIMIT - 2 * 100 * 255 + 1] })],
    [0, 1].map((left) =>
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, left, 1, 1],
        weight: Int8Array.of(-100),
      }),
    ),
    { coding: "current" },
  ),
);
networkRule(
  "overflow in one neuron of a bias map",
  /overflow|population\.4/,
  withPopulation({
    4: { bias: Int32Array.from({ length: 12 }, (_, n) => (n === 7 ? -LIMIT : 0)) },
  }),
);

/** One neuron that fires into a sum pooling of the given window. */
const sumPooled = (kernel: [number, number], weight: number, bias: number) =>
  network(
    8,
    [
      population("input", [1, 1, 1], 0),
      population("bistable", [1, 1, 1], 1),
      population("output", [1, 1, 1], 2, { bias: [bias] }),
    ],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int8Array.of(1),
      }),
      projection({
        source: 1,
        target: 2,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        pool: { kind: "sum", size: [1, 1], kernel, stride: [1, 1], dilation: [1, 1], offset: [0, 0] },
        weight: Int8Array.of(weight),
      }),
    ],
  );
test("accepted: a pooled sum of 2^24 − 1", () => accepts(writeModel(sumPooled([273, 241], 1, 0))));
networkRule("a pooled sum that reaches 2^24", /sum|2\^24|16777216|pool/, sumPooled([257, 257], 1, 0));
test("accepted: a sum-pooled potential that may just reach 2^31 − 1", () =>
  accepts(writeModel(sumPooled([3, 5], -128, LIMIT - 128 * 15 * 255))));
networkRule(
  "a sum-pooled potential that may reach 2^31",
  /overflow|population\.2/,
  sumPooled([3, 5], -128, LIMIT - 128 * 15 * 255 + 1),
);

test.run();
