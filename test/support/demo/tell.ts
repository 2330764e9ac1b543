import type { Chapter } from './chapters.js';
import { type Stage, StoryBroken } from './stage.js';

/** Plays the chapters in order and ends with what happened. Resolves to whether every step did what it should. */
export async function tell(chapters: readonly Chapter[], stage: Stage): Promise<boolean> {
  for (const [position, chapter] of chapters.entries()) {
    stage.say(`\n== ${position + 1}. ${chapter.title}\n${chapter.about}`);
    try {
      await chapter.play(stage);
    } catch (error) {
      stage.say(`\nThe demo FAILED in "${chapter.title}": ${reasonOf(error)}`);
      return false;
    }
  }
  stage.say(`\n${chapters.length} chapters, ${stage.typed} commands: all did what they should.`);
  return true;
}

function reasonOf(error: unknown): string {
  if (error instanceof StoryBroken) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
