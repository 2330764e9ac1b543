import { definedOnly } from '../defined-only.js';
import type { JournalAnswer } from '../storage/journal.js';
import { readClaims } from './jwt-claims.js';
import type { ReceivedTokens } from './token-verdict.js';

/**
 * An answer of the token endpoint as the journal keeps it. The access token's own `exp` decides when it ends; for an
 * opaque one `expires_in` does (DESIGN §7).
 */
export function journalAnswer(tokens: ReceivedTokens, receivedAt: number): JournalAnswer {
  const { accessToken, expiresInSeconds } = tokens;
  const stated = expiresInSeconds === undefined ? undefined : receivedAt + expiresInSeconds * 1000;
  const claims = accessToken === undefined ? undefined : readClaims(accessToken.reveal());
  return {
    receivedAt,
    ...definedOnly({
      refreshToken: tokens.refreshToken?.reveal(),
      accessToken: accessToken?.reveal(),
      idToken: tokens.idToken?.reveal(),
      expiresAt: accessToken === undefined ? undefined : (claims?.expiresAt ?? stated),
    }),
  };
}
