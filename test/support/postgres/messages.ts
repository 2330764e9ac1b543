/** A message of the server: its kind in one byte, and its length, which counts itself, in four. */
export function messagesIn(bytes: Buffer): { messages: Buffer[]; left: Buffer } {
  const messages: Buffer[] = [];
  let left: Buffer = bytes;
  while (left.length >= 5) {
    const length = 1 + left.readInt32BE(1);
    if (left.length < length) break;
    messages.push(left.subarray(0, length));
    left = left.subarray(length);
  }
  return { messages, left };
}
