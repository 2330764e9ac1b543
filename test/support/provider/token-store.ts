type Stored = Record<string, unknown>;

/** What became of a refresh token: the OAuth server itself forgets a revoked one. */
export type RefreshTokenFate = 'unknown' | 'live' | 'spent' | 'revoked';

/** The storage below oidc-provider, one per stand-in: its own in-memory adapter is shared by the whole process. */
export class TokenStore {
  readonly #stored = new Map<string, Stored>();
  readonly #owners = new Map<string, string>();
  readonly #grants = new Map<string, string>();
  readonly #spent = new Set<string>();

  /** Passed to oidc-provider, which makes one adapter per model. */
  readonly adapter = (model: string) => ({
    upsert: async (id: string, payload: Stored) => {
      this.#stored.set(`${model}:${id}`, payload);
      if (typeof payload['accountId'] === 'string') this.#owners.set(id, payload['accountId']);
      if (typeof payload['grantId'] === 'string') this.#grants.set(id, payload['grantId']);
    },
    find: async (id: string) => this.#stored.get(`${model}:${id}`),
    findByUid: async (uid: string) => [...this.#stored.values()].find((payload) => payload['uid'] === uid),
    findByUserCode: async () => undefined,
    destroy: async (id: string) => {
      this.#stored.delete(`${model}:${id}`);
    },
    consume: async (id: string) => {
      const payload = this.#stored.get(`${model}:${id}`);
      if (payload !== undefined) payload['consumed'] = Math.floor(Date.now() / 1000);
      this.#spent.add(id);
    },
    revokeByGrantId: async (grantId: string) => {
      for (const [key, payload] of this.#stored) {
        if (key.startsWith(`${model}:`) && payload['grantId'] === grantId) this.#stored.delete(key);
      }
    },
  });

  /** The account key that a refresh token or an authorization code was issued for, also when it is dead. */
  ownerOf(token: string): string | undefined {
    return this.#owners.get(token);
  }

  /** What the refresh tokens of one login have in common. */
  grantOf(token: string): string | undefined {
    return this.#grants.get(token);
  }

  fateOf(refreshToken: string): RefreshTokenFate {
    if (this.#spent.has(refreshToken)) return 'spent';
    if (this.#stored.has(`RefreshToken:${refreshToken}`)) return 'live';
    return this.#owners.has(refreshToken) ? 'revoked' : 'unknown';
  }

  clear(): void {
    this.#stored.clear();
    this.#owners.clear();
    this.#grants.clear();
    this.#spent.clear();
  }
}
