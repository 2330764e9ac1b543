/** Ways in which a file gets damaged, as a disk, a copy or a person does it. */
export const damages: Readonly<Record<string, (whole: Buffer) => Buffer>> = {
  'is empty': () => Buffer.alloc(0),
  'was cut in half': (whole) => whole.subarray(0, whole.length >> 1),
  'lacks its last byte': (whole) => whole.subarray(0, -1),
  'has a byte more': (whole) => Buffer.concat([whole, Buffer.from('\n')]),
  'has a changed byte': (whole) => changeAt(whole, whole.length >> 2),
  'ends in zeros': (whole) =>
    Buffer.concat([whole.subarray(0, whole.length >> 1), Buffer.alloc((whole.length + 1) >> 1)]),
  'has other bytes for zeros': (whole) => Buffer.from(whole.map((byte) => (byte === 0 ? 1 : byte))),
};

function changeAt(whole: Buffer, at: number): Buffer {
  const changed = Buffer.from(whole);
  changed[at] = (changed[at] ?? 0) ^ 0x55;
  return changed;
}
