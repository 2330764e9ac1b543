import type { Context } from '../program/context.js';

// xterm's control sequences (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
const enterAlternate = '\u001b[?1049h\u001b[H\u001b[2J';
const leaveAlternate = '\u001b[?1049l';
const showCursor = '\u001b[?25h';
const eraseScrollback = '\u001b[3J';

/** The terminal while the dashboard has it: the alternate screen, after which the earlier content is there again. */
export interface Screen {
  /** For drawing. Everything written to it may be shown (`--mask`), and leaves the scrollback of the person alone. */
  readonly stdout: NodeJS.WriteStream;
  leave(): void;
}

export function enterScreen({ io, machine }: Context): Screen {
  const { stdout, stdin } = io;
  stdout.write(enterAlternate);
  // For whatever ends the process without calling `leave`, such as an exception that nothing catches.
  const keep = machine.jobControl?.beforeEnd(restore);

  function restore(): void {
    if (stdin.isRaw) stdin.setRawMode(false);
    stdout.write(leaveAlternate + showCursor);
  }

  return {
    stdout: drawing(stdout, (text) => io.shown(text).replaceAll(eraseScrollback, '')),
    leave() {
      keep?.();
      restore();
    },
  };
}

/** The stream, on which all writing passes `shown`. */
function drawing(stream: NodeJS.WriteStream, shown: (text: string) => string): NodeJS.WriteStream {
  return new Proxy(stream, {
    get(target, name) {
      if (name === 'write') return (text: string, ...rest: (() => void)[]) => target.write(shown(text), ...rest);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
