import { otherNodes, otherNodesDirectory } from '../other-nodes.js';
import { installPinned } from './program.js';

/** Puts the pinned releases of Node where the tests look for them; where that is impossible, they skip and say so. */
export async function installOtherNodes(): Promise<void> {
  process.stdout.write('\n== other releases of Node\n');
  const versions = otherNodes().map(({ version }) => version);
  if (otherNodes().every((node) => 'path' in node)) {
    process.stdout.write(`Node ${versions.join(', ')} are already installed\n`);
    return;
  }
  if (!(await installPinned(otherNodesDirectory)))
    process.stdout.write(`Node ${versions.join(', ')} could not be installed; the tests that run them are skipped\n`);
}
