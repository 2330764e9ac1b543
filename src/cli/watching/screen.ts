import { AppError } from '../../core/errors.js';
import { printable, printableIn } from '../../core/printable.js';
import { type Context, createContext } from '../program/context.js';
import { createTheme, type Theme } from '../render/theme.js';
import { formatDuration } from '../render/time.js';
import { enterScreen, type Screen } from '../terminal/enter-screen.js';
import { wrapLine } from '../terminal/wrap-text.js';
import { hasPlaces, whoseAccounts } from '../views/scope-view.js';
import type { WatchRound } from './watch-view.js';
import { blockLines, tableLines } from './watch-view.js';

/** Draws each round in the place of the one before, and every second how old it has become, until the rounds end. */
export async function drawRounds(
  context: Context,
  roundsOf: (quiet: Context) => AsyncIterable<WatchRound>,
): Promise<void> {
  // A context that is asked for JSON writes nothing to the terminal, on which the rounds are drawn.
  const ending = new AbortController();
  const end = () => ending.abort();
  context.signal.addEventListener('abort', end, { once: true });
  const quiet = createContext({ ...context.machine, signal: ending.signal }, { ...context.options, json: true });
  const keys = listenToKeys(context, end);
  let latest: WatchRound | undefined;
  const canvas = openCanvas(context, (theme, rows) =>
    frame(latest, quiet.warnings, theme, { rows, isInteractive: context.io.isInteractive }),
  );
  try {
    for await (const round of roundsOf(quiet)) {
      latest = printableIn(round);
      canvas.draw();
    }
  } finally {
    canvas.close();
    keys.stop();
    context.signal.removeEventListener('abort', end);
    await quiet.close();
  }
  if (keys.hasInterrupted()) throw new AppError('interrupted', 'interrupted');
}

/** `q` ends the watch. While keys are read one by one, Ctrl-C and Ctrl-Z are keys too. */
function listenToKeys({ io, machine }: Context, end: () => void) {
  const { stdin } = io;
  let hasInterrupted = false;

  function hear(input: Buffer): void {
    const typed = input.toString();
    // `openCanvas` listens to the signal that this sends, and gives the screen back.
    if (typed.includes('\u001a')) void machine.jobControl?.suspend();
    if (typed.includes('\u0003')) hasInterrupted = true;
    if (hasInterrupted || typed.includes('q')) end();
  }

  if (io.isInteractive) stdin.on('data', hear).resume();
  return {
    hasInterrupted: () => hasInterrupted,
    stop() {
      if (io.isInteractive) stdin.off('data', hear).pause();
    },
  };
}

const hideCursor = '\u001b[?25l';
const toTop = '\u001b[H';
const eraseLine = '\u001b[K';
const eraseBelow = '\u001b[J';

/** The screen until it is closed; a job that is stopped gives it back meanwhile. */
function openCanvas(context: Context, frameOf: (theme: Theme, rows: number) => readonly string[]) {
  const { io, clock, machine } = context;
  let screen: Screen | undefined;
  let isClosed = false;

  function draw(): void {
    const { columns, rows } = io.stdout;
    const theme = createTheme({ ...io.style, width: columns || io.style.width }, clock.now());
    const lines = frameOf(theme, rows || 24).map((line) => `${line}${eraseLine}`);
    screen?.stdout.write(`${toTop}${lines.join('\r\n')}${eraseBelow}`);
  }

  function open(): void {
    screen = enterScreen(context);
    if (io.isInteractive) io.stdin.setRawMode(true);
    screen.stdout.write(hideCursor);
    draw();
  }

  function leave(): void {
    screen?.leave();
    screen = undefined;
  }

  function listen(): (() => void) | undefined {
    return machine.jobControl?.listen((event) => {
      if (event === 'continue') return draw();
      unlisten?.();
      leave();
      void machine.jobControl?.suspend().then(() => {
        if (isClosed) return;
        unlisten = listen();
        open();
      });
    });
  }

  let unlisten = listen();
  const timer = setInterval(draw, 1_000);
  io.stdout.on('resize', draw);
  open();
  return {
    draw,
    close() {
      isClosed = true;
      clearInterval(timer);
      io.stdout.off('resize', draw);
      unlisten?.();
      leave();
    },
  };
}

/** As much as fits: blocks with bars, else the table, else the beginning of it; warnings where there is room for them. */
function frame(
  round: WatchRound | undefined,
  warnings: readonly string[],
  theme: Theme,
  { rows, isInteractive }: { readonly rows: number; readonly isInteractive: boolean },
): readonly string[] {
  const { color, style, symbols } = theme;
  const broken = (lines: readonly string[]) => lines.flatMap((line) => wrapLine(line, style.width, { indent: 5 }));
  const notes = broken(warnings.map((text) => color.yellow(`warning: ${printable(text)}`)));
  if (round === undefined) return [...broken([color.dim(`asking about the accounts${symbols.ellipsis}`)]), ...notes];
  const problem = round.problem === undefined ? [] : [color.yellow(round.problem.message)];
  const footer = broken([
    ...problem,
    color.dim([footerText(round, theme), isInteractive ? 'q ends' : 'Ctrl-C ends'].join(` ${symbols.separator} `)),
  ]);
  const room = Math.max(1, rows - footer.length - 1);
  const blocks = broken(blockLines(round, theme));
  const shown = blocks.length <= room ? blocks : broken(tableLines(round, theme));
  const cut = shown.length <= room ? shown : [...shown.slice(0, room - 1), color.dim(symbols.ellipsis)];
  return [...cut, '', ...notes.slice(0, room - cut.length), ...footer];
}

function footerText({ scope, accounts, nextAt }: WatchRound, { now, symbols }: Theme): string {
  const next = nextAt === undefined ? [] : [`next look in ${formatDuration(Date.parse(nextAt) - now)}`];
  const count = `${accounts.length} account${accounts.length === 1 ? '' : 's'}`;
  const place = hasPlaces(scope) ? [whoseAccounts(scope.place)] : [];
  return [count, ...place, ...next].join(` ${symbols.separator} `);
}
