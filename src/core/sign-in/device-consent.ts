import { AppError } from '../errors.js';
import { type DeviceFailure, pollDeviceCode, requestDeviceCode } from '../oauth/device-code.js';
import { type ProviderReason, reasonIn, withReason } from '../provider-reason.js';
import type { Session } from '../session/session.js';
import { type Consent, nothingToFinish } from './consent.js';

/** What a person opens on any device, and the code to enter there. */
export interface DevicePage {
  readonly url: string;
  readonly code: string;
}

/**
 * Consent on another device, with a code to type in there (official-client.md#sign-in). What `show` returns is stopped
 * when the wait is over. Throws `login-failed`, a network error, or `interrupted`.
 */
export async function deviceConsent(
  session: Session,
  show: (page: DevicePage) => { stop(): void } | undefined,
): Promise<Consent> {
  const { provider, callOptions } = session.provider();
  const http = await session.http();
  const options = { ...callOptions, signal: session.signal };
  const requested = await requestDeviceCode(http, provider, options);
  if (requested.kind === 'failed') throw failed(requested);
  if (requested.kind === 'not-enabled') {
    const hint = 'switch it on in the ChatGPT security settings, or use codex-auth login --manual';
    throw refused(withReason(requested.message, requested), requested, hint);
  }
  const { deviceCode } = requested;
  const shown = show({ url: deviceCode.verificationUrl, code: deviceCode.userCode });
  try {
    const polled = await pollDeviceCode(http, provider, deviceCode, session.clock, options);
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
    shown?.stop();
  }
}

function failed({ code, message, hint = otherWays, ...rest }: DeviceFailure): AppError {
  return new AppError(code, `the sign-in failed: ${message}`, { hint, details: { ...reasonIn(rest) } });
}

const otherWays = 'try again, or use another way: codex-auth login --manual';

function refused(message: string, reason: ProviderReason, hint = otherWays): AppError {
  return new AppError('login-failed', message, { hint, details: { ...reasonIn(reason) } });
}
