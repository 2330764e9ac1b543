import { type Check, judge } from '../finding.js';

export const leftoversCheck: Check = {
  id: 'leftovers',
  title: 'Temporary files',
  inspect({ temporaries }) {
    return judge(
      temporaries.map((path) => ({
        severity: 'error' as const,
        message: `${path} was left by a killed process and may hold tokens`,
        repair: { kind: 'sweep-leftovers' as const },
      })),
      'none',
    );
  },
};
