import type * as Drawing from './draw.js';

/** Loads what draws the dashboard, which the build keeps in a file of its own: Ink takes longer to load than all else. */
export function loadDrawing(): Promise<typeof Drawing> {
  return import('./draw.js');
}
