/**
 * Runs before every test file. The hook is here and not beside `startBuilt`, because a module that many files share
 * runs once, and its hook would be one of the first file alone.
 */
import { afterEach } from 'vitest';
import { endBuilt } from './built.js';

afterEach(endBuilt);
