import type { Context } from 'oidc-provider';
import type { Grants } from './grants.js';
import { modelTurn, rateLimitHeaders } from './model-turn.js';
import type { Parts } from './oauth.js';
import type { Account } from './people.js';
import { field, type LoggedRequest } from './request-log.js';
import { endpointPaths } from './scenario.js';

interface Call {
  readonly ctx: Context;
  readonly request: LoggedRequest;
  readonly account: Account;
  readonly parts: Parts;
  readonly grants: Grants;
}

const routes: Readonly<Record<string, (call: Call) => void>> = {
  [`GET ${endpointPaths.usage}`]: ({ ctx, account, parts }) => {
    ctx.body = { ...parts.scenario.usageOf(account), ...parts.resetCredits.inUsage(account) };
  },
  [`GET ${endpointPaths.accountsCheck}`]: ({ ctx, account, parts }) => {
    ctx.body = accountsCheck(account, parts);
  },
  [`GET ${endpointPaths.resetCredits}`]: ({ ctx, account, parts }) => {
    ctx.body = parts.resetCredits.list(account);
  },
  [`POST ${endpointPaths.consumeResetCredit}`]: consumeResetCredit,
  [`GET ${endpointPaths.configBundle}`]: ({ ctx }) => {
    ctx.body = {};
  },
  [`GET ${endpointPaths.models}`]: ({ ctx, parts }) => {
    ctx.body = { models: parts.scenario.models };
  },
  [`GET ${endpointPaths.responses}`]: ({ ctx }) => {
    // The WebSocket upgrade that the real client tries first; 426 sends it to SSE at once.
    refuse(ctx, 426, 'upgrade_required');
  },
  [`POST ${endpointPaths.responses}`]: answerModelRequest,
  [`POST ${endpointPaths.switchWorkspace}`]: switchWorkspace,
};

/**
 * The ChatGPT backend. Every path needs a token of ours that belongs to `chatgpt-account-id`, or both name no account.
 */
export function backend(ctx: Context, request: LoggedRequest, parts: Parts, grants: Grants): void {
  const account = authenticate(ctx, parts);
  const route = routes[`${ctx.method} ${ctx.path}`];
  if (typeof account === 'string') refuse(ctx, 401, account);
  else if (route === undefined) refuse(ctx, 404, 'not_found');
  else route({ ctx, request, account, parts, grants });
}

/** The account of a request, or the error code with which it is refused. */
function authenticate(ctx: Context, { signer, people, scenario }: Parts): Account | string {
  const claims = signer.verify(ctx.get('authorization').replace(/^Bearer /, ''));
  if (claims === undefined) return 'invalid_token';
  if (typeof claims['exp'] !== 'number' || claims['exp'] * 1000 <= scenario.now()) return 'token_expired';
  const accountId = ctx.get('chatgpt-account-id');
  const named = accountIdOf(claims);
  const isUnnamed = named === undefined && accountId === '';
  const account = isUnnamed
    ? people.all().find(({ userId }) => userId === claims['sub'])
    : people.byKey(`${String(claims['sub'])}/${accountId}`);
  if (account === undefined || (named ?? '') !== accountId) return 'account_mismatch';
  if (account.state.kind === 'deleted') return 'account_deleted';
  if (account.state.kind === 'revoked' && account.state.accessTokens === 'refused') return 'token_revoked';
  return account;
}

function accountIdOf(claims: Readonly<Record<string, unknown>>): unknown {
  const auth = claims['https://api.openai.com/auth'];
  return typeof auth === 'object' && auth !== null ? Reflect.get(auth, 'chatgpt_account_id') : undefined;
}

/** All workspaces of the person. The origin has to be https and is never contacted. */
function accountsCheck(account: Account, { people }: Parts): object {
  const own = people.all().filter(({ userId, state }) => userId === account.userId && state.kind !== 'deleted');
  return {
    accounts: own.map(({ accountId, workspaceName, structure, planType }) => ({
      id: accountId,
      name: workspaceName,
      structure,
      plan_type: planType,
      is_deactivated: false,
      can_access_with_session: true,
      sso_connection_name: null,
      is_fedramp_compliant_workspace: false,
      profile_picture_url: null,
      workspace_backend_origin: 'https://chatgpt.com',
      account_routing_override: 'NO_CONSTRAINT',
    })),
    account_ordering: own.map(({ accountId }) => accountId),
    default_account_id: own[0]?.accountId ?? account.accountId,
  };
}

function answerModelRequest({ ctx, request, account, parts }: Call): void {
  const model = field(request, 'model');
  if (model !== undefined && parts.scenario.unavailableModels.includes(model)) {
    ctx.body = { detail: `The '${model}' model is not supported when using Codex with a ChatGPT account.` };
    ctx.status = 400;
    return;
  }
  for (const [name, value] of Object.entries(rateLimitHeaders(parts.scenario.usageOf(account)))) ctx.set(name, value);
  ctx.type = 'text/event-stream';
  ctx.body = modelTurn(`Hello ${account.email}, from ${account.workspaceName}.`);
}

function consumeResetCredit({ ctx, request, account, parts }: Call): void {
  const requestId = field(request, 'redeem_request_id');
  if (requestId === undefined) refuse(ctx, 400, 'missing_redeem_request_id');
  else ctx.body = parts.resetCredits.consume(account, requestId, field(request, 'credit_id'), parts.scenario);
}

function switchWorkspace({ ctx, request, account, parts, grants }: Call): void {
  const target = parts.people.byKey(`${account.userId}/${field(request, 'workspace_id') ?? ''}`);
  if (target === undefined) refuse(ctx, 404, 'workspace_not_found');
  else ctx.body = { access_token: grants.accessToken(target) };
}

function refuse(ctx: Context, status: number, code: string): void {
  ctx.body = { error: { message: `stand-in: ${code}`, type: 'invalid_request_error', code }, status };
  ctx.status = status;
}
