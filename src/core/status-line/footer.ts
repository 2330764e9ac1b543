import type { HandedOver } from '../quota/handed-over.js';
import { percentText, type QuotaWindow } from '../quota/window.js';
import { shortName } from '../segment/segment-text.js';
import type { Sight } from './take-numbers.js';

/** What the official client draws (official-client.md#status-line): text is shown as it is, null shows nothing. */
export type FooterNode =
  | string
  | { readonly type: 'text'; readonly props: { readonly color: string }; readonly children: readonly FooterNode[] }
  | {
      readonly type: 'row';
      readonly props: { readonly gap: number; readonly wrap: 'wrap' };
      readonly children: readonly FooterNode[];
    };

/** `work  5h 80%  7d 41%`: the account of the conversation, and what is left of its windows. */
export function footerOf({ account, known }: Sight, limits: HandedOver | undefined): FooterNode | null {
  const windows = limits?.windows ?? known?.windows ?? [];
  const name = account === undefined ? [] : [painted('status-thread', shortName(account))];
  const children = [...name, ...windows.map(windowNode)];
  return children.length === 0 ? null : { type: 'row', props: { gap: 2, wrap: 'wrap' }, children };
}

function windowNode({ id, remainingPercent }: QuotaWindow): FooterNode {
  const color = remainingPercent <= 10 ? 'red' : remainingPercent <= 30 ? 'yellow' : 'status-limit';
  return painted(color, `${id} ${percentText(remainingPercent)}`);
}

function painted(color: string, text: string): FooterNode {
  return { type: 'text', props: { color }, children: [text] };
}
