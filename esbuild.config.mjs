import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

// Bundled CommonJS dependencies call require() for Node's own modules. A source may import the same function itself.
const banner = {
  js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
};

/** The functions we use of modules that are slow to load, which a listing outside of a project hardly ever calls. */
const rarelyUsed = {
  'node:crypto': ['createHash', 'randomBytes', 'randomUUID'],
  'node:child_process': ['spawn', 'execFile', 'execFileSync'],
  'node:net': ['BlockList', 'isIP'],
  'node:v8': ['setFlagsFromString'],
  'fast-string-width': ['default'],
};

// Names of chunks hash the paths of their sources: those below this directory, wherever it is and whatever it links to, so
// that a build is the same everywhere.
const preserveSymlinks = true;

rmSync('dist', { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: { main: 'src/main.ts', index: 'src/index.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  preserveSymlinks,
  minifySyntax: true,
  minifyWhitespace: true,
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: false,
  legalComments: 'none',
  metafile: true,
  banner,
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [processAsItIs(), withoutColorDetection(), withoutInkExtras(), tomlFromItsFile()],
});

writeFileSync('dist/metafile.json', JSON.stringify(metafile));

const toml = await build({
  entryPoints: { toml: 'smol-toml' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  metafile: true,
});

await build({
  entryPoints: { start: 'src/start.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  preserveSymlinks,
  external: ['./main.js'],
});

const quick = await build({
  entryPoints: { quick: 'src/quick.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  preserveSymlinks,
  minify: true,
  legalComments: 'none',
  metafile: true,
  // Compiled as a script (src/start.ts), which knows no module: so it gets what it needs as arguments.
  banner: { js: '(function (require, module) {' },
  footer: { js: '})' },
  external: ['@napi-rs/keyring', './toml.cjs'],
  plugins: [processAsItIs(), withoutColorDetection(), onlyQuickCommands(), loadedWhenUsed(), keyringByRequire(), tomlByRequire()],
});
writeFileSync('dist/quick.metafile.json', JSON.stringify(quick.metafile));

writeFileSync('dist/LICENSES.txt', licencesOf(bundledFiles(metafile, toml.metafile)));

function bundledFiles(...metafiles) {
  return metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)));
}

/** The notices that the licences of the bundled packages ask for. */
function licencesOf(inputs) {
  const packages = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
  const notices = [...new Set(packages)].sort().map((directory) => {
    const { name, version, license } = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8'));
    const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    const texts = files.map((file) => readFileSync(`${directory}/${file}`, 'utf8').trim());
    return [`${name} ${version} (${license})`, ...texts].join('\n\n');
  });
  return `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/**
 * Loading `node:process` as a module makes all three streams, which costs time and leaves the descriptors in a state that a
 * program after this one cannot read from. The global is the same object.
 */
function processAsItIs() {
  const namespace = 'process-as-it-is';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(node:)?process$/ }, ({ path }) => ({ path, namespace }));
      onLoad({ filter: /./, namespace }, () => ({ contents: 'module.exports = process;' }));
    },
  };
}

/** chalk looks at the terminal, and loads Node's network stack to do so, although `io.ts` decides about colour itself. */
function withoutColorDetection() {
  const namespace = 'color-detection';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^#supports-color$/ }, ({ path }) => ({ path, namespace }));
      onLoad({ filter: /./, namespace }, () => ({ contents: 'export default { stdout: false, stderr: false };' }));
    },
  };
}

/**
 * Ink draws nothing where it takes the machine for a build server, which is for `io.ts` to decide; and its connection to
 * the developer tools of React needs a package that nobody here has.
 */
function withoutInkExtras() {
  const namespace = 'ink-extras';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^is-in-ci$|^\.\/devtools\.js$/ }, ({ path }) => ({ path, namespace }));
      onLoad({ filter: /./, namespace }, () => ({ contents: 'export default false;' }));
    },
  };
}

/** Leaves out what `list`, `status` and completion never load: the other commands, the network and the prompts. */
function onlyQuickCommands() {
  const isWanted = (path) => /\/(list|status|theme|complete)\.js$/.test(path);
  return {
    name: 'only-quick-commands',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ kind, path }) =>
        kind === 'dynamic-import' && !isWanted(path) ? { path, namespace: 'left-out' } : undefined,
      );
      onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
        contents: `throw new Error(${JSON.stringify(`${path} is not in the quick bundle`)});`,
      }));
    },
  };
}

/** Loading one of those modules takes milliseconds, so that it is put off until one of the functions is called. */
function loadedWhenUsed() {
  const namespace = 'loaded-when-used';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^(${Object.keys(rarelyUsed).join('|')})$`) }, ({ path, namespace: importer }) => {
        if (importer !== namespace) return { path, namespace };
        return path.startsWith('node:') ? { path, external: true } : undefined;
      });
      onLoad({ filter: /./, namespace }, ({ path }) => ({
        resolveDir: process.cwd(),
        contents: rarelyUsed[path]
          .map(
            (name) => `export ${name === 'default' ? 'default ' : ''}function ${name === 'default' ? '' : name}(...args) {
              const it = require('${path}').${name};
              return new.target ? new it(...args) : it(...args);
            }`,
          )
          .join('\n'),
      }));
    },
  };
}

/** CommonJS has a require of its own, and no URL to make one from. */
function keyringByRequire() {
  return {
    name: 'keyring-by-require',
    setup({ onLoad }) {
      onLoad({ filter: /\/keyring-library\.ts$/ }, () => ({
        contents: "export const loadKeyringLibrary = () => require('@napi-rs/keyring');",
      }));
    },
  };
}

/** The parser is `dist/toml.cjs`: beside the start of the quick bundle, */
function tomlByRequire() {
  return {
    name: 'toml-by-require',
    setup({ onLoad }) {
      onLoad({ filter: /\/toml-library\.ts$/ }, () => ({
        contents: "export const loadTomlLibrary = () => require('./toml.cjs');",
      }));
    },
  };
}

/** and beside or above whichever file of the split bundle needs it. */
function tomlFromItsFile() {
  return {
    name: 'toml-from-its-file',
    setup({ onLoad }) {
      onLoad({ filter: /\/toml-library\.ts$/ }, () => ({
        contents: `const place = /\\/chunks\\/[^/]*$/.test(import.meta.url) ? '../toml.cjs' : './toml.cjs';
          export const loadTomlLibrary = () => require(place);`,
      }));
    },
  };
}
