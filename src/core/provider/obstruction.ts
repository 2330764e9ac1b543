import { definedOnly } from '../defined-only.js';
import type { ErrorCode } from '../errors.js';
import type { Answer } from '../http/client.js';
import { type ProviderReason, reasonIn, withReason } from '../provider-reason.js';
import { type ProviderError, quoteProviderText, readPageTitle, readProviderError } from './provider-error.js';
import { meaningOf } from './refusal-codes.js';

/**
 * What stands between this machine and the provider, or the provider's refusal of the place that the request comes from.
 * It says nothing about any account or token, and would be the same for every one of them.
 */
export interface Obstruction extends ProviderReason {
  readonly kind: 'obstructed';
  /** `page`: not the provider's, but of a proxy or of a network that wants a sign-in first. */
  readonly by: 'region' | 'challenge' | 'page' | 'redirect';
  readonly status: number;
  /** The title of the page, or the host that the redirect leads to. */
  readonly seen?: string;
}

/** Why an answer did not bring what was asked for; undefined when it is the provider's own answer to the request. */
export function findObstruction(
  answer: Answer,
  error: ProviderError | undefined = readProviderError(answer.body),
): Obstruction | undefined {
  const { status } = answer;
  if (isRegionRefusal(error)) return { kind: 'obstructed', by: 'region', status, ...reasonIn(error) };
  if (status === 429) return undefined;
  if (isChallenge(answer)) return { kind: 'obstructed', by: 'challenge', status };
  if (status >= 300 && status < 400) {
    return { kind: 'obstructed', by: 'redirect', status, ...definedOnly({ seen: hostOf(answer.headers['location']) }) };
  }
  if (!isSomebodyElses(answer)) return undefined;
  return { kind: 'obstructed', by: 'page', status, ...definedOnly({ seen: readPageTitle(answer.body) }) };
}

/** Some gateways pass on the words of this refusal without its code. */
function isRegionRefusal(error: ProviderError | undefined): boolean {
  if (meaningOf(error?.providerCode) === 'region') return true;
  return /\bcountry, region,? or territory not supported\b/i.test(error?.providerMessage ?? '');
}

function isChallenge(answer: Answer): boolean {
  if ('cf-mitigated' in answer.headers) return true;
  const isRefusal = answer.status === 403 || answer.status === 503;
  return isRefusal && isPage(answer) && /challenge|captcha|just a moment|attention required/i.test(answer.body);
}

/** 407 and 511 are no answers of a provider (RFC 9110 section 15.5.8, RFC 6585 section 6); its own errors are JSON. */
function isSomebodyElses(answer: Answer): boolean {
  const { status } = answer;
  if (status === 407 || status === 511) return true;
  // From 500 on it may be the provider's own page: its front shows one when the servers behind it fail.
  return status < 500 && isPage(answer);
}

function isPage({ headers, body }: Answer): boolean {
  // Some servers call their JSON a page.
  if (/^\s*[[{]/.test(body)) return false;
  return /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)\b/i.test(body);
}

function hostOf(location: string | undefined): string | undefined {
  if (location === undefined || !URL.canParse(location)) return undefined;
  return quoteProviderText(new URL(location).host) || undefined;
}

export interface ObstructionDescription extends ProviderReason {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** The same words for every account and command, so that they can be said once. */
export function describeObstruction(obstruction: Obstruction): ObstructionDescription {
  return { ...tellOf(obstruction), ...reasonIn(obstruction) };
}

function tellOf(obstruction: Obstruction): ObstructionDescription {
  const { by, status, seen } = obstruction;
  switch (by) {
    case 'region':
      return {
        code: 'region',
        message: withReason('the provider refuses requests from where this machine is', obstruction, status),
        hint: networkHint,
      };
    case 'challenge':
      return {
        code: 'challenge',
        message: `a challenge page stands in front of the provider (${status})`,
        hint: 'look at the VPN and the proxy, or try again from another network, or later',
      };
    case 'page':
      return {
        code: 'intercepted',
        message: `a page came in place of the provider's answer (${[status, seen && `“${seen}”`].filter(Boolean).join(': ')})`,
        hint: lookAtNetwork,
      };
    case 'redirect':
      return {
        code: 'intercepted',
        message: `a redirect${seen === undefined ? '' : ` to ${seen}`} came in place of the provider's answer (${status})`,
        hint: lookAtNetwork,
      };
  }
}

/** For a place that the provider does not serve. */
export const networkHint =
  'look at the VPN and the proxy (codex-auth status shows the proxy), or try from another network';

const lookAtNetwork =
  'sign in to the network if it wants that, and look at the VPN and the proxy (codex-auth status shows the proxy)';
