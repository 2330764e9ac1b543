import {
  createPrompt,
  isBackspaceKey,
  isDownKey,
  isEnterKey,
  isUpKey,
  makeTheme,
  type Theme,
  useEffect,
  useKeypress,
  usePagination,
  usePrefix,
  useState,
} from '@inquirer/core';

export interface Entry {
  /** The number that typed digits are the beginning of. */
  readonly number: number;
  /** The text that other typed text is looked for in. */
  readonly words: string;
  /** What stays on the screen once the entry has been chosen. */
  readonly short: string;
}

interface FilterConfig {
  readonly message: string;
  readonly entries: readonly Entry[];
  /** Where the cursor is at first. */
  readonly start: number;
  readonly pageSize: number;
  readonly help: string;
  /** A line for each entry, as wide as the terminal is by now. */
  readonly linesNow: () => readonly string[];
  /** Calls back whenever the width changes. Returns how to stop it. */
  readonly onResize: (listener: () => void) => () => void;
  readonly theme: {
    readonly prefix: { readonly idle: string; readonly done: string };
    readonly icon: { readonly cursor: string };
    readonly style: Partial<Theme['style']>;
  };
}

/** A list that gets shorter as one types. Resolves to the position of the entry that was chosen. */
export const filterPrompt = createPrompt<number, FilterConfig>((config, done) => {
  const { message, entries, help, pageSize } = config;
  const theme = makeTheme<object>(config.theme);
  const [status, setStatus] = useState<'idle' | 'done'>('idle');
  const [filter, setFilter] = useState('');
  const [active, setActive] = useState(config.start);
  const [lines, setLines] = useState(config.linesNow());
  const prefix = usePrefix({ status, theme });
  const found = positionsOf(entries, filter);
  const cursor = Math.max(0, found.indexOf(active));
  useEffect(() => config.onResize(() => setLines(config.linesNow())), []);

  useKeypress((key, line) => {
    // The line of the terminal is emptied after each key, so that arrows do not bring back what was typed before.
    const typed = line.line;
    line.clearLine(0);
    if (isEnterKey(key)) {
      const chosen = found[cursor];
      if (chosen === undefined) return;
      setActive(chosen);
      setStatus('done');
      done(chosen);
    } else if (isUpKey(key) || isDownKey(key)) {
      const next = found[cursor + (isUpKey(key) ? -1 : 1)];
      if (next !== undefined) setActive(next);
    } else setFilter(isBackspaceKey(key) ? filter.slice(0, -1) : filter + typed);
  });

  const title = theme.style.message(message, status);
  const page = usePagination({
    items: found,
    active: cursor,
    pageSize,
    loop: false,
    renderItem({ item, isActive }) {
      const text = lines[item] ?? entries[item]?.short ?? '';
      return isActive ? theme.style.highlight(`${config.theme.icon.cursor} ${text}`) : `  ${text}`;
    },
  });
  if (status === 'done') return `${prefix} ${title} ${theme.style.answer(entries[active]?.short ?? '')}`;
  const body = found.length === 0 ? '  nobody is called that' : page;
  return [`${prefix} ${title} ${filter}`.trimEnd(), `${body}\n\n${theme.style.help(help)}`];
});

function positionsOf(entries: readonly Entry[], filter: string): number[] {
  const wanted = filter.trim().toLowerCase();
  const isNumber = /^\d+$/.test(wanted);
  return entries.flatMap(({ number, words }, position) => {
    const isFound = isNumber ? String(number).startsWith(wanted) : words.toLowerCase().includes(wanted);
    return isFound ? [position] : [];
  });
}
