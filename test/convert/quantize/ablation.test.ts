import assert from "node:assert/strict";
import { test } from "uvu";
import { chooseIngredients } from "../../../convert/quantize/ablation.ts";

/** Attempts whose error is looked up by what is left out. */
const errors = (found: Readonly<Record<string, number>>) => async (without: readonly string[]) =>
  found[without.join("+")];

test("what is clearly better left out is", async () => {
  const found = await chooseIngredients(40, errors({ "": 0.6, bias: 0.4, fit: 0.5, "bias+fit": 0.39 }));
  assert.deepEqual(found, { without: ["bias", "fit"], judged: 10, errors: [0.6, 0.39] });
});

test("what makes little difference stays", async () => {
  const found = await chooseIngredients(40, errors({ "": 0.6, bias: 0.58, fit: 0.6, "bias+fit": 0.7 }));
  assert.deepEqual(found, { without: [], judged: 10, errors: [0.6, 0.6] });
  const bad = Number.NaN;
  const none = await chooseIngredients(40, errors({ "": bad, bias: bad, fit: bad, "bias+fit": bad }));
  assert.deepEqual(none?.without, [], "nothing where there is nothing to compare");
});

test("images are judged to which nothing is fitted, spread over all", async () => {
  const seen: string[] = [];
  await chooseIngredients(1000, async (_, chosen, judged) => {
    seen.push(chosen.join());
    assert.equal(judged, 32);
    assert.equal(new Set(chosen).size, 128);
    const last = chosen.slice(-judged);
    assert.ok(last[0] < 50 && last.at(-1)! > 950, last.join());
    return 1;
  });
  assert.equal(seen.length, 4);
  assert.equal(new Set(seen).size, 1, "all are judged on the same");
  assert.equal(await chooseIngredients(15, () => assert.fail("tried")), null);
});

test.run();
