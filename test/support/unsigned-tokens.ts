/** Whom a token is for and when it was issued and ends; times are seconds since the epoch, as in a JWT. */
export interface TokenFacts {
  readonly userId?: string | undefined;
  readonly accountId?: string | undefined;
  readonly email?: string | undefined;
  readonly planType?: string | undefined;
  readonly issuer?: string | undefined;
  readonly iat?: number | undefined;
  readonly exp?: number | undefined;
}

/** A JWT that nobody signed: neither this program nor the official client looks at the signature. */
export function unsignedJwt(payload: unknown): string {
  return `${encode({ alg: 'none' })}.${encode(payload)}.${encode('no signature')}`;
}

/** An unsigned token with the claims of the provider's own (official-client.md#login-file). */
export function tokenFor({ userId, accountId, email, planType, issuer, iat, exp }: TokenFacts): string {
  const auth = { chatgpt_user_id: userId, chatgpt_account_id: accountId, chatgpt_plan_type: planType };
  return unsignedJwt({ iss: issuer, email, iat, exp, 'https://api.openai.com/auth': auth });
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
