/*
 * How the official client 0.171.0 reads its command line, as far as it matters here.
 */

const options =
  /^(?:-[cimpsCao]|--(?:config|enable|disable|remote|remote-auth-token-env|image|model|local-provider|profile|sandbox|cd|add-dir|ask-for-approval|thread-source|cyber-access-program|output-schema|color|output-last-message))$/;

/** Whether an option takes the next word. */
export function takesValue(word: string): boolean {
  return options.test(word);
}

const subcommands = new Set([
  ...[
    'agents',
    'exec',
    'e',
    'review',
    'login',
    'logout',
    'mcp',
    'plugin',
    'app-server',
    'remote-control',
    'completion',
  ],
  ...['update', 'doctor', 'sandbox', 'debug', 'apply', 'a', 'resume', 'queue', 'archive', 'delete', 'migrate-rollouts'],
  ...['migrate-nfs-db', 'unarchive', 'fork', 'cloud', 'exec-server', 'features', 'help'],
]);

/** The client takes a word before a subcommand as the prompt, so that `codex auth logout` signs out. */
export function isSubcommand(word: string): boolean {
  return subcommands.has(word);
}

/** A command line of the client, taken apart. */
export interface ClientLine {
  /** Absent for the interactive client. */
  readonly command?: string;
  /** The options before the subcommand, and those after it, each with its value. */
  readonly before: readonly (readonly string[])[];
  readonly after: readonly (readonly string[])[];
  /** Of the subcommand, or the prompt of the interactive client. */
  readonly operands: readonly string[];
}

export function readClientLine(words: readonly string[]): ClientLine {
  const [before, after]: [string[][], string[][]] = [[], []];
  let operands: string[] = [];
  let command: string | undefined;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (word.startsWith('-') && word !== '-') {
      const option = words.slice(at, takesValue(word) ? at + 2 : at + 1);
      (command === undefined ? before : after).push(option);
      at += option.length - 1;
    } else if (command === undefined && isSubcommand(word)) {
      command = word;
      // The client drops a prompt before it.
      operands = [];
    } else operands.push(word);
  }
  return { before, after, operands, ...(command === undefined ? {} : { command }) };
}
