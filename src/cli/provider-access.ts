import type { Environment } from '../core/environment.js';
import { type CallOptions, type Provider, resolveProvider, userAgent } from '../core/provider/provider.js';
import type { Machine } from './machine.js';
import type { GlobalOptions } from './options.js';

/** Whom we talk to, and how each call introduces itself. */
export interface ProviderAccess {
  readonly provider: Provider;
  readonly callOptions: CallOptions;
}

export function openProvider(environment: Environment, machine: Machine, options: GlobalOptions): ProviderAccess {
  const { issuer, backendUrl } = environment;
  const { spendingDeadlineMs } = machine;
  return {
    provider: resolveProvider({ issuer, backendUrl }),
    callOptions: {
      userAgent: userAgent(machine.version, machine.platform, machine.architecture),
      ...(options.timeout === undefined ? {} : { deadlineMs: options.timeout * 1000 }),
      ...(spendingDeadlineMs === undefined ? {} : { spendingDeadlineMs }),
    },
  };
}
