/** QuantizeLinear and DequantizeLinear on the data path: the real numbers that quantised values stand for. */

import { addConstant, scale as scaled } from "../../form/form.ts";
import type { GraphNode } from "../../onnx/node.ts";
import { Refusal } from "../../refusal.ts";
import type { Builder } from "../builder.ts";

/** Least and largest of the integers that values are quantised to. */
const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/**
 * QuantizeLinear: its rounding is left out; where its integers begin at the real number 0, it rectifies, up to the largest.
 * @throws Refusal for a computed scale, one per channel, or other integers than of 8 and 16 bits
 */
export function quantizeLinear(node: GraphNode, builder: Builder): void {
  const [operand, scaleName, zeroName] = node.inputs;
  const [result] = node.outputs;
  const scales = builder.constant(scaleName, "its scale").data;
  const [zero] = zeroName ? builder.constant(zeroName, "its zero point").data : [0];
  const limits = LIMITS[builder.graph.elementType(result)];
  if (!limits) throw new Refusal(`quantises to ${builder.graph.elementType(result)}; 8 and 16 bits are supported`);
  if (scales.length !== 1) throw new Refusal("quantises by a scale per channel; one for all is supported here");
  const rectifies = limits[0] === zero && !builder.isNonNegative(operand);
  const form = rectifies ? builder.rectify(operand, (limits[1] - zero) * scales[0], operand) : null;
  const value = builder.value(operand);
  builder.set(result, form ? { ...value, form } : value);
  builder.setSteps(result, { scale: scales[0], zero });
}

/**
 * DequantizeLinear: the same numbers, or others where scale and zero point are not those of the quantisation.
 * @throws Refusal for a computed scale, or one per channel
 */
export function dequantizeLinear(node: GraphNode, builder: Builder): void {
  const [operand, scaleName, zeroName] = node.inputs;
  const scales = builder.constant(scaleName, "its scale").data;
  if (scales.length !== 1) throw new Refusal("has a scale per channel; one for all is supported here");
  const [scale] = scales;
  const [zero] = zeroName ? builder.constant(zeroName, "its zero point").data : [0];
  const { form, layout } = builder.value(operand);
  const steps = builder.stepsOf(operand) ?? { scale, zero };
  const same = steps.scale === scale && steps.zero === zero;
  const fill = (value: number) => new Float64Array(form.channels).fill(value);
  const real = same ? form : addConstant(scaled(form, fill(scale / steps.scale)), fill((steps.zero - zero) * scale));
  builder.set(node.outputs[0], builder.held(node.outputs[0], real, layout));
}

/** @throws Refusal for an operator that computes with the integers of a quantised tensor */
export function refuseIntegers(node: GraphNode, builder: Builder): void {
  if (node.op === "DequantizeLinear" || node.inputs.every((name) => !builder.stepsOf(name))) return;
  throw new Refusal("computes with integers; DequantizeLinear before it makes real numbers of them");
}
