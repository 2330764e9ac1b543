import { Box, Text } from 'ink';

interface LinesProps {
  readonly of: readonly string[];
  readonly height: number;
}

/** Lines that are no wider than the screen, cut or filled up to a height. */
export function Lines({ of, height }: LinesProps) {
  return (
    <Box flexDirection="column" height={height} flexShrink={0} overflow="hidden">
      {of.slice(0, height).map((line, place) => (
        // An empty text would take no line.
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is nothing but what stands at its place
        <Text key={place}>{line === '' ? ' ' : line}</Text>
      ))}
    </Box>
  );
}
