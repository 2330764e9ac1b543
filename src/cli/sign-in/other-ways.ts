import type { Environment } from '../../core/environment.js';

export interface Whereabouts {
  readonly environment: Environment;
  /** The name of this machine. */
  readonly host: string;
  /** Where the login waits for the browser. */
  readonly port: number;
  /** A browser was started here; over ssh that need not be in front of the person. */
  readonly isShown: boolean;
  readonly canPaste: boolean;
}

/** What to do where the browser that opens here, if any, is not in front of the person: in containers, on servers, over ssh. */
export function otherWays({ environment, host, port, isShown, canPaste }: Whereabouts): string[] {
  const start = isShown ? 'If no browser opens in front of you' : 'No browser could be started here';
  const paste = canPaste ? 'open the address in one anywhere, and paste here the address that it ends on; ' : '';
  const tunnel = tunnelFrom(environment, host, port);
  const reach = tunnel === undefined ? [] : ['A browser on the machine you came from can come back here after', tunnel];
  return [
    `${start}: ${paste}${canPaste ? 'or ' : ''}use one of these instead`,
    '',
    '  codex-auth login --device-auth',
    '  codex-auth login --manual',
    '',
    ...reach.flatMap((line) => [line, '']),
  ];
}

const usualPort = '22';

/** ssh tells the addresses and ports of both ends. The name is what the person knows the machine by, as a rule. */
function tunnelFrom({ sshConnection, user }: Environment, host: string, port: number): string | undefined {
  if (sshConnection === undefined) return undefined;
  const [, , address = '', sshPort = usualPort] = sshConnection.split(' ');
  const place = isPlain(host) ? host : address;
  // Both come from a variable, and are to be pasted into a shell.
  if (!/^[\w.][\w.:%-]*$/.test(place)) return undefined;
  const target = user !== undefined && isPlain(user) ? `${user}@${place}` : place;
  const option = sshPort !== usualPort && isPlain(sshPort) ? ` -p ${sshPort}` : '';
  return `  ssh -L ${port}:127.0.0.1:${port}${option} ${target}`;
}

/** Fit for a command line as it is. */
function isPlain(word: string): boolean {
  return /^[\w.][\w.-]*$/.test(word);
}
