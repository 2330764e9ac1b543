import { readClaims } from '../accounts/jwt-claims.js';
import { definedOnly } from '../defined-only.js';
import type { ReceivedTokens } from '../oauth/token-verdict.js';
import type { JournalAnswer } from './journal.js';

/** Clocks that differ by less count as the same. */
const toleratedSkewMs = 60_000;

/**
 * An answer of the token endpoint as the journal keeps it. The access token's own `exp` decides when it ends; for an
 * opaque one `expires_in` does. Where our clock is off, the end is the one that our clock will show then, so that
 * everybody who looks at it later judges it right.
 */
export function journalAnswer(
  tokens: ReceivedTokens,
  receivedAt: number,
  serverDate?: number,
  askedAt = receivedAt,
): JournalAnswer {
  const { accessToken, expiresInSeconds } = tokens;
  return {
    receivedAt,
    ...definedOnly({
      refreshToken: tokens.refreshToken?.reveal(),
      accessToken: accessToken?.reveal(),
      idToken: tokens.idToken?.reveal(),
      expiresAt:
        accessToken === undefined
          ? undefined
          : (endByOurClock(accessToken.reveal(), receivedAt, serverDate, askedAt) ??
            endAfter(expiresInSeconds, receivedAt)),
    }),
  };
}

/** When our clock will show the end that a JWT names by the server's; undefined for an opaque token. */
export function endByOurClock(
  token: string,
  now: number,
  serverDate: number | undefined,
  askedAt = now,
): number | undefined {
  const end = readClaims(token)?.expiresAt;
  const skewMs = serverDate === undefined ? 0 : skewOf(serverDate, askedAt, now);
  return end === undefined || Math.abs(skewMs) <= toleratedSkewMs ? end : end + skewMs;
}

/** An answer may have waited while this process did not run: only a date before or after that time shows a skew. */
function skewOf(serverDate: number, askedAt: number, receivedAt: number): number {
  return serverDate < askedAt ? askedAt - serverDate : Math.min(0, receivedAt - serverDate);
}

function endAfter(seconds: number | undefined, receivedAt: number): number | undefined {
  return seconds === undefined ? undefined : receivedAt + seconds * 1000;
}
