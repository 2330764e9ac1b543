import { Box, useInput, useStdout } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { createTheme } from '../render/theme.js';
import type { Style } from '../terminal/io.js';
import { layOut, type Size } from './frame.js';
import { Lines } from './lines.js';
import { viewOf } from './model.js';
import { Page } from './page.js';
import type { Session } from './session.js';
import { typedKeys } from './typed-keys.js';

export interface AppProps {
  readonly session: Session;
  readonly style: Style;
  readonly now: () => number;
}

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
