import type { Context } from '../context.js';
import { formatDuration } from '../render/time.js';

export interface Countdown {
  stop(): void;
}

/** Shows on a terminal how long a wait may still take; elsewhere one line says it once. */
export function startCountdown(context: Context, what: string, limitMs: number): Countdown {
  const { io, clock } = context;
  if (!io.noteStyle.isTerminal || context.options.json === true) {
    io.note(`${what}, for ${formatDuration(limitMs)} at most\n`);
    return { stop: () => undefined };
  }
  const endsAt = clock.monotonicMs() + limitMs;
  const draw = () => {
    const left = formatClock(endsAt - clock.monotonicMs());
    io.note(`\r\u001b[K${what} ${io.noteStyle.hasUnicode ? '·' : '-'} ${left} left (Ctrl-C to cancel)`);
  };
  draw();
  const timer = setInterval(draw, 1_000);
  return {
    stop() {
      clearInterval(timer);
      io.note('\r\u001b[K');
    },
  };
}

/** `9:58` */
function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
