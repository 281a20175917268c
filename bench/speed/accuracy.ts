/** How right the original, its quantised versions and ours are, on all test images of a model. */
import { readFile } from "node:fs/promises";
import { load } from "../../bindings/node.ts";
import type { LabelledImage } from "../../hosts/node/data/dataset.ts";
import { argmax } from "../../hosts/node/report/scores.ts";
import { type OpenModel, openInNode, openInWeb } from "./onnxruntime.ts";
import type { OnnxContender, Subject } from "./plan.ts";

/** Of one runtime. */
export interface Accuracy {
  readonly contender: OnnxContender | "ours";
  /** Share of images whose label is the best class. */
  readonly top1: number;
  /** Share of images with the best class of the original in onnxruntime-web. */
  readonly agreement: number;
}

/** An image as the two kinds of networks take it. */
export interface TestImage {
  readonly label: LabelledImage["label"];
  readonly samples: Uint8Array;
  readonly values: Float32Array;
}

/** A model ready for `TestImage`s. */
interface Classifier {
  readonly contender: Accuracy["contender"];
  classOf(image: TestImage): number | Promise<number>;
  close(): void | Promise<void>;
}

async function onnxClassifier(
  contender: OnnxContender,
  open: typeof openInWeb,
  subject: Subject,
  onnx: string | null,
): Promise<Classifier | null> {
  if (onnx === null) return null;
  // What is not installed is left out here, and named with the times.
  const model: OpenModel | null = await open({ ...subject, onnx }).catch(() => null);
  return (
    model && {
      contender,
      classOf: async ({ values }) => argmax(await model.run(model.prepare(values))),
      close: () => model.close(),
    }
  );
}

async function ownClassifier({ model }: Subject): Promise<Classifier> {
  const network = await load(await readFile(model));
  return {
    contender: "ours",
    classOf: ({ samples }) => argmax(network.run(samples).logits),
    close: () => network.dispose(),
  };
}

/** The accuracy of every runtime that there is; none where an image has no label. */
export async function accuraciesOf(subject: Subject, images: readonly TestImage[]): Promise<Accuracy[]> {
  if (images.length === 0 || images.some(({ label }) => label === null)) return [];
  const classifiers = [
    await onnxClassifier("onnxruntime-web", openInWeb, subject, subject.onnx),
    await onnxClassifier("onnxruntime-web-int8", openInWeb, subject, subject.int8),
    await onnxClassifier("onnxruntime-node-int8", openInNode, subject, subject.int8),
    await ownClassifier(subject),
  ].filter((classifier) => classifier !== null);
  const accuracies: Accuracy[] = [];
  let reference: readonly number[] = [];
  for (const { contender, classOf, close } of classifiers) {
    const classes: number[] = [];
    for (const image of images) classes.push(await classOf(image));
    await close();
    if (accuracies.length === 0) reference = classes;
    const share = (is: (k: number) => boolean): number => classes.filter((_, k) => is(k)).length / images.length;
    accuracies.push({
      contender,
      top1: share((k) => classes[k] === images[k].label),
      agreement: share((k) => classes[k] === reference[k]),
    });
  }
  return accuracies;
}
