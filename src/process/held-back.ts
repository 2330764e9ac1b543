import type { Output, ProcessStreams } from '../cli/terminal/io.js';

/** Streams that write nothing before `release`, and all of it then, in its order. */
export function heldBack(streams: ProcessStreams): { readonly held: ProcessStreams; release(): void } {
  const writes: (() => unknown)[] = [];
  // Everything but `write` comes from the real stream, which is made only when it is used.
  const hold = (output: Output): Output =>
    Object.create(output, { write: { value: (text: string | Uint8Array) => writes.push(() => output.write(text)) } });
  const held: ProcessStreams = Object.create(streams, {
    answers: { get: () => hold(streams.answers) },
    messages: { get: () => hold(streams.messages) },
  });
  return {
    held,
    release() {
      for (const write of writes) write();
    },
  };
}
