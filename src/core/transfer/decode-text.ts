import { isUtf8 } from 'node:buffer';

/**
 * The text of a file in UTF-8 or UTF-16 of either byte order, with a byte order mark or without; undefined where it is
 * neither. Tools on Windows write all of them.
 */
export function decodeText(bytes: Buffer): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decodeUtf16(bytes.subarray(2), 'utf-16le');
  if (first === 0xfe && second === 0xff) return decodeUtf16(bytes.subarray(2), 'utf-16be');
  // JSON begins with an ASCII character, half of which is a zero byte in UTF-16.
  if (bytes.length > 1 && second === 0 && first !== 0) return decodeUtf16(bytes, 'utf-16le');
  if (bytes.length > 1 && first === 0 && second !== 0) return decodeUtf16(bytes, 'utf-16be');
  return isUtf8(bytes) ? bytes.toString('utf8').replace(/^\uFEFF/, '') : undefined;
}

function decodeUtf16(bytes: Buffer, encoding: 'utf-16le' | 'utf-16be'): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // An odd number of bytes, or half a character: no text of this encoding, whatever it is.
    return undefined;
  }
}
