/** The name of this program in whatever it says about itself; as long as `codex auth`, so that no column shifts. */
const ownName = 'codex-auth';

/** The name where a command, an option or a placeholder follows, as in a command line; not as the name of a package. */
const inCommandLine = new RegExp(
  `(?<=^|[\\s"'\`(:]|\\u001b\\[\\d+m)(?<!install -g )${ownName}(?= (?:[a-z]|--[a-z]|\\[|<[a-z]))`,
  'gm',
);

/**
 * The command lines in a text as the person would type them: `codex auth list`, where it is the shim that called us and
 * says so in CODEX_AUTH_INVOKED_AS. All help, hints and results pass here (docs/decisions/024-called-by-another-name.md).
 */
export function calledAs(name: string | undefined): (text: string) => string {
  // The shim sets it to a few plain words; a value with anything else is not from the shim, and is not printed.
  if (name === undefined || !/^[\w-]+( [\w-]+)*$/.test(name)) return (text) => text;
  return (text) => text.replace(inCommandLine, name);
}

/** `me@example.com` → `m***@e***`: enough to tell one's own accounts apart, not enough to read off a screenshot. */
export function maskEmail(email: string): string {
  const [name = '', domain = ''] = email.split('@');
  return `${name.slice(0, 1)}***@${domain.slice(0, 1)}***`;
}

/** Everything in a text that looks like an email address, wherever it came from; `--mask` ends with this. */
export function maskEmails(text: string): string {
  return text.replace(/[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+/gu, maskEmail);
}
