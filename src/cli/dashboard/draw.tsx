import { Box, render, Text, useInput, useStdout } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { createTheme } from '../render/theme.js';
import type { Style } from '../terminal/io.js';
import { layOut, type Size } from './frame.js';
import { intentOf, typedKeys } from './keys.js';
import { type View, viewOf } from './model.js';
import { moved } from './press-key.js';
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

export function draw({ stdout, stdin, stderr, style, now }: Canvas, session: Session): Drawing {
  const app = render(<App session={session} style={style} now={now} />, {
    ...{ stdout, stdin, stderr },
    exitOnCtrlC: false,
    patchConsole: false,
  });
  return { drawn: app.waitUntilExit(), end: () => app.unmount() };
}

type AppProps = Pick<Canvas, 'style' | 'now'> & { readonly session: Session };

/** The whole screen: the session's model, laid out for its size. Every key goes to the session. */
export function App({ session, style, now }: AppProps) {
  const model = useSyncExternalStore(session.subscribe, session.model);
  const size = useSize();
  useInput((input, key) => {
    for (const each of typedKeys(input, key)) session.dispatch({ kind: 'key', key: each });
  });
  const theme = createTheme({ ...style, width: size.columns }, now());
  const { header, body, isPage, footer, bodyHeight } = layOut(model, theme, size);
  const more = (count: number) => theme.color.dim(`${theme.symbols.ellipsis} ${count} more below (press j)`);
  const isAsking = model.question !== undefined;
  return (
    <Box flexDirection="column" width={size.columns}>
      <Lines of={header} height={header.length} />
      {isPage ? (
        <Page
          key={model.views.join()}
          view={viewOf(model)}
          lines={body}
          height={bodyHeight}
          isActive={!isAsking}
          more={more}
        />
      ) : (
        <Lines of={body} height={bodyHeight} />
      )}
      <Lines of={footer} height={footer.length} />
    </Box>
  );
}

/** Some pseudo terminals report nothing. */
const defaultSize: Size = { columns: 80, rows: 24 };

function useSize(): Size {
  const { stdout } = useStdout();
  const read = () => ({ columns: stdout.columns || defaultSize.columns, rows: stdout.rows || defaultSize.rows });
  const [size, setSize] = useState(read);
  useEffect(() => {
    const resized = () => setSize(read());
    stdout.on('resize', resized);
    return () => {
      stdout.off('resize', resized);
    };
  });
  return size;
}

/** Lines that are no wider than the screen, cut or filled up to a height. */
function Lines({ of, height }: { readonly of: readonly string[]; readonly height: number }) {
  return (
    <Box flexDirection="column" height={height} flexShrink={0} overflow="hidden">
      {of.slice(0, height).map((line, place) => (
        // An empty text would take no line.
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is nothing but what stands at its place
        <Text key={place}>{line === '' ? ' ' : line}</Text>
      ))}
    </Box>
  );
}

interface PageProps {
  readonly view: View;
  readonly lines: readonly string[];
  readonly height: number;
  /** Whether keys move in it; a question has them first. */
  readonly isActive: boolean;
  /** The text of the last line, where more lines follow. */
  readonly more: (count: number) => string;
}

/** Text that may be longer than its room, and how far it is scrolled. */
function Page({ view, lines, height, isActive, more }: PageProps) {
  const [wanted, setWanted] = useState(0);
  const room = lines.length > height ? Math.max(1, height - 1) : height;
  const places = Math.max(1, lines.length - room + 1);
  const offset = Math.min(wanted, places - 1);
  const below = places - 1 - offset;
  useInput(
    (input, key) => {
      const scroll = (at: number, each: string) => moved(intentOf(view, each) ?? 'open', at, places) ?? at;
      setWanted(typedKeys(input, key).reduce(scroll, offset));
    },
    { isActive },
  );
  const shown = [...lines.slice(offset, offset + room), ...(below > 0 ? [more(below)] : [])];
  return <Lines of={shown} height={height} />;
}
