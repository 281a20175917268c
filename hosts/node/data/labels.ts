/** Labels that lie in a file of their own. */
import { InputError } from "../report/failure.ts";
import { readArray } from "./array.ts";
import type { Data, Item } from "./inputs.ts";
import { isRecords } from "./records/records.ts";

/**
 * Inputs with the labels of a file, if there is one.
 * @param items makes the inputs, once it is known that they take labels
 * @param from where inputs were read from, and their labels: an array with one class index for each
 * @param option that names the labels
 * @throws InputError where the inputs have labels already, or the file does not fit them
 */
export async function withLabels(
  data: Data,
  items: () => readonly Item[],
  from: { readonly data: string; readonly dataLabels?: string | undefined },
  option = "--data-labels",
): Promise<readonly Item[]> {
  const { dataLabels } = from;
  if (dataLabels === undefined) return items();
  if (!("shape" in data)) {
    const told = isRecords(data)
      ? "is a data set with labels of its own"
      : "is a folder, whose class folders say what its images show";
    throw new InputError(`${option}: ${from.data} ${told}`);
  }
  const made = items();
  const labels = await readLabelArray(dataLabels, made.length);
  return made.map((item, k) => ({ ...item, label: labels[k] }));
}

/**
 * Reads the labels of an array's entries.
 * @param count of the entries
 * @throws InputError naming the file where it holds anything else than one class index for each
 */
async function readLabelArray(path: string, count: number): Promise<number[]> {
  const { data, shape } = await readArray(path);
  if (data.length !== count || shape.filter((size) => size !== 1).length > 1) {
    throw new InputError(
      `${path}: is an array of ${shape.join("×") || "one value"}; ${count} labels, one per input, are needed`,
    );
  }
  const labels = Array.from(data, Number);
  const odd = labels.find((label) => !(Number.isSafeInteger(label) && label >= 0));
  if (odd !== undefined)
    throw new InputError(`${path}: holds ${odd}; class indices, whole numbers from 0, are supported`);
  return labels;
}
