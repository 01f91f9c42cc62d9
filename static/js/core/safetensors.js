/**
 * Read a safetensors file: 8 bytes with the header's length, the header as JSON, then the numbers themselves.
 *
 * Returns { tensors: { name: { dtype, shape, data } }, metadata } with `data` a typed array. Throws a RangeError or
 * SyntaxError when the bytes are not such a file.
 */
const TYPES = { F32: Float32Array, F64: Float64Array, I32: Int32Array, U8: Uint8Array, I8: Int8Array };

export function parse(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [start, end] }] of Object.entries(entries)) {
    const Type = TYPES[dtype];
    if (!Type) throw new RangeError(`a tensor of type ${dtype}`);
    const size = (end - start) / Type.BYTES_PER_ELEMENT;
    if (size !== shape.reduce((product, side) => product * side, 1)) throw new RangeError(`${name} has another size`);
    const at = 8 + length + start;
    // A typed array must begin at a multiple of its element's size; where the file does not, its bytes are copied.
    const aligned = at % Type.BYTES_PER_ELEMENT === 0;
    tensors[name] = { dtype, shape, data: aligned ? new Type(buffer, at, size) : new Type(buffer.slice(at, 8 + length + end)) };
  }
  return { tensors, metadata };
}
