import { embeddedDirectory, findPostgres } from '../postgres/find-postgres.js';
import { installPinned } from './program.js';

/** Puts a database server where the tests look for one, on machines that have none; where that is impossible, they skip. */
export async function installPostgres(): Promise<void> {
  process.stdout.write('\n== PostgreSQL\n');
  const found = findPostgres();
  if ('bin' in found) {
    process.stdout.write(`the server in ${found.bin} is used\n`);
    return;
  }
  if (!(await installPinned(embeddedDirectory)) || 'missing' in findPostgres())
    process.stdout.write('no server could be installed; the tests that need a database are skipped\n');
}
