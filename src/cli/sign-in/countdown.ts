import type { Context } from '../program/context.js';
import { formatDuration } from '../render/time.js';

/** Shows on a terminal how long a wait may still take; elsewhere one line says it once. */
export function startCountdown(context: Context, what: string, limitMs: number) {
  const { io, clock } = context;
  if (!io.noteStyle.canRewrite) {
    io.note(`${what}, for ${formatDuration(limitMs)} at most`);
    return { stop: () => undefined };
  }
  const endsAt = clock.monotonicMs() + limitMs;
  const dot = io.noteStyle.hasUnicode ? '·' : '-';
  // The time comes first: it stays where the rest has no room.
  const draw = () => io.status(`${formatClock(endsAt - clock.monotonicMs())} left ${dot} ${what} (Ctrl-C to cancel)`);
  const timer = setInterval(draw, 1_000);
  const stop = () => {
    clearInterval(timer);
    io.status();
  };
  // Ctrl-C ends the command, which may be reported at once: no line may be drawn after that.
  context.signal.addEventListener('abort', stop, { once: true });
  draw();
  return { stop };
}

function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
