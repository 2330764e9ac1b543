/** `npm run provider`: the stand-in by hand, until Ctrl-C. */
import { parseArgs } from 'node:util';
import type { LoggedRequest } from './request-log.js';
import { type Provider, startProvider } from './start.js';

const DEFAULT_PORT = 8787;

const { values } = parseArgs({ options: { port: { type: 'string', default: String(DEFAULT_PORT) } } });
const provider = await startProvider({ port: Number(values.port), onRequest: report }).catch(explain);
if (provider !== undefined) {
  process.stdout.write(introduction(provider));
  process.once('SIGINT', () => void provider.stop());
  process.once('SIGTERM', () => void provider.stop());
}

function explain(error: Error): undefined {
  process.stderr.write(`The stand-in did not start (another port: --port <number>): ${error.message}\n`);
  process.exitCode = 1;
}

/** Method, path and status only: queries, headers and bodies carry codes and tokens. */
function report({ at, method, path, status }: LoggedRequest): void {
  const time = new Date(at).toISOString().slice(11, 19);
  process.stdout.write(`${time} ${method} ${path} ${status ?? 'cut'}\n`);
}

function introduction({ issuer, backendUrl, modelBackendUrl, people }: Provider): string {
  const accounts = people
    .all()
    .map(({ email, workspaceName, planType, accountId }) => `  ${email}  ${workspaceName} (${planType})  ${accountId}`);
  return `Stand-in for the provider: ${issuer}  (model backend for the real client: ${modelBackendUrl})

Copy into the shell where you try codex-auth:
  export CODEX_HOME="$(mktemp -d)"
  export CODEX_AUTH_ISSUER=${issuer}
  export CODEX_AUTH_BACKEND_URL=${backendUrl}

People who can sign in:
${accounts.join('\n')}

Device codes are entered at ${issuer}/codex/device. Ctrl-C ends it.

`;
}
