/** Whether the classes of inputs are those of a model. */
import type { Network } from "../../../bindings/types.ts";
import { InputError } from "../report/failure.ts";
import type { Data, Item } from "./inputs.ts";

/**
 * @param options where the inputs and their labels were read from
 * @param model name of the model's file
 * @throws InputError where a class of the inputs is none of the model's
 */
export function checkClasses(
  data: Data,
  items: readonly Item[],
  options: { readonly data: string; readonly dataLabels?: string },
  model: string,
  network: Network,
): void {
  const { channels: classes } = network.populations.find(({ kind }) => kind === "output")!;
  const fault = (what: string) => new InputError(`${what}; ${model} has the classes 0…${classes - 1}`);
  const folder = "classes" in data ? data.classes.find(({ index }) => index >= classes) : undefined;
  if (folder) throw fault(`${options.data}: class folder '${folder.name}' stands for class ${folder.index}`);
  const item = items.find(({ label }) => label !== null && label >= classes);
  if (item) throw fault(`${options.dataLabels ?? options.data}: holds class ${item.label}`);
}
