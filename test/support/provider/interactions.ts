import type Provider from 'oidc-provider';
import type { Context, InteractionResult } from 'oidc-provider';
import type { Grants } from './grants.js';
import { chooserPage } from './html.js';
import type { Parts } from './oauth.js';
import { field, type LoggedRequest } from './request-log.js';

/** The sign-in page: choose a person and workspace, or refuse. Signing in and consenting are one step. */
export async function interactionPage(
  ctx: Context,
  request: LoggedRequest,
  oidc: Provider,
  grants: Grants,
  parts: Parts,
): Promise<void> {
  const { params } = await oidc.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === 'POST') {
    const result = await decide(request, grants, parts);
    ctx.redirect(await oidc.interactionResult(ctx.req, ctx.res, result));
    ctx.status = 303;
    return;
  }
  ctx.type = 'text/html';
  ctx.body = chooserPage('Sign in', ctx.path, offered(parts, params['allowed_workspace_id']));
}

function offered({ people }: Parts, allowedWorkspaces: unknown) {
  const allowed = typeof allowedWorkspaces === 'string' ? allowedWorkspaces.split(',') : undefined;
  return people
    .all()
    .filter(({ state, accountId }) => state.kind !== 'deleted' && (allowed?.includes(accountId) ?? true));
}

async function decide(request: LoggedRequest, grants: Grants, { people }: Parts): Promise<InteractionResult> {
  const account = people.byKey(field(request, 'account') ?? '');
  if (account === undefined) return { error: 'access_denied', error_description: 'The person refused.' };
  return { login: { accountId: account.key }, consent: { grantId: await grants.grant(account) } };
}
