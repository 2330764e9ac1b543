import { AppError } from '../../core/errors.js';
import {
  type DeviceCode,
  type DeviceFailure,
  deviceCodeLimitMs,
  pollDeviceCode,
  requestDeviceCode,
} from '../../core/oauth/device-code.js';
import { type ProviderReason, reasonIn, withReason } from '../../core/provider-reason.js';
import type { Context } from '../program/context.js';
import { startCountdown } from './countdown.js';
import { nothingToFinish, type ObtainedGrant } from './grant.js';

/** Consent on another device, with a code to type in there (official-client.md#sign-in). */
export async function obtainDeviceGrant(context: Context): Promise<ObtainedGrant> {
  const { provider, callOptions } = context.provider();
  const http = await context.http();
  const options = { ...callOptions, signal: context.signal };
  const requested = await requestDeviceCode(http, provider, options);
  if (requested.kind === 'failed') throw failed(requested);
  if (requested.kind === 'not-enabled') {
    throw new AppError('login-failed', withReason(requested.message, requested), {
      hint: 'switch it on in the ChatGPT security settings, or use codex-auth login --manual',
      details: { ...reasonIn(requested) },
    });
  }
  const { deviceCode } = requested;
  showCode(context, deviceCode);
  const countdown = startCountdown(context, 'Waiting for the other device', deviceCodeLimitMs);
  try {
    const polled = await pollDeviceCode(http, provider, deviceCode, context.clock, options);
    if (polled.kind === 'failed') throw failed(polled);
    if (polled.kind === 'declined') throw declined(polled);
    if (polled.kind === 'expired') throw expired(polled);
    const { code, codeVerifier, redirectUri } = polled;
    return { grant: { code, codeVerifier, redirectUri }, finish: nothingToFinish };
  } finally {
    countdown.stop();
  }
}

function showCode({ io }: Context, { verificationUrl, userCode }: DeviceCode): void {
  const how = 'Open this page on any device and enter the code:';
  io.note(how, '', `  ${verificationUrl}`, '', `  ${userCode}`, '', 'Never share this code.');
}

function failed({ code, message, hint = otherWays, ...rest }: DeviceFailure): AppError {
  return new AppError(code, `the sign-in failed: ${message}`, { hint, details: { ...reasonIn(rest) } });
}

const otherWays = 'try again, or use another way: codex-auth login --manual';

function declined(reason: ProviderReason): AppError {
  return new AppError('login-failed', withReason('the sign-in was declined on the other device', reason), {
    hint: otherWays,
    details: { ...reasonIn(reason) },
  });
}

function expired(reason: ProviderReason & { readonly lastTrouble?: string }): AppError {
  const { lastTrouble } = reason;
  const trouble = lastTrouble === undefined ? '' : `; the last answer was: ${lastTrouble}`;
  return new AppError('login-failed', `nobody entered the code in time${trouble}`, {
    hint: otherWays,
    details: { ...reasonIn(reason) },
  });
}
