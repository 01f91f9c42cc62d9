/**
 * Read a safetensors file: 8 bytes with the length of the header, the header as JSON, then the numbers.
 *
 * Returns { tensors: { name: { dtype, shape, data } }, metadata }; `data` is a typed array. Throws a RangeError or SyntaxError
 * if the bytes are not a safetensors file.
 */
const TYPES = { F32: Float32Array, F64: Float64Array, I32: Int32Array, U8: Uint8Array, I8: Int8Array };

export function parse(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [start, end] }] of Object.entries(entries)) {
    const Type = TYPES[dtype];
    if (!Type) throw new RangeError(`unknown dtype ${dtype}`);
    const size = (end - start) / Type.BYTES_PER_ELEMENT;
    if (size !== shape.reduce((product, side) => product * side, 1)) throw new RangeError(`the size of ${name} does not match its shape`);
    const at = 8 + length + start;
    // A typed array begins at a multiple of its element size; otherwise the bytes are copied.
    const aligned = at % Type.BYTES_PER_ELEMENT === 0;
    tensors[name] = { dtype, shape, data: aligned ? new Type(buffer, at, size) : new Type(buffer.slice(at, 8 + length + end)) };
  }
  return { tensors, metadata };
}
