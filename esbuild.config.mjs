import { rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

// Bundled CommonJS dependencies call require() for Node's own modules.
const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };

rmSync('dist', { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: { main: 'src/main.ts', index: 'src/index.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: false,
  legalComments: 'linked',
  metafile: true,
  banner,
});

writeFileSync('dist/metafile.json', JSON.stringify(metafile));
