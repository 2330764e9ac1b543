import { AppError } from '../../core/errors.js';
import {
  type DeviceFailure,
  deviceCodeLimitMs,
  pollDeviceCode,
  requestDeviceCode,
} from '../../core/oauth/device-code.js';
import { type ProviderReason, reasonIn, withReason } from '../../core/provider-reason.js';
import type { Context } from '../program/context.js';
import { nothingToFinish, type ObtainedGrant, startCountdown } from './grant.js';

/** Consent on another device, with a code to type in there (official-client.md#sign-in). */
export async function obtainDeviceGrant(context: Context): Promise<ObtainedGrant> {
  const { provider, callOptions } = context.provider();
  const http = await context.http();
  const options = { ...callOptions, signal: context.signal };
  const requested = await requestDeviceCode(http, provider, options);
  if (requested.kind === 'failed') throw failed(requested);
  if (requested.kind === 'not-enabled') {
    const hint = 'switch it on in the ChatGPT security settings, or use codex-auth login --manual';
    throw refused(withReason(requested.message, requested), requested, hint);
  }
  const { deviceCode } = requested;
  const how = 'Open this page on any device and enter the code:';
  const { verificationUrl, userCode } = deviceCode;
  context.io.note(how, '', `  ${verificationUrl}`, '', `  ${userCode}`, '', 'Never share this code.');
  const countdown = startCountdown(context, 'Waiting for the other device', deviceCodeLimitMs);
  try {
    const polled = await pollDeviceCode(http, provider, deviceCode, context.clock, options);
    if (polled.kind === 'failed') throw failed(polled);
    if (polled.kind === 'declined') {
      throw refused(withReason('the sign-in was declined on the other device', polled), polled);
    }
    if (polled.kind === 'expired') {
      const trouble = polled.lastTrouble === undefined ? '' : `; the last answer was: ${polled.lastTrouble}`;
      throw refused(`nobody entered the code in time${trouble}`, polled);
    }
    const { code, codeVerifier, redirectUri } = polled;
    return { grant: { code, codeVerifier, redirectUri }, finish: nothingToFinish };
  } finally {
    countdown.stop();
  }
}

function failed({ code, message, hint = otherWays, ...rest }: DeviceFailure): AppError {
  return new AppError(code, `the sign-in failed: ${message}`, { hint, details: { ...reasonIn(rest) } });
}

const otherWays = 'try again, or use another way: codex-auth login --manual';

function refused(message: string, reason: ProviderReason, hint = otherWays): AppError {
  return new AppError('login-failed', message, { hint, details: { ...reasonIn(reason) } });
}
