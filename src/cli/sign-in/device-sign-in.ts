import { deviceCodeLimitMs } from '../../core/oauth/device-code.js';
import type { Consent } from '../../core/sign-in/consent.js';
import { deviceConsent } from '../../core/sign-in/device-consent.js';
import type { Context } from '../program/context.js';
import { startCountdown } from './countdown.js';

/** Shows the page and the code to a person, who may be anywhere. */
export function askOnDevice(context: Context): Promise<Consent> {
  return deviceConsent(context, ({ url, code }) => {
    const how = 'Open this page on any device and enter the code:';
    context.io.note(how, '', `  ${url}`, '', `  ${code}`, '', 'Never share this code.');
    return startCountdown(context, 'Waiting for the other device', deviceCodeLimitMs);
  });
}
