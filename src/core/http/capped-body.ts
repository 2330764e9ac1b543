import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { systemErrorCode } from '../errors.js';

/** The body of an answer is larger than its cap (P20). It never leaves this directory. */
export class BodyTooLarge extends Error {}

export interface BodyLimits {
  readonly maxBytes: number;
  /** Whether the text so far is all that is wanted. */
  readonly isEnough?: ((text: string) => boolean) | undefined;
  /** Called when everything is here and only has to be unpacked. */
  readonly onReceived?: () => void;
}

/** Reads a body up to its limits; leaving the loop early destroys the stream and with it the connection. */
export async function readCappedBody(
  stream: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
  { maxBytes, isEnough, onReceived }: BodyLimits,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(chunk);
    if (isEnough?.(Buffer.concat(chunks).toString('utf8')) === true) break;
  }
  onReceived?.();
  const bytes = Buffer.concat(chunks);
  return (await decode(bytes, encoding?.trim().toLowerCase(), maxBytes)).toString('utf8');
}

/**
 * We ask for `identity`. Should a server in between compress all the same, the answer to a refresh must not be lost
 * over it (P3). The cap holds for what comes out, too.
 */
async function decode(bytes: Buffer, encoding: string | undefined, maxOutputLength: number): Promise<Buffer> {
  const decoder = decoders.get(encoding ?? '');
  if (decoder === undefined || bytes.byteLength === 0) return bytes;
  try {
    return await decoder(bytes, { maxOutputLength });
  } catch (error) {
    if (systemErrorCode(error) === 'ERR_BUFFER_TOO_LARGE') throw new BodyTooLarge();
    // Labelled as compressed but is not: the status still counts, and whoever reads the body judges it.
    return bytes;
  }
}

const decoders = new Map<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);
