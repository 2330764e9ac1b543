import { randomUUID } from 'node:crypto';
import type Provider from 'oidc-provider';
import type { Client } from 'oidc-provider';
import { CLIENT_ID, CONNECTOR_SCOPE, deviceRedirect, OPENID_SCOPE, RESOURCE } from './client.js';
import type { Parts } from './oauth.js';
import type { Account, AccountRef } from './people.js';
import { identityClaims } from './token-signer.js';

/** The members of a token answer that a login keeps. */
export interface TokenSet {
  readonly id_token: string;
  readonly access_token: string;
  readonly refresh_token: string;
}

export interface IssueRequest extends AccountRef {
  /** Life of the access token from now; may be negative. Default: the scenario's. */
  readonly expiresInSeconds?: number;
  /** `iat`, milliseconds since the epoch; default now. */
  readonly issuedAt?: number;
  /**
   * Shares another token set's refresh token, as one login that covers two workspaces does. Refreshing it answers
   * with tokens of the workspace that it was first issued for.
   */
  readonly refreshToken?: string;
  /** False: the tokens name no account; those of a later refresh do. */
  readonly namesAccount?: boolean;
}

/** Makes grants and tokens without the browser part, honoured by the OAuth server like any other. */
export class Grants {
  readonly #oidc: Provider;
  readonly #parts: Parts;

  constructor(oidc: Provider, parts: Parts) {
    this.#oidc = oidc;
    this.#parts = parts;
  }

  /** Consent of a person to everything that the client asks for; resolves to the grant's id. */
  async grant(account: Account): Promise<string> {
    const grant = new this.#oidc.Grant({ accountId: account.key, clientId: CLIENT_ID });
    grant.addOIDCScope(OPENID_SCOPE);
    grant.addResourceScope(RESOURCE, CONNECTOR_SCOPE);
    return grant.save();
  }

  async issueTokens(request: IssueRequest): Promise<TokenSet> {
    const account = this.#parts.people.find(request);
    const tokens = {
      id_token: this.#idToken(account, request),
      access_token: this.accessToken(account, request),
      refresh_token: request.refreshToken ?? (await this.#refreshToken(account)),
    };
    this.#parts.issued.record(tokens);
    return tokens;
  }

  /** An access token of an account, outside of any grant. */
  accessToken(account: Account, wishes: Omit<IssueRequest, keyof AccountRef> = {}): string {
    const { issuer, scenario, signer } = this.#parts;
    const now = Math.floor(scenario.now() / 1000);
    return signer.sign({
      ...identityClaims(account, wishes.namesAccount),
      iss: issuer,
      aud: RESOURCE,
      client_id: CLIENT_ID,
      scope: CONNECTOR_SCOPE,
      jti: randomUUID(),
      iat: inSeconds(wishes.issuedAt) ?? now,
      exp: now + (wishes.expiresInSeconds ?? scenario.accessTokenSeconds),
    });
  }

  /** The code that a device login hands out; the server itself holds the verifier. */
  async authorizationCode(account: Account, codeChallenge: string): Promise<string> {
    const code = new this.#oidc.AuthorizationCode({
      ...(await this.#common(account)),
      codeChallenge,
      codeChallengeMethod: 'S256',
      redirectUri: deviceRedirect(this.#parts.issuer),
    });
    return code.save();
  }

  async #refreshToken(account: Account): Promise<string> {
    const token = new this.#oidc.RefreshToken({
      ...(await this.#common(account)),
      gty: 'authorization_code',
      rotations: 0,
    });
    return token.save();
  }

  async #common(account: Account) {
    return {
      accountId: account.key,
      authTime: Math.floor(Date.now() / 1000),
      claims: {},
      client: await this.#client(),
      expiresWithSession: false,
      grantId: await this.grant(account),
      resource: RESOURCE,
      scope: `${OPENID_SCOPE} ${CONNECTOR_SCOPE}`,
    };
  }

  async #client(): Promise<Client> {
    const client = await this.#oidc.Client.find(CLIENT_ID);
    if (client === undefined) throw new Error('the stand-in lost its client');
    return client;
  }

  #idToken(account: Account, { issuedAt, namesAccount }: IssueRequest): string {
    const { issuer, scenario, signer } = this.#parts;
    const iat = inSeconds(issuedAt) ?? Math.floor(scenario.now() / 1000);
    return signer.sign({
      ...identityClaims(account, namesAccount),
      iss: issuer,
      aud: CLIENT_ID,
      iat,
      exp: iat + scenario.idTokenSeconds,
    });
  }
}

function inSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000);
}
