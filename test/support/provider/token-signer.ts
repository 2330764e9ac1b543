import { generateKeyPairSync, type JsonWebKey, sign, verify } from 'node:crypto';
import type { Account } from './people.js';

export type Claims = Readonly<Record<string, unknown>>;

export interface TokenSigner {
  /** For the OAuth server's key set. */
  readonly privateJwk: JsonWebKey;
  sign(claims: Claims): string;
  /** The claims of a token that this stand-in signed, expired or not; undefined for any other string. */
  verify(token: string): Claims | undefined;
}

/** ES256 with a key of its own for every start, so that nothing issued outlives the process. */
export function createTokenSigner(): TokenSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const header = encode({ alg: 'ES256', typ: 'JWT', kid: 'stand-in' });
  return {
    privateJwk: { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'stand-in' },
    sign(claims) {
      const input = `${header}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${input}.${signature.toString('base64url')}`;
    },
    verify(token) {
      const [head, payload, signature] = token.split('.');
      if (head === undefined || payload === undefined || signature === undefined) return undefined;
      const isOurs = verify(
        'sha256',
        Buffer.from(`${head}.${payload}`),
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      );
      return isOurs ? (JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims) : undefined;
    },
  };
}

/** What both the id token and the access token say about the person; some logins name no account. */
export function identityClaims(account: Account, namesAccount = true): Claims {
  return {
    sub: account.userId,
    email: account.email,
    email_verified: true,
    'https://api.openai.com/profile': { email: account.email, email_verified: true },
    'https://api.openai.com/auth': {
      chatgpt_user_id: account.userId,
      user_id: account.userId,
      ...(namesAccount ? { chatgpt_account_id: account.accountId } : {}),
      chatgpt_plan_type: account.planType,
    },
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
