import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCodexConfig } from '../../../src/core/codex/config.js';
import { mayChooseStore, mayRestrictLogins } from '../../../src/core/codex/config-files.js';
import { refuseRestricted, restrictionOn } from '../../../src/core/codex/restrictions.js';
import { accountOf } from '../../support/stored-accounts.js';
import { temporaryDirectory } from '../../support/temporary.js';

function read(files: Readonly<Record<string, string>>) {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  const path = (name: string) => join(directory, name);
  return {
    config: readCodexConfig(path('home'), path('etc')),
    mayChoose: mayChooseStore(path('home'), path('etc')),
    mayRestrict: mayRestrictLogins(path('home'), path('etc')),
    path,
  };
}

describe('the configuration of the official client', () => {
  it('restricts nothing where there is none', () => {
    const { config, path } = read({});
    const own = path('home/config.toml');
    expect(config).toEqual({
      path: own,
      credentialStore: { value: 'file', path: own },
      encryptsSecrets: { value: undefined, path: own },
      forcedWorkspaces: { value: [], path: own },
      forcedLoginMethod: { value: undefined, path: own },
    });
  });

  it('is the person’s over the machine’s, and the administrator’s over both, each value with its file', () => {
    const { config, path } = read({
      'etc/config.toml': 'forced_login_method = "api"\ncli_auth_credentials_store = "keyring"',
      'home/config.toml': 'cli_auth_credentials_store = "file"\nforced_chatgpt_workspace_id = "own"',
      'etc/managed_config.toml': 'forced_chatgpt_workspace_id = ["managed"]',
    });
    expect(config.forcedLoginMethod).toEqual({ value: 'api', path: path('etc/config.toml') });
    expect(config.credentialStore).toEqual({ value: 'file', path: path('home/config.toml') });
    expect(config.forcedWorkspaces).toEqual({ value: ['managed'], path: path('etc/managed_config.toml') });
  });

  it('is read as TOML: not what a comment or another table says', () => {
    const { config } = read({
      'home/config.toml':
        '# forced_login_method = "api"\n[profiles.work]\nforced_login_method = "api"\ncli_auth_credentials_store = "keyring"',
    });
    expect(config).toMatchObject({ forcedLoginMethod: { value: undefined }, credentialStore: { value: 'file' } });
  });

  it('names a file that is no TOML, and keeps what the others say', () => {
    const { config, path } = read({ 'etc/config.toml': 'a = = 1', 'home/config.toml': 'forced_login_method = "api"' });
    const problem = {
      path: path('etc/config.toml'),
      message: 'is no TOML in line 1',
      hidesRestrictions: false,
      hidesStore: false,
    };
    expect(config.problem).toEqual(problem);
    expect(config.forcedLoginMethod.value).toBe('api');
  });
});

describe('a configuration that cannot be read', () => {
  const account = accountOf('a', { accountId: 'studio' });

  it('is told with its line, and without what is in it', () => {
    const { config } = read({ 'home/config.toml': 'a = 1\n[mcp]\nkey = "sk-secret\n' });
    expect(config.problem).toMatchObject({ message: 'is no TOML in line 3', hidesRestrictions: false });
    expect(JSON.stringify(config)).not.toContain('sk-secret');
  });

  it.each([
    'forced_login_method = "api',
    'forced_chatgpt_workspace_id = studio',
    'forced_login_method = "api"\na = = 1',
  ])('allows no login where it may restrict them: %s', (toml) => {
    const { config, path } = read({ 'home/config.toml': toml });
    const own = path('home/config.toml');
    expect(() => refuseRestricted(config, account)).toThrow(
      expect.objectContaining({ code: 'not-allowed', hint: expect.stringContaining(`correct ${own}`) }),
    );
  });

  it('counts as restricting although another one cannot be read either', () => {
    const files = { 'etc/config.toml': 'forced_login_method = "', 'home/config.toml': 'a = = 1' };
    expect(read(files).config.problem?.hidesRestrictions).toBe(true);
    expect(read(files).mayRestrict).toBe(true);
  });

  it('is also a directory', () => {
    const { config, path } = read({ 'home/config.toml/x': '' });
    expect(config.problem).toEqual({
      path: path('home/config.toml'),
      message: 'cannot be read: it is a directory',
      hidesRestrictions: false,
      hidesStore: false,
    });
  });
});

