import { definedOnly } from '../defined-only.js';
import { type AccountState, withKnowledge } from './account-state.js';

/**
 * The state without anything that says that an account is used up: its windows have been filled before their time. What
 * else happened to it stays.
 */
export function withoutExhaustion(state: AccountState, id: string): AccountState {
  const known = state.accounts[id];
  if (known === undefined) return state;
  const { quota: _, health, ...rest } = known;
  if (health === undefined) return withKnowledge(state, id, rest);
  const { rateLimitedUntil: _until, cooldown, ...lasting } = health;
  const kept = cooldown?.reason === 'rate-limited' ? undefined : cooldown;
  return withKnowledge(state, id, { ...rest, health: definedOnly({ ...lasting, cooldown: kept }) });
}
