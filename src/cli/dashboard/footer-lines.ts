import measureWidth from 'fast-string-width';
import type { Theme } from '../render/theme.js';
import { type Binding, bindingsOf } from './keys.js';
import { type Message, type Model, type Question, selectedAccount, selectedFlagged, viewOf } from './model.js';

/** The bottom of the screen, its lines not yet broken to the width. */
interface Footer {
  /** What was said or is asked last. */
  readonly said: readonly string[];
  /** What can be pressed, which stays on the screen however small it is. */
  readonly keys: readonly string[];
}

export function footerLines(model: Model, theme: Theme): Footer {
  const { color } = theme;
  if (model.question !== undefined) return questionLines(model.question, theme);
  const busy = model.busy === undefined ? [] : [color.cyan(`${model.busy}${theme.symbols.ellipsis}`)];
  const message = model.message ?? (model.busy === undefined ? model.readFailure : undefined);
  const said = message === undefined ? busy : messageLines(message, theme);
  return { said, keys: [nameLine(model, theme) ?? filterLine(model, theme) ?? keyLine(model, theme)] };
}

function questionLines({ text, choices, cursor }: Question, { color, symbols }: Theme): Footer {
  const keys = choices.map((choice, position) => {
    const mark = position === cursor ? color.cyan(symbols.selected) : ' ';
    return `${mark} ${color.bold(choice.key)}  ${position === cursor ? color.bold(choice.text) : choice.text}`;
  });
  return { said: [color.bold(text)], keys };
}

export function messageLines({ tone, text, hint, warnings }: Message, { color, symbols }: Theme): string[] {
  const lines = text.trimEnd().split('\n');
  const said = tone === 'good' ? lines : lines.map((line) => `${color.red(symbols.error)} ${line}`);
  return [
    ...said,
    ...(hint === undefined ? [] : [`  ${symbols.arrow} ${hint}`]),
    ...warnings.map((warning) => color.yellow(`${symbols.warning} ${warning}`)),
  ];
}

function nameLine({ naming }: Model, { color }: Theme): string | undefined {
  if (naming === undefined) return undefined;
  return `${color.bold('label')} ${naming.text}${color.inverse(' ')}  ${color.dim('Enter keeps it, Esc leaves it')}`;
}

/** The filter, while it is typed or holds something back. */
function filterLine({ isTyping, filter }: Model, { color }: Theme): string | undefined {
  if (isTyping) return `${color.bold('/')}${filter}${color.inverse(' ')}  ${color.dim('Enter keeps it, Esc ends it')}`;
  return filter === '' ? undefined : `${color.bold('/')}${filter}  ${color.dim('q shows all again')}`;
}

/** As many keys as there is room for; the last two, help and the way out, always. */
function keyLine(model: Model, { color, style }: Theme): string {
  const keys = offeredKeys(model);
  const widthOf = (some: typeof keys) => measureWidth(some.map(({ label, short }) => `${label} ${short}`).join('  '));
  let shown = keys;
  while (shown.length > 2 && widthOf(shown) > style.width) shown = [...shown.slice(0, -3), ...shown.slice(-2)];
  return shown.map(({ label, short }) => `${color.bold(label)} ${color.dim(short)}`).join('  ');
}

/** The keys that have something to do now, in the words of what they would do. */
function offeredKeys(model: Model) {
  return bindingsOf(viewOf(model)).flatMap((binding) => {
    const { label } = binding;
    const short = offerOf(model, binding);
    return label === undefined || short === undefined ? [] : [{ label, short }];
  });
}

function offerOf(model: Model, { intent, short }: Binding): string | undefined {
  const account = selectedAccount(model);
  const isFlagged = viewOf(model) === 'flagged';
  const flagged = selectedFlagged(model);
  switch (intent) {
    case 'use':
      if (isFlagged) return flagged?.usableUntil && short;
      return isEmpty(model) ? 'sign in' : account && short;
    case 'open':
    case 'refresh':
    case 'remove':
    case 'check':
    case 'verify':
    case 'restore':
      return (isFlagged ? flagged : account) && short;
    case 'toggle':
      return account && (account.enabled ? 'disable' : 'enable');
    case 'add':
      // While there is no account, Enter adds one, and is offered for that.
      return isEmpty(model) ? undefined : short;
    case 'search':
      return (model.report?.accounts.length ?? 0) > 0 ? short : undefined;
    case 'flagged':
      return (model.report?.flagged.length ?? 0) > 0 ? short : undefined;
    default:
      return short;
  }
}

/** Nothing is here yet, not even an account that is set aside. */
export function isEmpty({ report }: Model): boolean {
  return report?.accounts.length === 0 && report.flagged.length === 0;
}
