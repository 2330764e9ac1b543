import type { Context } from 'oidc-provider';
import type { Parts } from './oauth.js';
import type { AccountState } from './people.js';
import { field, type LoggedRequest } from './request-log.js';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** The token endpoint as the real provider answers it (official-client.md#refresh), around oidc-provider's own. */
export async function tokenEndpoint(
  ctx: Context,
  request: LoggedRequest,
  parts: Parts,
  next: () => Promise<void>,
): Promise<void> {
  switch (field(request, 'grant_type')) {
    case TOKEN_EXCHANGE:
      return exchangeForApiKey(ctx, request, parts);
    case 'refresh_token':
      return refresh(ctx, field(request, 'refresh_token') ?? '', parts, next);
    default:
      await next();
      stateLifetimes(ctx, parts);
      recordTokens(ctx, parts);
  }
}

async function refresh(ctx: Context, token: string, parts: Parts, next: () => Promise<void>): Promise<void> {
  const owner = parts.people.byKey(parts.store.ownerOf(token) ?? '');
  const code = owner && refusal(owner.state);
  if (code !== undefined) return refuse(ctx, code);

  const fate = parts.store.fateOf(token);
  await next();
  if (ctx.status === 200) {
    stateLifetimes(ctx, parts);
    ctx.body = omit(ctx.body, parts.scenario.refreshOmits);
    recordTokens(ctx, parts);
    return;
  }
  if (fate === 'revoked') refuse(ctx, 'refresh_token_invalidated');
  // The token may still have been live a moment ago: a concurrent request has spent it meanwhile.
  else if (parts.store.fateOf(token) === 'spent') refuse(ctx, 'refresh_token_reused');
}

/** The error code with which a login that lost its rights is refused. */
function refusal(state: AccountState): string | undefined {
  if (state.kind === 'revoked') return state.code;
  return state.kind === 'deleted' ? 'account_deleted' : undefined;
}

function refuse(ctx: Context, code: string): void {
  ctx.body = { error: { message: `stand-in: ${code}`, type: 'invalid_request_error', param: null, code } };
  ctx.status = 401;
}

function exchangeForApiKey(ctx: Context, request: LoggedRequest, { signer }: Parts): void {
  const claims = signer.verify(field(request, 'subject_token') ?? '');
  if (claims === undefined) {
    ctx.body = { error: 'invalid_grant' };
    ctx.status = 400;
    return;
  }
  ctx.body = { access_token: `sk-standin-${String(claims['sub'])}` };
}

/**
 * Lifetimes as the scenario has them, by its clock: oidc-provider knows the machine's only, and no life of zero or
 * less.
 */
function stateLifetimes(ctx: Context, { scenario, signer }: Parts): void {
  if (ctx.status !== 200) return;
  const { id_token, ...others } = asObject(ctx.body);
  const claims = typeof id_token === 'string' ? signer.verify(id_token) : undefined;
  const iat = Math.floor(scenario.now() / 1000);
  const dated = claims && { id_token: signer.sign({ ...claims, iat, exp: iat + scenario.idTokenSeconds }) };
  ctx.body = { ...others, ...dated, expires_in: scenario.accessTokenSeconds };
}

function recordTokens(ctx: Context, { issued }: Parts): void {
  if (ctx.status === 200) issued.record(ctx.body);
}

function omit(body: unknown, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(asObject(body)).filter(([name]) => !names.includes(name)));
}

function asObject(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? { ...body } : {};
}
