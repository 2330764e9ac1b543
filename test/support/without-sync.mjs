import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Runs before every test file of the in-process tiers: what is written is not forced onto the disk. No file has to
 * survive the machine there, and waiting for the disk would be most of their time. Programs that are started as
 * processes of their own do sync.
 */
fs.fsyncSync = () => undefined;
fs.fsync = (_descriptor, done) => setImmediate(done, null);
syncBuiltinESMExports();
