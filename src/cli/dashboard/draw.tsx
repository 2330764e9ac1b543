import { render } from 'ink';
import type { Style } from '../terminal/io.js';
import { App } from './app.js';
import type { Session } from './session.js';

/** What a drawing needs of the terminal, which is taken already. */
export interface Canvas {
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  readonly style: Style;
  readonly now: () => number;
}

export interface Drawing {
  /** Resolves when it has ended, rejects with what it failed with. */
  readonly drawn: Promise<unknown>;
  end(): void;
}

/** Draws the dashboard until it is ended. */
export function draw({ stdout, stdin, stderr, style, now }: Canvas, session: Session): Drawing {
  const app = render(<App session={session} style={style} now={now} />, {
    ...{ stdout, stdin, stderr },
    exitOnCtrlC: false,
    patchConsole: false,
  });
  return { drawn: app.waitUntilExit(), end: () => app.unmount() };
}
