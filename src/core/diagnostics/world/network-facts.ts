import { connect } from 'node:net';
import { AppError } from '../../errors.js';
import { type HttpClient, type HttpOutcome, readServerDate } from '../../http/client.js';
import { proxyHint } from '../../http/proxy-description.js';
import { findPortHolder, type PortHolder } from '../../oauth/port-holder.js';
import type { Provider } from '../../provider/provider.js';

export interface HostFacts {
  readonly url: string;
  readonly isReachable: boolean;
  readonly message: string;
  /** What the person can do about it, where that is known. */
  readonly hint?: string | undefined;
  /** Server time minus ours, milliseconds, to the second. */
  readonly clockOffsetMs: number | undefined;
}

export interface NetworkFacts {
  readonly issuer: HostFacts;
  readonly backend: HostFacts;
}

export interface PortFacts {
  readonly port: number;
  readonly isBusy: boolean;
  /** The program that has the port; undefined where the system does not tell, as for programs of other users. */
  readonly holder: PortHolder | undefined;
}

const deadlineMs = 5_000;

/** Whether both hosts answer at all; what they answer does not matter, and no token is sent. */
export async function networkFacts(
  openHttp: () => Promise<HttpClient>,
  provider: Provider,
  userAgent: string,
  now: () => number,
): Promise<NetworkFacts> {
  const ask = async (url: string) => {
    try {
      const http = await openHttp();
      const outcome = await http.send({ method: 'GET', url, headers: { 'user-agent': userAgent }, deadlineMs });
      return hostFacts(url, outcome, now());
    } catch (error) {
      // A setting of the proxy or of the certificates cannot be used.
      if (!(error instanceof AppError)) throw error;
      return unreachable(url, error.message, error.hint);
    }
  };
  const [issuer, backend] = await Promise.all([
    ask(`${provider.issuer}/.well-known/openid-configuration`),
    ask(`${provider.backendUrl}/wham/usage`),
  ]);
  return { issuer, backend };
}

function hostFacts(url: string, outcome: HttpOutcome, now: number): HostFacts {
  if (outcome.kind !== 'answer') {
    return unreachable(url, outcome.message, outcome.reason === 'proxy' ? proxyHint : undefined);
  }
  const date = readServerDate(outcome.headers);
  const clockOffsetMs = date === undefined ? undefined : date - now;
  return { url: new URL(url).host, isReachable: true, message: `answered ${outcome.status}`, clockOffsetMs };
}

function unreachable(url: string, message: string, hint: string | undefined): HostFacts {
  return { url: new URL(url).host, isReachable: false, message, hint, clockOffsetMs: undefined };
}

export function portFacts(ports: readonly number[]): Promise<PortFacts[]> {
  return Promise.all(
    ports.map(async (port) => {
      const isBusy = await isAnswered(port);
      return { port, isBusy, holder: isBusy ? await findPortHolder(port) : undefined };
    }),
  );
}

const connectMs = 500;

/** Whether something listens on a port. Found by connecting: listening on it for an instant could hinder a sign-in. */
function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (isBusy: boolean) => {
      socket.destroy();
      resolve(isBusy);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
    // No answer in time: a program listens there, and accepts no more connections.
    socket.setTimeout(connectMs, () => settle(true));
  });
}
