import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Context } from 'oidc-provider';
import type { Grants } from './grants.js';
import { chooserPage, page } from './html.js';
import type { Parts } from './oauth.js';
import type { Account, AccountRef } from './people.js';
import { field, type LoggedRequest } from './request-log.js';
import { endpointPaths } from './scenario.js';

type DeviceState =
  | { readonly kind: 'pending' | 'denied' | 'expired' | 'redeemed' }
  | { readonly kind: 'approved'; readonly account: Account };

interface DeviceLogin {
  readonly deviceAuthId: string;
  readonly userCode: string;
  state: DeviceState;
}

/**
 * The device-code logins (official-client.md#sign-in), decided by a test here, by a person on `{issuer}/codex/device`.
 */
export class DeviceLogins {
  readonly #logins = new Map<string, DeviceLogin>();
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  approve(userCode: string, ref: AccountRef): void {
    this.#byUserCode(userCode).state = { kind: 'approved', account: this.#parts.people.find(ref) };
  }

  deny(userCode: string): void {
    this.#byUserCode(userCode).state = { kind: 'denied' };
  }

  expire(userCode: string): void {
    this.#byUserCode(userCode).state = { kind: 'expired' };
  }

  /** The user codes that nobody has decided yet, oldest first. */
  pending(): string[] {
    return [...this.#logins.values()].filter(({ state }) => state.kind === 'pending').map(({ userCode }) => userCode);
  }

  clear(): void {
    this.#logins.clear();
  }

  /** Answers `ctx` when its path belongs to the device flow; returns whether it did. */
  async handle(ctx: Context, request: LoggedRequest, grants: Grants): Promise<boolean> {
    const { people, scenario } = this.#parts;
    switch (`${ctx.method} ${ctx.path}`) {
      case `POST ${endpointPaths.usercode}`:
        if (scenario.deviceCodeEnabled) this.#start(ctx);
        else answer(ctx, 404, { error: { code: 'not_found' } });
        return true;
      case `POST ${endpointPaths.devicetoken}`:
        await this.#poll(ctx, request, grants);
        return true;
      case 'GET /codex/device':
        ctx.type = 'text/html';
        ctx.body = chooserPage('Device sign-in', ctx.path, people.all(), codeField(ctx.query['user_code']));
        return true;
      case 'POST /codex/device':
        this.#decide(ctx, request);
        return true;
      default:
        return false;
    }
  }

  #start(ctx: Context): void {
    const letters = randomBytes(4).toString('hex').toUpperCase();
    const login: DeviceLogin = {
      deviceAuthId: `deviceauth_${randomUUID()}`,
      userCode: `${letters.slice(0, 4)}-${letters.slice(4)}`,
      state: { kind: 'pending' },
    };
    this.#logins.set(login.userCode, login);
    answer(ctx, 200, {
      device_auth_id: login.deviceAuthId,
      user_code: login.userCode,
      interval: this.#parts.scenario.deviceInterval,
    });
  }

  async #poll(ctx: Context, request: LoggedRequest, grants: Grants): Promise<void> {
    const login = this.#logins.get(field(request, 'user_code') ?? '');
    if (login === undefined || login.deviceAuthId !== field(request, 'device_auth_id')) {
      return answer(ctx, 400, { error: { code: 'invalid_device_code' } });
    }
    const { state } = login;
    if (state.kind === 'pending') return answer(ctx, 403, { error: { code: 'authorization_pending' } });
    if (state.kind === 'denied') return answer(ctx, 400, { error: { code: 'access_denied' } });
    if (state.kind !== 'approved') return answer(ctx, 400, { error: { code: 'expired_token' } });

    login.state = { kind: 'redeemed' };
    const verifier = randomBytes(64).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    answer(ctx, 200, {
      authorization_code: await grants.authorizationCode(state.account, challenge),
      code_challenge: challenge,
      code_verifier: verifier,
    });
  }

  #decide(ctx: Context, request: LoggedRequest): void {
    const login = this.#logins.get((field(request, 'user_code') ?? '').trim().toUpperCase());
    const account = this.#parts.people.byKey(field(request, 'account') ?? '');
    ctx.type = 'text/html';
    if (login === undefined || login.state.kind !== 'pending') {
      ctx.body = page('Unknown code', '<p>Nobody is waiting for this code.</p>');
      ctx.status = 400;
      return;
    }
    login.state = account === undefined ? { kind: 'denied' } : { kind: 'approved', account };
    ctx.body = page(account === undefined ? 'Refused' : 'Signed in', '<p>You can close this page.</p>');
  }

  #byUserCode(userCode: string): DeviceLogin {
    const login = this.#logins.get(userCode);
    if (login === undefined) throw new Error(`the stand-in gave out no user code ${userCode}`);
    return login;
  }
}

function codeField(prefilled: string | string[] | undefined): string {
  const value = typeof prefilled === 'string' && /^[\w-]+$/.test(prefilled) ? prefilled : '';
  return `<p><label>Code <input name="user_code" autocomplete="off" value="${value}"></label></p>`;
}

function answer(ctx: Context, status: number, body: unknown): void {
  ctx.body = body;
  ctx.status = status;
}
