import type { Account } from '../accounts/account.js';
import type { Provider } from './provider.js';

/** The address that issued the account's tokens when it is not the configured one: they are sent to nobody else (P20). */
export function foreignIssuer({ provenance }: Account, { issuer }: Provider): string | undefined {
  const own = provenance?.issuer.replace(/\/+$/, '');
  return own === undefined || own === issuer ? undefined : own;
}
