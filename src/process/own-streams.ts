import type { Output, ProcessStreams } from '../cli/terminal/io.js';
import { plainOutput } from './plain-output.js';

export interface OwnStreams extends ProcessStreams {
  /** Whether Node has made any of them. */
  readonly areMade: boolean;
  /** Resolves when the readers have taken everything. */
  written(): Promise<void>;
}

interface StreamChoices {
  /**
   * Called when the terminal has closed or nobody reads the messages. It may still wait for what must not be cut off.
   */
  readonly endUnheard: () => void;
  /** Whether the program may wait for a reader with all that it does; on Windows a pipe makes it wait only then. */
  readonly mayWait: boolean;
}

/** Node makes a stream when it is first asked for, which takes milliseconds: most commands need only one of them. */
export function ownStreams({ endUnheard, mayWait }: StreamChoices): OwnStreams {
  const outputs = new Set<NodeJS.WriteStream>();
  let isInputMade = false;
  let answers: Output | undefined;
  let messages: Output | undefined;

  const stdout = () => output(process.stdout);
  const stderr = () => output(process.stderr);

  function output(stream: NodeJS.WriteStream): NodeJS.WriteStream {
    if (outputs.has(stream)) return stream;
    outputs.add(stream);
    return stream.on('error', endQuietly);
  }

  /** A reader that has gone away, as in `| head -1`, is no failure of ours; a full disk behind a redirect is. */
  function endQuietly(this: NodeJS.WriteStream, error: NodeJS.ErrnoException): void {
    // Requests may be under way when a message fails, and must not be cut off; there are none when an answer does.
    if (this === process.stderr || (error.code === 'EIO' && this.isTTY)) {
      endUnheard();
      return;
    }
    if (error.code === 'EPIPE') process.exit(process.exitCode);
    process.stderr.write(`error: cannot write the output: ${error.code ?? error.message}\n`);
    process.exit(1);
  }

  return {
    get stdin() {
      isInputMade = true;
      const { stdin } = process;
      const isWatched = !stdin.isTTY || stdin.listeners('error').includes(endUnheard);
      return isWatched ? stdin : stdin.on('error', endUnheard);
    },
    get stdout() {
      return stdout();
    },
    get stderr() {
      return stderr();
    },
    get answers() {
      answers ??= (mayWait ? plainOutput(1, stdout) : undefined) ?? stdout();
      return answers;
    },
    get messages() {
      messages ??= (mayWait ? plainOutput(2, stderr) : undefined) ?? stderr();
      return messages;
    },
    get areMade() {
      return isInputMade || outputs.size > 0;
    },
    async written() {
      await Promise.all(
        [...outputs].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
      );
    },
  };
}
