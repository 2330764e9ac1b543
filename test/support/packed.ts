import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { project } from './docs/markdown-files.js';

/** What a child process may know: nothing of the person, nor of the npm that runs the tests. */
export const cleanEnvironment = (home: string) => ({
  PATH: process.env['PATH'],
  HOME: home,
  npm_config_cache: join(home, 'cache'),
});

/** Packs the project and puts the package below `directory`, where npm would. Returns its directory. */
export function installPackage(directory: string): string {
  const modules = join(directory, 'node_modules');
  mkdirSync(modules);
  execFileSync('tar', ['-xzf', packProject(directory), '-C', modules]);
  const installed = join(modules, 'codex-auth');
  renameSync(join(modules, 'package'), installed);
  return installed;
}

/** Packs the project as `npm publish` would. `npm test` has built before; on its own a test builds what is missing. */
export function packProject(directory: string): string {
  const options = { cwd: project, env: cleanEnvironment(directory), shell: process.platform === 'win32' };
  if (!existsSync(join(project, 'dist', 'index.d.ts'))) execFileSync('npm', ['run', '--silent', 'build'], options);
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory], options);
  const archive = readdirSync(directory).find((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new Error('npm pack made no archive');
  return join(directory, archive);
}
