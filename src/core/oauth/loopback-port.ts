import { connect, type Server } from 'node:net';
import type { Clock } from '../clock.js';
import { type Environment, environmentVariables } from '../environment.js';
import { AppError, systemErrorCode } from '../errors.js';
import { findPortHolder } from './port-holder.js';

/** The addresses that the provider accepts for this client id (official-client.md#sign-in). */
const callbackPorts: readonly number[] = [1455, 1457];

const loopbackAddress = '127.0.0.1';
const cancelRetries = 10;
const retryEveryMs = 200;
const cancelAnswerMs = 2_000;

/**
 * Binds the first port that can be had, on 127.0.0.1 only. A busy port is first asked to cancel the login that waits
 * there, then tried ten times in two seconds, as the official client does.
 *
 * @throws AppError `port-busy` that names who holds the ports, as far as that can be known; `interrupted` when the
 * signal aborts meanwhile.
 */
export async function listenOnLoopback(
  server: Server,
  ports: readonly number[],
  clock: Clock,
  signal?: AbortSignal,
): Promise<number> {
  for (const port of ports) {
    const bound = await tryPort(server, port, clock, signal);
    if (bound !== undefined) return bound;
  }
  throw await portsBusy(ports);
}

async function tryPort(
  server: Server,
  port: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await listen(server, port);
    if (typeof outcome === 'number') return outcome;
    // Anything but "in use" (EACCES for a range that Windows reserved) does not pass by waiting.
    if (outcome.reason !== 'EADDRINUSE' || attempt === cancelRetries) return undefined;
    if (attempt === 0) await requestCancel(port);
    if (signal?.aborted) throw new AppError('interrupted', 'interrupted');
    await clock.sleep(retryEveryMs);
  }
}

function listen(server: Server, port: number): Promise<number | { reason: string }> {
  return new Promise((resolve) => {
    const onError = (error: Error) => {
      server.off('listening', onListening);
      resolve({ reason: systemErrorCode(error) ?? 'unknown' });
    };
    const onListening = () => {
      server.off('error', onError);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    };
    server.once('error', onError).once('listening', onListening);
    server.listen({ host: loopbackAddress, port, exclusive: true });
  });
}

/** The port is tried again whatever the answer is, so that every end of this connection is fine. */
function requestCancel(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: loopbackAddress, port });
    socket.setTimeout(cancelAnswerMs, () => socket.destroy());
    socket.once('connect', () => {
      socket.write(`GET /cancel HTTP/1.1\r\nHost: ${loopbackAddress}:${port}\r\nConnection: close\r\n\r\n`);
    });
    socket.once('data', () => socket.destroy());
    socket.on('error', () => undefined).once('close', () => resolve());
  });
}

async function portsBusy(ports: readonly number[]): Promise<AppError> {
  const holders = await Promise.all(ports.map(async (port) => ({ port, holder: await findPortHolder(port) })));
  const described = holders.map(({ port, holder }) => {
    if (holder === undefined) return `${port} is in use`;
    return `${port} is held by ${holder.name ?? 'a process'} (pid ${holder.pid})`;
  });
  return new AppError('port-busy', `no port for the sign-in is free: ${described.join(', ')}`, {
    hint: 'end that process, or use codex-auth login --device-auth',
    details: { ports: holders.map(({ port, holder }) => ({ port, ...holder })) },
  });
}

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
