import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';

/** The claims this product reads from an id or access token; the signature is the provider's business, not ours. */
export interface TokenClaims {
  readonly userId?: string;
  readonly accountId?: string;
  readonly email?: string;
  readonly planType?: string;
  readonly isFedramp?: boolean;
  /** Who issued the token (`iss`). */
  readonly issuer?: string;
  /** The client that it was issued to (`client_id` of RFC 9068, `azp` of OpenID Connect). */
  readonly clientId?: string;
  /** Whom it is for (`aud`), where that is one. */
  readonly audience?: string;
  /** Milliseconds since the epoch (`exp`). */
  readonly expiresAt?: number;
  /** Milliseconds since the epoch (`iat`): the server's clock, hence the order of a lineage. */
  readonly issuedAt?: number;
}

const seconds = z.catch(z.optional(z.number()), undefined);
const text = z.catch(z.optional(z.string().check(z.minLength(1))), undefined);

const Payload = z.object({
  exp: seconds,
  iat: seconds,
  iss: text,
  client_id: text,
  azp: text,
  aud: z.catch(z.optional(z.union([z.string(), z.array(z.string())])), undefined),
  email: text,
  'https://api.openai.com/profile': z.catch(z.optional(z.object({ email: text })), undefined),
  'https://api.openai.com/auth': z.catch(
    z.optional(
      z.object({
        chatgpt_user_id: text,
        user_id: text,
        chatgpt_account_id: text,
        chatgpt_plan_type: text,
        chatgpt_account_is_fedramp: z.catch(z.optional(z.boolean()), undefined),
      }),
    ),
    undefined,
  ),
});

/** The claims of a JWT, or undefined when it is not one: an access token may be opaque (CODEX.md §2). */
export function readClaims(token: string): TokenClaims | undefined {
  const payload = decodePayload(token);
  const parsed = Payload.safeParse(payload);
  if (!parsed.success) return undefined;
  const auth = parsed.data['https://api.openai.com/auth'];
  return definedOnly({
    userId: auth?.chatgpt_user_id ?? auth?.user_id,
    accountId: auth?.chatgpt_account_id,
    email: parsed.data.email ?? parsed.data['https://api.openai.com/profile']?.email,
    planType: auth?.chatgpt_plan_type,
    isFedramp: auth?.chatgpt_account_is_fedramp,
    issuer: parsed.data.iss,
    clientId: parsed.data.client_id ?? parsed.data.azp,
    audience: onlyOne(parsed.data.aud),
    expiresAt: inMilliseconds(parsed.data.exp),
    issuedAt: inMilliseconds(parsed.data.iat),
  });
}

function decodePayload(token: string): unknown {
  const parts = token.split('.');
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) return undefined;
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    // Not JSON: the token is opaque, which is allowed. The parse error would quote the token.
    return undefined;
  }
}

function onlyOne(audience: string | readonly string[] | undefined): string | undefined {
  const [only, ...others] = typeof audience === 'string' ? [audience] : (audience ?? []);
  return others.length === 0 ? only || undefined : undefined;
}

const latestDateMs = 8.64e15;

/** A time that no Date can hold is no time. */
function inMilliseconds(value: number | undefined): number | undefined {
  const ms = value === undefined ? undefined : value * 1000;
  return ms !== undefined && Math.abs(ms) <= latestDateMs ? ms : undefined;
}
