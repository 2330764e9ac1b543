import { codexFile, type LoginWords, tokenFile } from './login-files.js';
import { tokenFor } from './unsigned-tokens.js';

/** A file of another tool: its name, and its content for these people. */
export interface LoginShape {
  readonly name: string;
  readonly files: (people: readonly LoginWords[]) => Readonly<Record<string, unknown>>;
  /** How many of the people it has room for. */
  readonly room?: 1;
  /** What each file of it comes to besides new logins. */
  readonly passed?: number;
  /** The labels that it gives to the first and the second person. */
  readonly labels?: readonly [string, string];
  readonly isSecondDisabled?: boolean;
  /** It says that the second one is in use. */
  readonly isSecondActive?: boolean;
  /** It has no place for an id token. */
  readonly withoutIdToken?: boolean;
}

const camel = ({ refresh, ...facts }: LoginWords) => ({
  accessToken: tokenFor(facts),
  refreshToken: refresh,
  idToken: tokenFor(facts),
  accountId: facts.accountId,
  email: facts.email,
});

const short = ({ refresh, ...facts }: LoginWords) => ({
  type: 'oauth',
  refresh,
  access: tokenFor(facts),
  expires: (facts.exp ?? 0) * 1000,
  accountId: facts.accountId,
});

const tokensOf = (who: LoginWords) => codexFile(who)['tokens'] as Record<string, unknown>;

const only = <T>(people: readonly T[]): T => people[0] as T;

const other = { type: 'oauth', access: 'opaque', refresh: 'opaque' };

