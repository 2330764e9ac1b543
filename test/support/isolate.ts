/**
 * Runs before every test file: whatever a test forgets to construct must not reach the person's own files or a
 * proxy. Each home is a directory that does not exist, so that an accidental write fails loudly.
 */
const nowhere = '/nonexistent/codex-auth-test-home';
for (const name of Object.keys(process.env)) {
  if (/^(CODEX|OPENAI)_/.test(name) || /_proxy$/i.test(name)) delete process.env[name];
}
for (const name of ['HOME', 'USERPROFILE', 'CODEX_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME']) {
  process.env[name] = nowhere;
}
// Away from the keyring of the person who runs the tests.
process.env['DBUS_SESSION_BUS_ADDRESS'] = `unix:path=${nowhere}/bus`;
process.env['TZ'] = 'UTC';
