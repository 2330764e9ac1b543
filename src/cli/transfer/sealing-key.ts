import { AppError } from '../../core/errors.js';
import { Secret } from '../../core/secret.js';
import { identitiesIn, isRecipient, type OpeningKey, type SealingKey } from '../../core/transfer/sealed-file.js';
import type { Context } from '../program/context.js';
import { readSmallFile } from '../terminal/given-input.js';

export interface SealingOptions {
  readonly encrypt?: boolean;
  /** Public keys of age. */
  readonly recipient?: readonly string[];
  /** A file whose first line is the passphrase: one in the arguments or the environment could be read by others. */
  readonly passphraseFile?: string;
}

/** What an export is sealed with; undefined where it is not. Asks on a terminal where no option names a key. */
export async function chooseSealingKey(context: Context, options: SealingOptions): Promise<SealingKey | undefined> {
  const { encrypt, recipient: recipients = [], passphraseFile } = options;
  if (recipients.length > 0) {
    const wrong = recipients.find((each) => !isRecipient(each));
    if (wrong === undefined) return { kind: 'recipients', recipients };
    throw new AppError('usage', 'a recipient is no public key of age', {
      hint: 'age-keygen -y key.txt prints the public key of a file: age1…',
    });
  }
  if (passphraseFile !== undefined) return { kind: 'passphrase', passphrase: readPassphrase(context, passphraseFile) };
  return encrypt === true ? { kind: 'passphrase', passphrase: await askForNewPassphrase(context) } : undefined;
}

async function askForNewPassphrase(context: Context): Promise<Secret> {
  if (!context.io.isInteractive) {
    throw new AppError('usage', 'there is nobody to ask for a passphrase', {
      hint: 'add --passphrase-file or --recipient',
    });
  }
  const prompter = await context.prompter();
  const passphrase = await prompter.secret('Passphrase');
  if (passphrase.reveal() === '') throw new AppError('usage', 'an empty passphrase seals nothing', {});
  if (passphrase.equals(await prompter.secret('Once more'))) return passphrase;
  throw new AppError('usage', 'the two passphrases differ', { hint: 'run the command again; nothing was exported' });
}

export interface OpeningOptions {
  readonly identity?: string;
  readonly passphraseFile?: string;
}

/** What sealed files are opened with, read or asked for at the first sealed file; undefined where there is none. */
export function openingKeys(context: Context, { identity, passphraseFile }: OpeningOptions) {
  let key: Promise<OpeningKey | undefined> | undefined;
  async function choose(): Promise<OpeningKey | undefined> {
    if (identity !== undefined) return { kind: 'identities', identities: readIdentities(context, identity) };
    if (passphraseFile !== undefined)
      return { kind: 'passphrase', passphrase: readPassphrase(context, passphraseFile) };
    if (!context.io.isInteractive) return undefined;
    const passphrase = await (await context.prompter()).secret('Passphrase of the sealed file');
    return { kind: 'passphrase', passphrase };
  }
  return () => {
    key ??= choose();
    return key;
  };
}

function readPassphrase(context: Context, path: string): Secret {
  const [line = ''] = readSmallFile(context, path).split(/\r?\n/, 1);
  if (line !== '') return new Secret(line);
  throw new AppError('usage', `the first line of ${path} is empty`, { hint: 'it has to be the passphrase' });
}

function readIdentities(context: Context, path: string): Secret[] {
  const identities = identitiesIn(readSmallFile(context, path));
  if (identities.length > 0) return identities.map((identity) => new Secret(identity));
  throw new AppError('usage', `there is no secret key of age in ${path}`, {
    hint: 'name a file that age-keygen has written',
  });
}
