/** The reference against itself and against networks worked out by hand. */

import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeModel } from "../../convert/write/model.ts";
import { cases } from "../property/networks.ts";
import { runs } from "../property/settings.ts";
import { evaluate } from "./period.ts";
import { readModel } from "./reader.ts";
import { simulate } from "./simulator.ts";

test("time step by time step and in closed form, the reference gives the same run", () => {
  fc.assert(
    fc.property(cases, ({ network, samples, presentations, carry }) => {
      const model = readModel(writeModel(network));
      const options = { presentations, carry };
      assert.equal(simulate(model, samples, options), evaluate(model, samples, options));
    }),
    runs(60),
  );
});

test.run();
