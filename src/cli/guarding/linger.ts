import type { ServiceManager } from '../../core/service/manager.js';
import type { Context } from '../context.js';
import { answerOf } from './service-steps.js';

/** Under systemd a person's services end with their last session, unless they linger; absent where nobody can tell. */
export async function lingers(
  context: Context,
  { kind }: Pick<ServiceManager, 'kind'>,
): Promise<{ readonly lingers?: boolean }> {
  const { effectiveUserId } = context.machine;
  if (kind !== 'systemd' || effectiveUserId === undefined) return {};
  const answer = await answerOf(context, [
    'loginctl',
    'show-user',
    String(effectiveUserId),
    '--property=Linger',
    '--value',
  ]);
  return answer === 'yes' || answer === 'no' ? { lingers: answer === 'yes' } : {};
}
