import { type Environment, environmentVariables } from '../environment.js';
import { AppError } from '../errors.js';
import { callbackPorts } from './loopback-port.js';

/**
 * The loopback ports a login may listen on, in order. The official provider accepts only its two; a stand-in may accept
 * others, which `CODEX_AUTH_LOGIN_PORTS` names, separated by commas. Throws `usage` for anything that is no port.
 */
export function loginPorts(environment: Environment): readonly number[] {
  const stated = environment.loginPorts;
  if (stated === undefined) return callbackPorts;
  const ports = stated.split(',').map((port) => (/^\s*\d+\s*$/.test(port) ? Number(port) : Number.NaN));
  if (ports.every((port) => port >= 0 && port <= 65_535)) return ports;
  throw new AppError('usage', `${environmentVariables.loginPorts} must be port numbers separated by commas`, {
    hint: `unset ${environmentVariables.loginPorts}`,
  });
}
