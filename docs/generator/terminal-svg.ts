/** How many pixels a character cell takes. */
const cell = { width: 8.4, height: 20 } as const;
const margin = 20;
const fontSize = 14;

const palette: Readonly<Record<number, string>> = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#a5d6ff',
  90: '#8b949e',
};
const foreground = '#e6edf3';
const background = '#0d1117';

interface Look {
  readonly color: string;
  readonly isBold: boolean;
  readonly isDim: boolean;
}

const plain: Look = { color: foreground, isBold: false, isDim: false };

/** A terminal's output, colours included, as a picture. */
export function terminalSvg(output: string, title: string): string {
  const lines = output.trimEnd().split('\n');
  const columns = Math.max(
    ...lines.map((line) => segmentsOf(line).reduce((sum, { text }) => sum + [...text].length, 0)),
  );
  const width = Math.ceil(columns * cell.width + 2 * margin);
  const height = lines.length * cell.height + 2 * margin;
  const rows = lines.map((line, row) => textLine(line, margin + (row + 0.75) * cell.height));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="${escapeXml(title)}">
<title>${escapeXml(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${background}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${fontSize}">
${rows.filter((row) => row !== '').join('\n')}
</g>
</svg>
`;
}

/** Each piece has its own position, so that a font with other widths cannot push the columns apart. */
function textLine(line: string, y: number): string {
  let column = 0;
  return segmentsOf(line)
    .map(({ text, look }) => {
      const indent = text.length - text.trimStart().length;
      const x = margin + (column + indent) * cell.width;
      column += [...text].length;
      if (text.trim() === '') return '';
      const bold = look.isBold ? ' font-weight="bold"' : '';
      const dim = look.isDim ? ' opacity="0.65"' : '';
      return `<text x="${x.toFixed(1)}" y="${y}" fill="${look.color}"${bold}${dim}>${escapeXml(text.trim())}</text>`;
    })
    .filter((text) => text !== '')
    .join('');
}

interface Segment {
  readonly text: string;
  readonly look: Look;
}

const selectGraphicRendition = new RegExp(`${String.fromCharCode(27)}\\[([0-9;]*)m`);

/** Cut where the look changes and at wide gaps, where columns begin. */
function segmentsOf(line: string): Segment[] {
  let look = plain;
  return line.split(selectGraphicRendition).flatMap((part, index) => {
    if (index % 2 === 0) return part.split(/(?<= {2})(?=\S)/).map((text) => ({ text, look }));
    look = part.split(';').reduce((current, number) => applied(current, Number(number)), look);
    return [];
  });
}

function applied(look: Look, number: number): Look {
  if (number === 0) return plain;
  if (number === 1) return { ...look, isBold: true };
  if (number === 2) return { ...look, isDim: true };
  if (number === 22) return { ...look, isBold: false, isDim: false };
  return { ...look, color: palette[number] ?? foreground };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
