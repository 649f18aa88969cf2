/**
 * The one format in which Python sends arrays to the browser (pages/components/packing.py is the other side):
 * <u32 header length><JSON header, padded so that what follows starts at a multiple of 8><arrays...>.
 * The header's `arrays` list says each array's dtype, shape and offset from the first of them.
 */

/** @typedef {{dtype: string, shape: number[], offset: number}} Place */
/** @typedef {Float32Array|Float64Array|Uint8Array|Int8Array|Uint16Array|Int16Array|Uint32Array|Int32Array} NumberArray */

/** numpy's short names of the types that a browser has. @type {Record<string, any>} */
const ARRAY_OF = {
  f4: Float32Array, f8: Float64Array,
  u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array, i4: Int32Array,
};

/**
 * Read packed bytes.
 *
 * @param {Uint8Array} bytes as Streamlit hands them over: their offset in the buffer may be unaligned.
 * @returns {{header: any, arrays: NumberArray[]}} the header, and the flat typed arrays.
 */
export function unpack(bytes) {
  const buffer = bytes.slice().buffer; // a copy of its own starts at offset 0, so typed arrays are aligned
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = 4 + length;
  const arrays = header.arrays.map((/** @type {Place} */ place) => {
    const size = place.shape.reduce((product, side) => product * side, 1);
    return new ARRAY_OF[place.dtype](buffer, start + place.offset, size);
  });
  return { header, arrays };
}
