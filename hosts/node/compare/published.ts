/** Published results of earlier conversions, with what their numbers of steps mean (docs/paper.md has the sources in full). */

export interface Published {
  readonly method: string;
  readonly network: string;
  readonly data: string;
  /** Per cent. */
  readonly ann: number | null;
  readonly snn: number;
  readonly steps: number;
  readonly meaning: "steps per layer" | "latency" | "not said";
  readonly retrains: boolean;
  readonly source: string;
}

const row = (
  method: string,
  [network, data]: readonly [string, string],
  [ann, snn]: readonly [number | null, number],
  steps: number,
  meaning: Published["meaning"],
  retrains: boolean,
  source: string,
): Published => ({ method, network, data, ann, snn, steps, meaning, retrains, source });

const CIFAR_VGG = ["VGG16", "CIFAR-10"] as const;
const CIFAR_RESNET = ["ResNet20", "CIFAR-10"] as const;
const IMAGENET = ["ResNet34", "ImageNet"] as const;

export const PUBLISHED: readonly Published[] = [
  row(
    "BSNN",
    IMAGENET,
    [73.27, 72.64],
    989,
    "not said",
    false,
    "arXiv 2105.12917; the ANN's from H-MT (AAAI 2026), table 1",
  ),
  row("SNN Calibration", CIFAR_VGG, [95.72, 95.14], 64, "steps per layer", false, "ICML 2021"),
  row("QCFS", CIFAR_VGG, [95.52, 94.95], 8, "steps per layer", true, "ICLR 2022"),
  row("QCFS", CIFAR_RESNET, [91.77, 91.62], 16, "steps per layer", true, "ICLR 2022"),
  row("TSC", CIFAR_RESNET, [91.47, 69.38], 64, "steps per layer", false, "as quoted beside QCFS"),
  row("RMP", CIFAR_VGG, [93.63, 90.35], 64, "steps per layer", false, "as quoted beside QCFS"),
  row("Few-spikes", CIFAR_RESNET, [null, 91.45], 10, "steps per layer", false, "log of christophstoeckl/FS-neurons"),
  row("SNN Calibration", IMAGENET, [75.66, 71.12], 64, "steps per layer", false, "H-MT (AAAI 2026), table 1"),
  row("H-MT, 8 thresholds", IMAGENET, [76.42, 76.28], 2, "steps per layer", false, "AAAI 2026, table 1"),
];
