/**
 * The program from its sources, whose functions still have their names: `node --import tsx test/support/from-sources.ts
 * list`.
 */
import { run } from '../../src/main.js';

await run({ codeCache: false });