/** The shapes of files that people have arrived with, and similar ones. */
export const loginShapes: readonly LoginShape[] = [
  { name: 'auth.json', room: 1, files: (people) => ({ 'auth.json': codexFile(only(people)) }) },
  { name: 'flat', room: 1, files: (people) => ({ 'a.json': tokenFile(only(people)) }) },
  { name: 'array of flat', files: (people) => ({ 'a.json': people.map((who) => tokenFile(who)) }) },
  { name: 'array of auth.json', files: (people) => ({ 'a.json': people.map((who) => codexFile(who)) }) },
  {
    name: 'lines of flat',
    files: (people) => ({ 'a.jsonl': people.map((who) => JSON.stringify(tokenFile(who))).join('\n') }),
  },
  {
    name: 'list of flat',
    isSecondDisabled: true,
    files: (people) => ({
      'a.json': { accounts: people.map((who, index) => tokenFile(who, { disabled: index === 1 })) },
    }),
  },
  { name: 'camel case', room: 1, files: (people) => ({ 'a.json': camel(only(people)) }) },
  { name: 'list of camel case', files: (people) => ({ 'a.json': { accounts: people.map(camel) } }) },
  {
    name: 'auth data inside',
    labels: ['Work', 'Home'],
    isSecondActive: true,
    files: (people) => ({
      'accounts.json': {
        version: 1,
        accounts: people.map((who, index) => ({
          id: `b0a7-${index}`,
          name: index === 0 ? 'Work' : 'Home',
          email: who.email,
          plan_type: 'plus',
          auth_mode: 'chat_g_p_t',
          auth_data: { type: 'chat_g_p_t', ...tokensOf(who) },
          created_at: '2026-11-01T09:00:00Z',
        })),
        active_account_id: 'b0a7-1',
      },
    }),
  },
  {
    name: 'credentials inside',
    passed: 1,
    files: (people) => ({
      'export.json': {
        type: 'sub2api-data',
        version: 1,
        proxies: [],
        accounts: [
          {
            name: 'another',
            platform: 'anthropic',
            type: 'oauth',
            credentials: { access_token: 'x', refresh_token: 'y' },
          },
          ...people.map((who) => ({
            name: who.email,
            platform: 'openai',
            type: 'oauth',
            credentials: {
              access_token: tokenFor(who),
              refresh_token: who.refresh,
              id_token: tokenFor(who),
              expires_at: '2026-12-08T09:00:00.000Z',
              email: who.email,
              chatgpt_account_id: who.accountId,
              chatgpt_user_id: who.userId,
              organization_id: 'org-x',
            },
            priority: 1,
          })),
        ],
      },
    }),
  },
  {
    name: 'opencode',
    room: 1,
    passed: 2,
    withoutIdToken: true,
    files: (people) => ({
      'auth.json': { 'github-copilot': other, groq: { type: 'api', key: 'gsk' }, openai: short(only(people)) },
    }),
  },
  {
    name: 'pi',
    room: 1,
    passed: 1,
    withoutIdToken: true,
    files: (people) => ({ 'auth.json': { anthropic: other, 'openai-codex': short(only(people)) } }),
  },
  {
    name: 'records by name',
    labels: ['work', 'home'],
    isSecondActive: true,
    files: (people) => ({
      'profiles.json': {
        current: 'home',
        profiles: Object.fromEntries(people.map((who, index) => [index === 0 ? 'work' : 'home', codexFile(who)])),
      },
    }),
  },
  {
    name: 'providers with settings',
    labels: ['Work', 'Home'],
    passed: 1,
    isSecondActive: true,
    files: (people) => ({
      'config.json': {
        version: 2,
        codex: {
          current: 'id-1',
          providers: {
            relay: { id: 'relay', name: 'Relay', settingsConfig: { auth: { OPENAI_API_KEY: 'sk-other' }, config: '' } },
            ...Object.fromEntries(
              people.map((who, index) => [
                `id-${index}`,
                {
                  id: `id-${index}`,
                  name: index === 0 ? 'Work' : 'Home',
                  settingsConfig: { auth: codexFile(who), config: 'model = "x"' },
                },
              ]),
            ),
          },
        },
      },
    }),
  },
  {
    name: 'auth.json as a text',
    labels: ['work', 'home'],
    files: (people) => ({
      'a.json': people.map((who, index) => ({
        alias: index === 0 ? 'work' : 'home',
        authJson: JSON.stringify(codexFile(who)),
      })),
    }),
  },
  {
    name: 'named snapshots',
    labels: ['work', 'home'],
    passed: 1,
    isSecondActive: true,
    files: (people) => ({
      'registry.json': {
        schema_version: 4,
        active_account_key: keyOf(people[1]),
        auto_switch: { enabled: false },
        accounts: people.map((who, index) => ({
          account_key: keyOf(who),
          chatgpt_account_id: who.accountId,
          chatgpt_user_id: who.userId,
          email: who.email,
          alias: index === 0 ? 'work' : 'home',
          account_name: null,
          plan: 'plus',
          auth_mode: 'chatgpt',
        })),
      },
      ...Object.fromEntries(
        people.map((who) => [`${Buffer.from(keyOf(who)).toString('base64url')}.auth.json`, codexFile(who)]),
      ),
    }),
  },
  {
    name: 'directory of homes',
    labels: ['work', 'home'],
    files: (people) =>
      Object.fromEntries(people.map((who, index) => [`${index === 0 ? 'work' : 'home'}/auth.json`, codexFile(who)])),
  },
];

function keyOf(who: LoginWords | undefined): string {
  return `${who?.userId}::${who?.accountId}`;
}

/** The same content spelled or wrapped in another way. */
export const fileVariants: Readonly<Record<string, (content: unknown) => Buffer | string>> = {
  'as it is': (content) => textOf(content),
  'with a byte order mark': (content) => `\uFEFF${textOf(content)}`,
  'with CRLF': (content) => textOf(content).replaceAll('\n', '\r\n'),
  'with a trailing newline': (content) => `${textOf(content)}\n\n`,
  'in UTF-16LE': (content) => Buffer.from(`\uFEFF${textOf(content)}`, 'utf16le'),
  'in UTF-16BE': (content) => Buffer.from(`\uFEFF${textOf(content)}`, 'utf16le').swap16(),
  'in UTF-16LE without a mark': (content) => Buffer.from(textOf(content), 'utf16le'),
  'nested one deeper': (content) => textOf(typeof content === 'string' ? content : { data: content }),
};

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content, null, 2);
}
