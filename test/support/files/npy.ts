/** Writes .npy files, for tests. */

/**
 * A version 1.0 file.
 * @param type as the header states it, such as `<f4`
 * @param data in the file's order of bytes and elements
 */
export function encodeNpy(type: string, shape: readonly number[], data: ArrayBufferView, fortranOrder = false): Buffer {
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const order = fortranOrder ? "True" : "False";
  const header = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${axes}), }`;
  const length = 64 * Math.ceil((10 + header.length + 1) / 64) - 10;
  const begin = Buffer.alloc(10);
  begin.write("\x93NUMPY\x01\x00", "latin1");
  begin.writeUInt16LE(length, 8);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([begin, Buffer.from(`${header.padEnd(length - 1)}\n`, "latin1"), bytes]);
}

/** A file of single precision. */
export function encodeFloats(shape: readonly number[], values: ArrayLike<number>): Buffer {
  return encodeNpy("<f4", shape, Float32Array.from(values));
}
