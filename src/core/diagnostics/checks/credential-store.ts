import { type Check, judge, type Problem } from '../finding.js';

const effects: Readonly<Record<string, string>> = {
  auto: 'uses the keyring where there is one, and then ignores auth.json and every switch',
  keyring: 'ignores auth.json and every switch, and deletes auth.json when it saves a login',
  ephemeral: 'keeps its login in memory, and ignores auth.json and every switch',
};

/** CODEX.md §2: in any mode but `file`, auth.json is not, or not only, where the official client looks. */
export const credentialStoreCheck: Check = {
  id: 'credential-store',
  title: 'Credential store of the client',
  inspect({ codexConfig }) {
    const { path, credentialStore, problem } = codexConfig;
    const problems: Problem[] = [];
    if (problem !== undefined) {
      problems.push({
        severity: 'warn',
        message: `${path}: ${problem}`,
        command: 'correct it; the official client refuses it as well',
      });
    }
    if (credentialStore !== 'file') {
      problems.push({
        severity: credentialStore === 'auto' ? 'warn' : 'error',
        message: `${path} says "${credentialStore}": the official client ${effects[credentialStore] ?? 'looks for its login elsewhere'}`,
        command: 'set cli_auth_credentials_store = "file" there',
      });
    }
    return judge(problems, 'file');
  },
};