describe('the credential store', () => {
  it.each([
    ['nothing', '', undefined],
    ['a mode', 'model = "x"\ncli_auth_credentials_store = "keyring"\n', 'keyring'],
    ['a literal string', "cli_auth_credentials_store='auto' # why", 'auto'],
    ['a quoted key', '"cli_auth_credentials_store" = "ephemeral"', 'ephemeral'],
    ['a comment', '# cli_auth_credentials_store = "keyring"', undefined],
    ['another table', '[profiles.x]\ncli_auth_credentials_store = "keyring"', undefined],
    ['a key above tables', 'cli_auth_credentials_store = "file"\n[a]\ncli_auth_credentials_store = "keyring"', 'file'],
    ['a text with brackets before it', 'notes = """\n[a]\n"""\ncli_auth_credentials_store = "auto"', 'auto'],
    ['a text that mentions it', "notes = '''\ncli_auth_credentials_store = \"keyring\"\n'''", undefined],
    ['a nested list before it', 'a = [\n["x"],\n]\ncli_auth_credentials_store = "keyring"', 'keyring'],
    ['a comment with three quotes', '# """\ncli_auth_credentials_store = "keyring"\n# """', 'keyring'],
    ['a key with an escape', '"cli_auth_credentials\\u005fstore" = "keyring"', 'keyring'],
    ['a long string', 'cli_auth_credentials_store = """\nkeyring"""', 'keyring'],
    ['a byte order mark', '\uFEFFcli_auth_credentials_store = "keyring"', 'keyring'],
    ['an inline table', 'a = { cli_auth_credentials_store = "keyring" }', undefined],
    ['a dotted key', 'a.cli_auth_credentials_store = "keyring"', undefined],
    ['Windows line ends', 'a = 1\r\ncli_auth_credentials_store = "auto"\r\n[b]\r\n', 'auto'],
  ])('is read from %s, and no parser is needed where nothing is said', (_what, toml, mode) => {
    const { config, mayChoose } = read({ 'home/config.toml': toml });
    expect(config.credentialStore.value).toBe(mode ?? 'file');
    if (mode !== undefined) expect(mayChoose).toBe(true);
  });

  it('is the strongest file’s, and named with it', () => {
    const files = ['etc/config.toml', 'home/config.toml', 'etc/managed_config.toml'] as const;
    const modes = ['keyring', 'auto', 'ephemeral'];
    for (const count of [1, 2, 3]) {
      const said = files.slice(0, count).map((name, index) => [name, `cli_auth_credentials_store = "${modes[index]}"`]);
      const { config, mayChoose, path } = read(Object.fromEntries(said));
      const strongest = { mode: modes[count - 1], path: path(files[count - 1] ?? '') };
      expect(mayChoose).toBe(true);
      expect({ mode: config.credentialStore.value, path: config.credentialStore.path }).toEqual(strongest);
    }
  });

  it.each([
    ['[features]\nsecret_auth_storage = true', true],
    ['features.secret_auth_storage = false', false],
    ['features = { secret_auth_storage = true }', true],
    ['[features]\n"secret_auth_storage" = true', true],
    ['[other]\nsecret_auth_storage = true', undefined],
    ['', undefined],
  ])('may be an encrypted file: %s', (toml, encryptsSecrets) => {
    const { config } = read({ 'home/config.toml': `cli_auth_credentials_store = "keyring"\n${toml}` });
    expect(config.encryptsSecrets.value).toBe(encryptsSecrets);
  });

  it('is unknown where a file may say it and is no TOML', () => {
    const files = {
      'home/config.toml': 'cli_auth_credentials_store = "keyring"\na = = 1',
      'etc/config.toml': 'b = = 1',
    };
    expect(read(files).config.problem).toMatchObject({ hidesStore: true, hidesRestrictions: false });
  });
});

describe('a ChatGPT login', () => {
  const inStudio = { accountId: 'studio' };
  const judge = (toml: string) => restrictionOn(read({ 'home/config.toml': toml }).config, inStudio)?.setting;

  it.each([
    ['nothing', ''],
    ['its workspace', 'forced_chatgpt_workspace_id = "studio"'],
    ['a list with its workspace', 'forced_chatgpt_workspace_id = ["home", "studio"]'],
    ['an empty list', 'forced_chatgpt_workspace_id = []'],
    ['an empty name', 'forced_chatgpt_workspace_id = ""'],
    ['ChatGPT logins', 'forced_login_method = "chatgpt"'],
  ])('is allowed where the configuration forces %s', (_what, toml) => expect(judge(toml)).toBeUndefined());

  it.each([
    ['another workspace', 'forced_chatgpt_workspace_id = "home"', 'forced_chatgpt_workspace_id'],
    ['a list without its workspace', 'forced_chatgpt_workspace_id = ["home"]', 'forced_chatgpt_workspace_id'],
    ['API keys', 'forced_login_method = "api"\nforced_chatgpt_workspace_id = "studio"', 'forced_login_method'],
    ['API keys, in a key of escapes', '"forced_login\\u005fmethod" = "api"', 'forced_login_method'],
  ])('is not where it forces %s, which is seen without a parser', (_what, toml, setting) => {
    expect(judge(toml)).toBe(setting);
    for (const place of ['etc/config.toml', 'home/config.toml', 'etc/managed_config.toml']) {
      expect(read({ [place]: toml }).mayRestrict).toBe(true);
    }
  });

  it('needs no parser where nothing is forced', () => {
    expect(read({ 'home/config.toml': 'model = "any"\n[features]\nx = true\n' }).mayRestrict).toBe(false);
    expect(read({}).mayRestrict).toBe(false);
  });

  it('of an unknown workspace is in none of a list', () => {
    const { config } = read({ 'home/config.toml': 'forced_chatgpt_workspace_id = "home"' });
    expect(restrictionOn(config, {})?.setting).toBe('forced_chatgpt_workspace_id');
  });

  it('is refused with the rule, what would happen, and the way out', () => {
    const { config, path } = read({ 'home/config.toml': 'forced_chatgpt_workspace_id = ["home", "school"]' });
    const own = path('home/config.toml');
    const account = accountOf('a', { accountId: 'studio', email: 'alice@example.com' });
    expect(() => refuseRestricted(config, account)).toThrow(
      expect.objectContaining({
        code: 'not-allowed',
        message: `${own} allows only workspaces home, school, so that the official client would delete the login of alice@example.com`,
        hint: `change forced_chatgpt_workspace_id in ${own}, or choose another account: codex-auth list`,
        details: { setting: 'forced_chatgpt_workspace_id', path: own },
      }),
    );
  });
});
