import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import type { Denial } from '../../core/oauth/callback-params.js';
import type { AuthorizationGrant } from '../../core/oauth/token-endpoint.js';
import { networkHint } from '../../core/provider/obstruction.js';
import type { Context } from '../program/context.js';
import { formatDuration } from '../render/time.js';

/** How the login ended, for whoever is still looking at a page in the browser. */
type SignInEnd =
  | { readonly kind: 'signed-in'; readonly email?: string }
  | { readonly kind: 'failed'; readonly message: string };

/** What the sign-in page is told about who shall sign in. */
export interface SignInRequest {
  /** The email that the page fills in. */
  readonly loginHint?: string;
}

/** A consent in hand. `finish` tells the browser how it went on, and gives back what the wait for it held. */
export interface ObtainedGrant {
  readonly grant: AuthorizationGrant;
  finish(end: SignInEnd): Promise<void>;
}

export const nothingToFinish = async (): Promise<void> => undefined;

/** The error for a consent that the person or the provider refused. */
export function denialError({ error, description, meaning, message }: Denial): AppError {
  const details = { error, ...definedOnly({ providerCode: error, providerMessage: description }) };
  const isRegion = meaning === 'region';
  return new AppError(isRegion ? 'region' : 'login-failed', message, {
    hint: isRegion ? networkHint : hintOf(error, message),
    details,
  });
}

function hintOf(error: string, message: string): string {
  if (message.startsWith('Codex is not enabled')) return 'once that is done, try again';
  if (error === 'access_denied') return 'try again, and allow it on the page';
  return 'try again, or use another way: codex-auth login --device-auth';
}

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
  // Ctrl-C is told by whoever hears it first, and no line may be drawn after that.
  context.signal.addEventListener('abort', stop, { once: true });
  draw();
  return { stop };
}

function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
