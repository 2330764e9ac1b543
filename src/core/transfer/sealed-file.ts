import type { Secret } from '../secret.js';

/** How a file is sealed, and opened again: the age format, so that `age` itself opens it as well. */
export type SealingKey =
  | { readonly kind: 'passphrase'; readonly passphrase: Secret }
  /** Public keys: whoever seals needs no secret. */
  | { readonly kind: 'recipients'; readonly recipients: readonly string[] };

export type OpeningKey =
  | { readonly kind: 'passphrase'; readonly passphrase: Secret }
  | { readonly kind: 'identities'; readonly identities: readonly Secret[] };

const binaryMark = 'age-encryption.org/v1\n';
const armorMark = '-----BEGIN AGE ENCRYPTED FILE-----';

export function isSealed(content: Buffer): boolean {
  const head = content.subarray(0, 64).toString('latin1').trimStart();
  return head.startsWith(binaryMark) || head.startsWith(armorMark);
}

/** The library is large, and needed by nobody who seals nothing. */
const loadAge = () => import('age-encryption');

/** A public key that things can be sealed for. Post-quantum and plugin recipients are the library's business. */
export function isRecipient(text: string): boolean {
  return /^age1[a-z0-9]{20,}$/.test(text);
}

/** Throws the library's error for a recipient that it does not know. */
export async function seal(content: string, key: SealingKey): Promise<Uint8Array> {
  const { Encrypter } = await loadAge();
  const encrypter = new Encrypter();
  if (key.kind === 'passphrase') encrypter.setPassphrase(key.passphrase.reveal());
  else for (const recipient of key.recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(content);
}

/** What was sealed; undefined where this key does not open it, or it is damaged. */
export async function unseal(content: Buffer, key: OpeningKey): Promise<Buffer | undefined> {
  const { Decrypter, armor } = await loadAge();
  const decrypter = new Decrypter();
  try {
    if (key.kind === 'passphrase') decrypter.addPassphrase(key.passphrase.reveal());
    else for (const identity of key.identities) decrypter.addIdentity(identity.reveal());
    const text = content.toString('latin1').trim();
    return Buffer.from(await decrypter.decrypt(text.startsWith(armorMark) ? armor.decode(text) : content));
  } catch {
    // The library's errors say no more than that, and a wrong passphrase looks like damage.
    return undefined;
  }
}

/** The secret keys in a file as `age-keygen` writes it. */
export function identitiesIn(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('AGE-SECRET-KEY-'));
}
