const perLine = 4;
const width = 15;

/** The words of a recovery phrase with their numbers, four to a line, to be written down. */
export function phraseLines(phrase: string): string {
  const words = phrase.split(' ').map((word, position) => `${String(position + 1).padStart(2)} ${word}`.padEnd(width));
  const lines = words.flatMap((_, position) =>
    position % perLine === 0
      ? [
          `  ${words
            .slice(position, position + perLine)
            .join('')
            .trimEnd()}\n`,
        ]
      : [],
  );
  return lines.join('');
}
