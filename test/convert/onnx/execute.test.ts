import assert from "node:assert/strict";
import { InferenceSession } from "onnxruntime-web/wasm";
import { test } from "uvu";
import { readModel } from "../../../convert/graph/model.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";

/** A network of two layers, the tensor between them, and its original ready to run on one input. */
async function opened() {
  const g = new OnnxBuilder();
  const first = g.relu(g.conv(g.input, 2, 4, [3, 3]));
  const last = g.relu(g.conv(first, 4, 3, [1, 1]));
  g.output(last);
  const { ann } = await readModel(g.encode());
  const input = new Float32Array(ann.dims.reduce((product, n) => product * n, 1)).map((_, k) => (k % 7) - 3);
  return { ann, input, first, last };
}

test("what only other tensors need is not computed", async () => {
  const { ann, input, first, last } = await opened();
  const { create } = InferenceSession;
  const exposed: (readonly string[])[] = [];
  try {
    InferenceSession.create = (async (...given: Parameters<typeof create>) => {
      const session = await create.apply(InferenceSession, given);
      exposed.push([...session.outputNames]);
      return session;
    }) as typeof create;
    const both = await ann.run(input, [first, last]);
    const alone = await ann.run(input, [first]);
    assert.deepEqual(alone.get(first), both.get(first));
    // In any order they are the same ones.
    await ann.run(input, [last, first]);
    await ann.run(input, [first, last]);
  } finally {
    InferenceSession.create = create;
    await ann.dispose();
  }
  assert.deepEqual(exposed, [[first, last], [first], [last, first]]);
});

test("a tensor that optimisers would leave out is there", async () => {
  const g = new OnnxBuilder({ input: [1, 6] });
  const turned = g.op("Transpose", [g.relu(g.input)], { perm: [0, 1] });
  const between = g.op("Cast", [turned], { to: 1 });
  const last = g.op("MatMul", [between, g.random([6, 1])]);
  g.output(last);
  g.output(between);
  const { ann } = await readModel(g.encode());
  const input = Float32Array.of(-2, -1, 0, 1, 2, 3);
  const values = await ann.run(input, [last, between]);
  assert.deepEqual(values.get(between), Float32Array.of(0, 0, 0, 1, 2, 3));
  assert.deepEqual((await ann.run(input, [last])).get(last), values.get(last));
  await ann.dispose();
});

test("the input alone needs no network", async () => {
  const { ann, input } = await opened();
  assert.deepEqual([...(await ann.run(input, [ann.input])).values()], [input]);
  await ann.dispose();
});

test("tensors may have names that objects have", async () => {
  const g = new OnnxBuilder({ inputs: { toString: ["N", 3] } });
  g.graph.input!.push(g.value("__proto__", ["N", 3]));
  g.output(g.op("Add", ["toString", "__proto__"], {}, { outputs: ["constructor"] }));
  const { ann } = await readModel(g.encode());
  const answer = await ann.run(Float32Array.of(1, 2, 3, 10, 20, 30));
  assert.deepEqual(answer, new Map([["constructor", Float32Array.of(11, 22, 33)]]));
  await ann.dispose();
});

test.run();
