// Binary frames of the protocol (little endian, a header of 32 bytes). Python's side: playground/wire.py.

const MAGIC = "SXF1";
export const HEADER = 32;

/** The record in one binary message; throws an Error with a sentence when the bytes are not a frame. */
export function decodeFrame(buffer) {
  if (buffer.byteLength < HEADER)
    throw new Error(`A frame has at least ${HEADER} bytes, not ${buffer.byteLength}.`);
  const view = new DataView(buffer);
  const magic = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== MAGIC) throw new Error(`A frame begins with ${MAGIC}, not ${JSON.stringify(magic)}.`);
  const frame = {
    seq: view.getUint32(4, true),
    step: view.getUint32(8, true),
    grid: view.getUint16(12, true),
    classes: view.getUint8(14),
    kind: view.getUint8(15),
    train: { cost: view.getFloat32(16, true), accuracy: view.getFloat32(20, true) },
    test: withoutNaN(view.getFloat32(24, true), view.getFloat32(28, true)),
  };
  if (frame.kind === 0) return withPlanes(frame, buffer);
  if (frame.kind === 1) return withUnits(frame, buffer, view);
  throw new Error(`No frame is of kind ${frame.kind}.`);
}

/** Test figures are NaN when there is no test set. */
function withoutNaN(cost, accuracy) {
  return Number.isNaN(cost) ? null : { cost, accuracy };
}

function withPlanes(frame, buffer) {
  const size = frame.grid * frame.grid;
  expect(buffer, HEADER + size * (1 + frame.classes));
  const plane = (k) => new Uint8Array(buffer, HEADER + size * k, size);
  frame.argmax = plane(0);
  frame.planes = Array.from({ length: frame.classes }, (_, k) => plane(k + 1));
  return frame;
}

function withUnits(frame, buffer, view) {
  expect(buffer, HEADER + 4, true);
  const count = view.getUint16(HEADER, true);
  const side = view.getUint16(HEADER + 2, true);
  const size = side * side;
  expect(buffer, HEADER + 4 + count * size);
  frame.side = side;
  frame.maps = Array.from({ length: count }, (_, k) => new Int8Array(buffer, HEADER + 4 + k * size, size));
  return frame;
}

function expect(buffer, bytes, atLeast = false) {
  const right = atLeast ? buffer.byteLength >= bytes : buffer.byteLength === bytes;
  if (!right) throw new Error(`This frame has ${buffer.byteLength} bytes where ${bytes} are due.`);
}
