/** Refuses graphs whose tensors are larger than what can be converted, before they are made where their sizes are written down. */

import type { InputShape } from "../form/input.ts";
import type { Graph } from "../onnx/parse.ts";
import type { Problem } from "../refusal.ts";

/** Values that a tensor of the graph may have: 128 Mi, half a GiB of floats. */
const MOST_VALUES = 2 ** 27;
/** Values of all tensors together: what the runtime can hold beside its weights. */
const MOST_TOGETHER = 2 ** 29;

const product = (sizes: Iterable<number>): number => [...sizes].reduce((all, size) => all * Math.max(0, size), 1);

const excess = (values: number, most = MOST_VALUES): string => `${values} values; ${most} are supported`;

/** The problem of an input of a shape; none where it is small enough. */
export function inputSizeProblems(name: string, dims: readonly number[]): Problem[] {
  const values = product(dims);
  if (values <= MOST_VALUES) return [];
  return [{ node: `input '${name}'`, op: "", reason: `has the shape ${dims.join("×")}, ${excess(values)}` }];
}

/** The problem of the population that holds several inputs side by side; none where it is small enough. */
export function besideProblems({ height, width, channels }: InputShape): Problem[] {
  const values = product([height, width, channels]);
  if (values <= MOST_VALUES) return [];
  const reason = `has inputs of so unlike shapes that side by side they take ${height}×${width}×${channels}, ${excess(values)}`;
  return [{ node: "the graph", op: "", reason }];
}

/** Operators that enlarge, and the place of the operand that states the shape of what they give, or factors. */
const SHAPES: Readonly<Record<string, number>> = { ConstantOfShape: 0, Expand: 1, Resize: 3 };
const FACTORS: Readonly<Record<string, number>> = { Tile: 1, Upsample: 1, Resize: 2 };

/** The problems of nodes that state in so many numbers how large what they give is. */
export function statedSizeProblems({ nodes, constants }: Graph): Problem[] {
  return nodes.flatMap(({ name, op, inputs }) => {
    const stated = [SHAPES[op], FACTORS[op]].flatMap((place) => {
      const tensor = place === undefined ? undefined : constants.get(inputs[place] ?? "")?.();
      return tensor && tensor.data.length > 0 ? [product(tensor.data)] : [];
    });
    const most = Math.max(0, ...stated);
    return most <= MOST_VALUES ? [] : [{ node: name, op, reason: `gives ${excess(most)}` }];
  });
}

/** The problems of tensors, as they were found to be. */
export function sizeProblems(dims: ReadonlyMap<string, readonly number[]>): Problem[] {
  let together = 0;
  for (const [name, sizes] of dims) {
    const values = product(sizes);
    if (values > MOST_VALUES) {
      return [{ node: `tensor '${name}'`, op: "", reason: `has the shape ${sizes.join("×")}, ${excess(values)}` }];
    }
    together += values;
  }
  if (together <= MOST_TOGETHER) return [];
  return [{ node: "the graph", op: "", reason: `has tensors of ${excess(together, MOST_TOGETHER)}` }];
}
