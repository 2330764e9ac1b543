import { readFileSync, writeFileSync } from 'node:fs';
import { demoPeople } from '../provider/people.js';
import type { Stage } from './stage.js';

export interface Chapter {
  readonly title: string;
  /** One or two sentences before the first command. */
  readonly about: string;
  play(stage: Stage): Promise<void>;
}

function personal() {
  const [alice, studio, , carol] = demoPeople;
  if (alice?.accountId === undefined || studio?.accountId === undefined || carol?.accountId === undefined) {
    throw new Error('the demo people have changed');
  }
  return {
    alice: { email: alice.email, accountId: alice.accountId },
    studio: { email: studio.email, accountId: studio.accountId },
    carol: { email: carol.email, accountId: carol.accountId },
  };
}

const { alice, studio, carol } = personal();

/** The story of `npm run demo`, in order. */
export const chapters: readonly Chapter[] = [
  {
    title: 'Sign in',
    about: 'Alice has a personal plan and works in the workspace of her studio, with the same address.',
    async play(stage) {
      await stage.signIn(alice, ['--label', 'personal'], { shows: ['Signed in to personal', 'uses it from now on'] });
      await stage.signIn(studio, ['--label', 'studio'], { shows: ['Signed in to studio', 'codex-auth switch 2'] });
      await stage.signIn(carol, ['--no-activate'], { shows: ['Signed in to carol@example.com'] });
    },
  },
  {
    title: 'Look',
    about: 'What is there, and which account the official client uses. Neither command asks anybody.',
    async play(stage) {
      await stage.type(['list'], { shows: [/●\s+1\s+personal/, /2\s+studio/, /3\s+carol/] });
      const asked = stage.provider.requests.all.length;
      await stage.type(['status'], { shows: ['yes, the official client has this login'] });
      stage.check(stage.provider.requests.all.length === asked, 'the provider was not asked');
    },
  },
  {
    title: 'Switch',
    about: 'The login in auth.json goes back to its account first, so that a refresh by the client is never lost.',
    async play(stage) {
      await stage.type(['switch', 'studio']);
      stage.check(stage.accountIdInUse() === studio.accountId, "auth.json holds the studio's login");
      await stage.type(['switch', '-']);
      stage.check(stage.accountIdInUse() === alice.accountId, 'auth.json holds the personal login again');
    },
  },
  {
    title: 'Tidy up',
    about: 'Accounts have names, and can be set aside without signing out.',
    async play(stage) {
      await stage.type(['label', 'carol', 'friend'], { shows: ['is called friend'] });
      await stage.type(['disable', 'friend'], { shows: ['is now disabled'] });
      await stage.type(['switch', 'friend'], { exitCode: 2, shows: ['is disabled', '--enable'] });
      await stage.type(['enable', 'friend'], { shows: ['is now enabled'] });
      await stage.type(['list', '--mask'], { shows: [/personal <a\W+@e\W+>/] });
    },
  },
  {
    title: 'Choose by quota',
    about: 'The personal plan has used up its five hours; the studio has plenty. Reading quota is free.',
    async play(stage) {
      const { scenario } = stage.provider;
      scenario.setUsage(alice.accountId, { fiveHourPercent: 100, fiveHourResetsIn: 4_500, weeklyPercent: 61 });
      scenario.setUsage(studio.accountId, { fiveHourPercent: 18, weeklyPercent: 34 });
      scenario.setUsage(carol.accountId, { fiveHourPercent: 91, weeklyPercent: 70 });
      await stage.type(['usage']);
      await stage.type(['forecast']);
      await stage.type(['best', '--switch', '--cached'], { shows: ['studio'] });
      stage.check(stage.accountIdInUse() === studio.accountId, "auth.json holds the studio's login");
      stage.check(stage.provider.requests.refreshes().length === 0, 'no token was spent to look at quota');
    },
  },
  {
    title: 'A login breaks, and comes back',
    about: "The friend's login is ended at the provider, and its access token has run out.",
    async play(stage) {
      const { provider } = stage;
      provider.scenario.accessTokenSeconds = 30;
      await stage.signIn(carol, ['--no-activate'], { shows: ['Signed in again to friend'] });
      provider.revokeAccount(carol);
      await stage.type(['check'], { exitCode: 1, shows: ['set aside', '2 fine, 1 needs attention'] });
      await stage.type(['list']);
      stage.check(stage.provider.requests.refreshes().length === 1, 'the dead token was sent once, and not again');
      stage.say('\nThe provider takes it back. A dry run promises nothing that only a refresh can show:');
      provider.reviveAccount(carol);
      await stage.type(['verify-flagged', '--dry-run'], { shows: ['would be restored'] });
      await stage.type(['verify-flagged'], { shows: ['1 restored'] });
      await stage.type(['list'], { shows: ['friend'] });
    },
  },
  {
    title: 'A file breaks, and is repaired',
    about: 'Something cuts the pool file in half. It is not taken for an empty one.',
    async play(stage) {
      await stage.type(['switch', 'personal']);
      stage.say('\n(now the file is cut)');
      const content = readFileSync(stage.home.poolFile, 'utf8');
      writeFileSync(stage.home.poolFile, content.slice(0, content.length / 2));
      await stage.type(['list'], { exitCode: 6, shows: ['is damaged'] });
      await stage.type(['doctor', '--offline'], { exitCode: 1 });
      await stage.type(['doctor', '--offline', '--fix']);
      await stage.type(['list'], { shows: ['personal', 'studio', 'friend'] });
    },
  },
];
