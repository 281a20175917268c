/** Why a file could not be loaded as a model. */

import { foreignKind } from "../../../convert/onnx/foreign.ts";
import { InputError } from "../report/failure.ts";

/** Whether a file that is no model of ours is an ONNX one: it says so, or begins with a version, as they do. */
function isOnnx(path: string, bytes: Uint8Array): boolean {
  if (Buffer.from(bytes.subarray(0, 4)).toString("latin1") === "GGUF") return false;
  const [tag, version, next] = bytes;
  const fields = [0x12, 0x1a, 0x22, 0x28, 0x3a, 0x42];
  return /\.onnx$/i.test(path) || (tag === 0x08 && version >= 3 && version < 32 && fields.includes(next));
}

/** What to tell where a file could not be loaded as a model: its name before what is wrong with it. */
export function refusalOf(path: string, file: Uint8Array, error: unknown): unknown {
  const kind = foreignKind(file);
  if (kind !== null && !kind.startsWith("a GGUF file")) {
    return new InputError(`${path}: not a bsnn model: the file is ${kind}`, { cause: error });
  }
  if (isOnnx(path, file)) {
    const way = `bsnn convert ${path} -o OUT.bsnn.gguf --calibration FOLDER`;
    return new InputError(`${path}: is an ONNX model, not a converted one; convert it first: ${way}`, { cause: error });
  }
  const bad = error instanceof Error && "code" in error && error.code === "bad-model";
  return bad ? new InputError(`${path}: ${error.message}`, { cause: error }) : error;
}
