import { fstatSync, writeSync } from 'node:fs';
import type { Output } from '../cli/terminal/io.js';
import { systemErrorCode } from '../core/errors.js';

type Descriptor = 1 | 2;

/**
 * A file or a pipe, written to without a stream, which is what Node does too except on Windows: loading its streams
 * takes longer than a listing. Undefined for a terminal, whose width only its stream knows. Where a write would have to
 * wait for the reader, or the reader has gone away, the stream that `otherwise` makes takes the rest.
 */
export function plainOutput(descriptor: Descriptor, otherwise: () => Output): Output | undefined {
  if (!isPlain(descriptor)) return undefined;
  let stream: Output | undefined;
  return {
    isTTY: false,
    write(text) {
      const rest = stream === undefined ? writeNow(descriptor, Buffer.from(text)) : text;
      if (rest.length === 0) return;
      stream ??= otherwise();
      stream.write(rest);
    },
  };
}

function isPlain(descriptor: Descriptor): boolean {
  try {
    const facts = fstatSync(descriptor);
    return facts.isFile() || facts.isFIFO() || facts.isSocket();
  } catch {
    // The descriptor cannot be used. Writing to its stream reports why.
    return false;
  }
}

/** Writes what can be written without waiting, and returns the rest. */
function writeNow(descriptor: Descriptor, bytes: Buffer): Buffer {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'EAGAIN' || code === 'EPIPE') return rest;
      // A failed message cannot be reported: standard error is where it would be.
      if (descriptor === 1) endFailed(code ?? 'unknown');
      return Buffer.alloc(0);
    }
  }
  return rest;
}

function endFailed(code: string): never {
  process.stderr.write(`error: cannot write the output: ${code}\n`);
  process.exit(1);
}
