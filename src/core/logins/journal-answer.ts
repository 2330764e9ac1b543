import { readClaims } from '../accounts/jwt-claims.js';
import { definedOnly } from '../defined-only.js';
import type { ReceivedTokens } from '../oauth/token-verdict.js';
import type { JournalAnswer } from './journal.js';

/** Clocks that differ by less count as the same. */
const toleratedSkewMs = 60_000;

/**
 * An answer of the token endpoint as the journal keeps it. The access token's own `exp` decides when it ends; for an
 * opaque one `expires_in` does. Where our clock is off, the end is the one that our clock will show then, so that
 * everybody who looks at it later judges it right (DESIGN §7).
 */
export function journalAnswer(tokens: ReceivedTokens, receivedAt: number, serverDate?: number): JournalAnswer {
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
          : (endByOurClock(accessToken.reveal(), receivedAt, serverDate) ?? endAfter(expiresInSeconds, receivedAt)),
    }),
  };
}

/** When our clock will show the end that a JWT names by the server's; undefined for an opaque token. */
export function endByOurClock(token: string, now: number, serverDate: number | undefined): number | undefined {
  const end = readClaims(token)?.expiresAt;
  const skewMs = serverDate === undefined ? 0 : now - serverDate;
  return end === undefined || Math.abs(skewMs) <= toleratedSkewMs ? end : end + skewMs;
}

function endAfter(seconds: number | undefined, receivedAt: number): number | undefined {
  return seconds === undefined ? undefined : receivedAt + seconds * 1000;
}
