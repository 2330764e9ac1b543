/** The headings of the help, in order, and the commands below each. */
const groups: Readonly<Record<string, readonly string[]>> = {
  'Accounts:': ['login', 'list', 'status', 'label', 'enable', 'disable', 'remove'],
  'Use:': ['switch', 'best', 'run', 'token', 'sessions', 'resume', 'prefer', 'reserve'],
  'Quota:': ['usage', 'forecast', 'watch', 'report', 'models', 'redeem', 'history'],
  'Repair:': ['check', 'doctor', 'fix', 'undo', 'flag', 'verify-flagged', 'guard', 'renew'],
  'Move:': ['move', 'import', 'export', 'share', 'sync'],
};

/** For whatever is in no other. */
export const lastGroup = 'More:';

export function helpGroupOf(command: string): string {
  return Object.keys(groups).find((heading) => groups[heading]?.includes(command)) ?? lastGroup;
}

/** Where the command stands in the help. */
export function helpPosition(command: string): number {
  const position = Object.values(groups).flat().indexOf(command);
  return position < 0 ? Number.MAX_SAFE_INTEGER : position;
}
