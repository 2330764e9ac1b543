import { useInput } from 'ink';
import { useState } from 'react';
import { intentOf } from './keys.js';
import { Lines } from './lines.js';
import type { View } from './model.js';
import { moved } from './navigation.js';
import { typedKeys } from './typed-keys.js';

export interface PageProps {
  readonly view: View;
  readonly lines: readonly string[];
  readonly height: number;
  /** Whether keys move in it; a question has them first. */
  readonly isActive: boolean;
  /** The last line where there are more below. */
  readonly more: (count: number) => string;
}

/** Text that may be longer than its room, and how far it is scrolled. */
export function Page({ view, lines, height, isActive, more }: PageProps) {
  const [wanted, setWanted] = useState(0);
  const room = lines.length > height ? Math.max(1, height - 1) : height;
  const places = Math.max(1, lines.length - room + 1);
  const offset = Math.min(wanted, places - 1);
  const below = places - 1 - offset;
  useInput(
    (input, key) => {
      const scroll = (at: number, each: string) => moved(intentOf(view, each) ?? 'open', at, places) ?? at;
      setWanted(typedKeys(input, key).reduce(scroll, offset));
    },
    { isActive },
  );
  const shown = [...lines.slice(offset, offset + room), ...(below > 0 ? [more(below)] : [])];
  return <Lines of={shown} height={height} />;
}
