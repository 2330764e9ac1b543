import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { Secret } from '../secret.js';

export const shareKeyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const mark = '1.';

/** What a sealed text belongs to: moved to another row, part or generation, it does not open. */
export interface SealedPlace {
  /** The id of the row; for the name of a machine the machine's, for the proof the pool's. */
  readonly id: string;
  readonly part: 'login' | 'refresh' | 'notes' | 'machine' | 'proof';
  readonly generation: number;
}

/** The key of a shared pool. Whoever has it reads every login in it; the database never sees it. */
export interface ShareKey {
  /** 16 hexadecimal digits that name the key and reveal nothing of it. */
  readonly id: string;
  /** For storing it, and for its recovery phrase. */
  bytes(): Buffer;
  /** The id of the row for an identity. Without the key an id tells nothing, and a guess cannot be checked. */
  rowId(identity: string): string;
  seal(text: string, place: SealedPlace): string;
  /** Undefined where the text was sealed with another key or for another place, or is damaged. */
  open(sealed: string, place: SealedPlace): Secret | undefined;
}

export function newShareKey(): ShareKey {
  return shareKeyOf(randomBytes(shareKeyBytes));
}

/** Throws a `RangeError` unless these are 32 bytes. */
export function shareKeyOf(bytes: Uint8Array): ShareKey {
  if (bytes.length !== shareKeyBytes) throw new RangeError(`a key has ${shareKeyBytes} bytes, not ${bytes.length}`);
  const key = Buffer.from(bytes);
  // One key for each use: what names a row must not help with what seals it.
  const derived = (use: string) => createHmac('sha256', key).update(`codex-auth share ${use}`).digest();
  const [sealing, naming] = [derived('seal'), derived('rows')];
  const id = derived('id').toString('hex').slice(0, 16);
  const associated = (place: SealedPlace) =>
    Buffer.from(['codex-auth', id, place.part, place.id, place.generation].join('\n'));
  return {
    id,
    bytes: () => Buffer.from(key),
    rowId: (identity) => createHmac('sha256', naming).update(identity).digest('hex').slice(0, 32),
    seal(text, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(associated(place));
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${mark}${sealed.toString('base64url')}`;
    },
    open(sealed, place) {
      const bytes = sealed.startsWith(mark) ? Buffer.from(sealed.slice(mark.length), 'base64url') : Buffer.alloc(0);
      if (bytes.length < nonceBytes + tagBytes) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(associated(place)).setAuthTag(bytes.subarray(-tagBytes));
      try {
        const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
        return new Secret(text.toString('utf8'));
      } catch {
        // Node says only that the text was not sealed with this key for this place.
        return undefined;
      }
    },
  };
}
