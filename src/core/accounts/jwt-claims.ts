import { definedOnly } from '../defined-only.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { isNumber, isText } from '../json-values.js';
import type { Identity } from './identity.js';

/** The claims this product reads from an id or access token; the signature is the provider's business, not ours. */
export interface TokenClaims extends Identity {
  /** The issuer's own id of the person (`sub`), which stands in where the token has neither user id nor email. */
  readonly subject?: string;
  readonly planType?: string;
  readonly isFedramp?: boolean;
  /** Who issued the token (`iss`). */
  readonly issuer?: string;
  /** The client that it was issued to (`client_id` of RFC 9068, `azp` of OpenID Connect). */
  readonly clientId?: string;
  /** The audience of the token (`aud`), where it is only one. */
  readonly audience?: string;
  /** Milliseconds since the epoch (`exp`). */
  readonly expiresAt?: number;
  /** Milliseconds since the epoch (`iat`): the server's clock, hence the order of a lineage. */
  readonly issuedAt?: number;
}

/** The claims of a JWT, or undefined when it is not one: an access token may be opaque. A mistyped claim is absent. */
export function readClaims(token: string): TokenClaims | undefined {
  const root = decodePayload(token);
  if (!isJsonObject(root)) return undefined;
  const [auth, profile] = [
    membersOf(root['https://api.openai.com/auth']),
    membersOf(root['https://api.openai.com/profile']),
  ];
  // Some issuers put these claims at the root.
  const either = (name: string) => readText(auth[name]) ?? readText(root[name]);
  return definedOnly({
    userId:
      readText(auth['chatgpt_user_id']) ??
      readText(auth['user_id']) ??
      readText(root['chatgpt_user_id']) ??
      readText(root['user_id']),
    accountId: either('chatgpt_account_id'),
    email: readText(root['email']) ?? readText(profile['email']),
    subject: readText(root['sub']),
    planType: either('chatgpt_plan_type'),
    isFedramp: [auth, root]
      .map((each) => each['chatgpt_account_is_fedramp'])
      .find((value) => typeof value === 'boolean'),
    issuer: readText(root['iss']),
    clientId: readText(root['client_id']) ?? readText(root['azp']),
    audience: onlyOne(root['aud']),
    expiresAt: inMilliseconds(root['exp']),
    issuedAt: inMilliseconds(root['iat']),
  });
}

function readText(value: unknown): string | undefined {
  return isText(value) && value !== '' ? value : undefined;
}

function membersOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
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

function onlyOne(audience: unknown): string | undefined {
  const [only, ...others] = Array.isArray(audience) ? audience : [audience];
  return others.length === 0 ? readText(only) : undefined;
}

const latestDateMs = 8.64e15;

/** A time that no Date can hold is no time. */
function inMilliseconds(value: unknown): number | undefined {
  const ms = isNumber(value) ? value * 1000 : undefined;
  return ms !== undefined && Math.abs(ms) <= latestDateMs ? ms : undefined;
}
