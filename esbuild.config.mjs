import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import ts from 'typescript';
import * as zod from 'zod/mini';

/** What all files have in common. */
const common = {
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Names of chunks hash the paths of their sources: those below this directory, wherever it is and whatever it links to, so
  // that a build is the same everywhere.
  preserveSymlinks: true,
  legalComments: 'none',
  // pg asks for the first where it is installed, and for the second where it runs on Cloudflare.
  external: ['pg-native', 'cloudflare:sockets'],
  metafile: true,
  define: { 'process.env.NODE_ENV': '"production"' },
};

const commonJs = { ...common, format: 'cjs', outExtension: { '.js': '.cjs' } };

/** The packages that few commands need and that take long to load: each is a file of its own, loaded when it is used. */
const apart = {
  undici: 'undici',
  open: 'open',
  'smol-toml': 'smol-toml',
  'age-encryption': 'age-encryption',
  pg: 'pg',
  '@scure/bip39': 'bip39',
  '@scure/bip39/wordlists/english.js': 'bip39-words',
  'cli-table3': 'cli-table3',
  '@inquirer/confirm': 'inquirer-confirm',
  '@inquirer/input': 'inquirer-input',
  '@inquirer/select': 'inquirer-select',
};

/** The functions we use of modules that are slow to load, which most runs do not call. */
const rarelyUsed = {
  'node:crypto': [
    ...['createCipheriv', 'createDecipheriv', 'createHash', 'createHmac', 'randomBytes', 'randomUUID'],
    'X509Certificate',
  ],
  'node:child_process': ['spawn', 'execFile', 'execFileSync'],
  'node:fs/promises': ['opendir', 'readdir', 'readlink', 'realpath', 'stat'],
  'node:timers/promises': ['setTimeout'],
  'node:net': ['BlockList', 'isIP', 'connect'],
  'node:os': ['homedir', 'hostname', 'platform', 'tmpdir'],
  'node:tty': ['isatty'],
  'node:v8': ['setFlagsFromString'],
  'node:vm': ['Script'],
  'node:url': ['pathToFileURL'],
  'fast-string-width': ['default'],
  chalk: ['Chalk'],
};

/** The one of those functions that `promisify` asks for a variant of its own. */
const hasPromiseVariant = ['execFile'];

/** The methods by which a schema is asked. */
const asks = ['parse', 'safeParse'];

rmSync('dist', { recursive: true, force: true });

const library = await build({
  ...common,
  entryPoints: { index: 'src/index.ts' },
  splitting: true,
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  chunkNames: 'chunks/[name]-[hash]',
  // Bundled CommonJS dependencies call require() for Node's own modules. Under another name, because a source may
  // import createRequire itself.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  plugins: [processAsItIs(), plainFileSystem(), withoutColorDetection(), tomlFromItsFile()],
});

const packages = await build({
  ...commonJs,
  entryPoints: Object.fromEntries(Object.entries(apart).map(([name, file]) => [`apart/${file}`, name])),
  minify: true,
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  // Node gives all exports of a CommonJS file to `import name from`, so that the default export takes their place.
  footer: { js: 'if (module.exports.default) module.exports = Object.assign(module.exports.default, module.exports);' },
  define: { ...common.define, 'import.meta.url': 'importMetaUrl' },
  plugins: [withoutColorDetection(), withoutTableExtras()],
});

// Ink and what it draws with are modules that wait for something while they are loaded, which CommonJS cannot.
const dashboard = await build({
  ...common,
  entryPoints: { dashboard: 'src/cli/dashboard/draw.tsx' },
  format: 'esm',
  minify: true,
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  plugins: [withoutColorDetection(), withoutInkExtras()],
});

const plainly = [processAsItIs(), nodeNamespacesAsTheyAre(), loadedWhenUsed()];
await build({ ...commonJs, entryPoints: { keep: 'src/process/keep-code-cache.ts' }, minify: true, plugins: plainly });
await build({
  ...commonJs,
  entryPoints: { start: 'src/start.ts' },
  minify: true,
  plugins: [...plainly, onlyVersion(), keptByItsFile()],
});

/** Compiled as a script (src/start.ts), which knows no module: so it gets what it needs as arguments. */
const script = {
  ...commonJs,
  minify: true,
  banner: { js: '(function (require, module, load) {' },
  footer: { js: '})' },
  supported: { 'dynamic-import': false },
};
const inScript = [
  ...[processAsItIs(), nodeNamespacesAsTheyAre(), onlyVersion(), plainFileSystem(), withoutAssertions(), loadedWhenUsed()],
  ...[withoutColorDetection(), packagesApart(), keyringByRequire(), dashboardApart()],
];

// What each is for: docs/decisions/010-quick-bundle.md.
await bundle('segment', 'src/segment.ts', withoutSchemas());
await bundle('run', 'src/run.ts', onlyCommands(), withoutSchemas());
await bundle('show', 'src/show.ts', onlyCommands('list', 'status', 'theme'), withoutSchemas(), withoutWarnings());
await bundle('tree', 'src/quick.ts', onlyCommands('complete'), withoutSchemas());
await bundle('quick', 'src/quick.ts', onlyCommands('list', 'status', 'forecast', 'best', 'theme'), withoutSchemas());
await bundle('brief', 'src/brief.ts', withoutOtherCommands('label', 'switch', 'doctor'), schemasWhenUsed());
const cli = await bundle('cli', 'src/main.ts', schemasWhenUsed());

writeFileSync('dist/LICENSES.txt', licencesOf(bundledFiles(library, packages, dashboard, cli)));

/** One file of the program; the tests read esbuild's account of what is in it. */
async function bundle(name, source, ...plugins) {
  const result = await build({
    ...script,
    entryPoints: { [name]: source },
    external: [...common.external, '@napi-rs/keyring'],
    plugins: [...plugins, ...inScript],
  });
  writeFileSync(`dist/${name}.metafile.json`, JSON.stringify(result.metafile));
  return result;
}

function bundledFiles(...results) {
  const outputs = results.flatMap(({ metafile }) => Object.values(metafile.outputs));
  return outputs.flatMap(({ inputs }) => Object.keys(inputs));
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
 * program after this one cannot read from. The global is the same object. Our sources say which members they want, so that
 * esbuild does not copy the others.
 */
function processAsItIs() {
  const namespace = 'process-as-it-is';
  const isOurs = (importer) => /\/src\/[^:]*\.tsx?$/.test(importer) && !importer.includes('node_modules');
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(node:)?process$/ }, ({ importer }) => ({ path: isOurs(importer) ? 'ours' : 'whole', namespace }));
      onLoad({ filter: /./, namespace }, ({ path }) => ({
        contents: path === 'ours' ? 'export const { hrtime, kill, pid } = process;' : 'module.exports = process;',
      }));
    },
  };
}

/** `import * as fs` means the module: esbuild would copy its hundred members, once for each file that says so. */
function nodeNamespacesAsTheyAre() {
  return {
    name: 'node-namespaces-as-they-are',
    setup({ onLoad }) {
      onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        const contents = readFileSync(path, 'utf8');
        const plain = contents.replace(/^import \* as (\w+) from ('node:\w+');$/gm, 'const $1 = require($2);');
        return plain === contents ? undefined : { contents: plain, loader: 'ts' };
      });
    },
  };
}

/**
 * proper-lockfile would make a patient file system of graceful-fs first, which is never asked, because we give it one.
 */
function plainFileSystem() {
  return {
    name: 'plain-file-system',
    setup({ onResolve }) {
      onResolve({ filter: /^graceful-fs$/ }, () => ({ path: 'node:fs', external: true }));
    },
  };
}

/**
 * signal-exit asserts that it is given a function. To load `assert`, which colours failures, Node would make the stream
 * of stderr.
 */
function withoutAssertions() {
  const namespace = 'assertions';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^assert$/ }, ({ path, importer }) =>
        importer.includes('/signal-exit/') ? { path, namespace } : undefined,
      );
      onLoad({ filter: /./, namespace }, () => ({ contents: 'export function equal() {}' }));
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
 * cli-table3 gets every sign of one column from `table.ts`, and what is coloured already: it needs neither a measure of its
 * own nor a palette, which are half of its size.
 */
function withoutTableExtras() {
  const namespace = 'table-extras';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(string-width|@colors\/colors\/safe)$/ }, ({ path, importer }) =>
        importer.includes('/cli-table3/') ? { path, namespace } : undefined,
      );
      onLoad({ filter: /./, namespace }, () => ({ contents: 'module.exports = (text) => text.length;' }));
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

/** The program needs only the version of its package.json. */
function onlyVersion() {
  return {
    name: 'only-version',
    setup({ onLoad }) {
      onLoad({ filter: /[/\\]package\.json$/ }, ({ path }) => {
        const { version } = JSON.parse(readFileSync(path, 'utf8'));
        return { contents: JSON.stringify({ version }), loader: 'json' };
      });
    },
  };
}

/** Leaves out what is never loaded in a bundle of few commands: the other commands, the network and the prompts. */
function onlyCommands(...wanted) {
  const isWanted = (path) => wanted.some((name) => path.endsWith(`/${name}.js`));
  return {
    name: 'only-commands',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ kind, path }) =>
        kind === 'dynamic-import' && !isWanted(path) ? { path, namespace: 'left-out' } : undefined,
      );
      onLoad({ filter: /./, namespace: 'left-out' }, notInBundle);
    },
  };
}

/** Leaves out all commands but these, and whatever else a process that runs one of these never loads. */
function withoutOtherCommands(...wanted) {
  const isWanted = (path) => wanted.some((name) => path === `../commands/${name}.js`);
  return {
    name: 'without-other-commands',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.\/(commands|completion)\/|^\.\/help-topic\.js$/ }, ({ kind, path }) =>
        kind === 'dynamic-import' && !isWanted(path) ? { path, namespace: 'other-commands' } : undefined,
      );
      onLoad({ filter: /./, namespace: 'other-commands' }, notInBundle);
    },
  };
}

function notInBundle({ path }) {
  return { contents: `throw new Error(${JSON.stringify(`${path} is not in this bundle`)});` };
}

/**
 * The smallest bundles check what they read by plain functions. Whatever asks a schema all the same gives up there, and
 * a larger bundle runs the command again.
 */
function withoutSchemas() {
  const namespace = 'without-schemas';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        const contents = readFileSync(path, 'utf8');
        return contents.includes("from 'zod/mini'") ? { contents: withoutMaking(contents), loader: 'ts' } : undefined;
      });
      onResolve({ filter: /^zod\/mini$/ }, ({ path }) => ({ path, namespace }));
      onLoad({ filter: /./, namespace }, () => ({
        resolveDir: process.cwd(),
        contents: `import { giveUp } from './src/process/giving-up.ts';
          const asks = ${JSON.stringify(asks)};
          const schema = new Proxy(function () {}, {
            get: (_, name) => (asks.includes(name) ? giveUp : schema),
            apply: () => schema,
          });
          export { ${Object.keys(zod).map((name) => `schema as ${name}`).join(', ')} };`,
      }));
    },
  };
}

/** The source with `z.any` in the place of each schema that it makes. No value is ever checked by it. */
function withoutMaking(source) {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const made = [];
  const find = (node) => {
    if (ts.isCallExpression(node) && isMade(node)) made.push(node);
    else ts.forEachChild(node, find);
  };
  find(file);
  return made.reduceRight((text, node) => `${text.slice(0, node.getStart())}z.any${text.slice(node.getEnd())}`, source);
}

/** `z.object(…)`, `z.string().check(…)`, but not `z.string().parse(…)`. */
function isMade({ expression: called }) {
  if (!ts.isPropertyAccessExpression(called) || asks.includes(called.name.text)) return false;
  const { expression: from } = called;
  return ts.isCallExpression(from) ? isMade(from) : from.getText().split('.')[0] === 'z';
}

/** Leaves out what the bare listings need only for a warning or beside one: there they give up, as with a schema. */
function withoutWarnings() {
  const namespace = 'without-warnings';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/(decide|flag-reason|legacy-pools)\.js$/ }, ({ path }) => ({ path, namespace }));
      onLoad({ filter: /./, namespace }, () => ({
        resolveDir: process.cwd(),
        contents: `export {
          ${['decide', 'reasonText', 'withLegacyScope'].map((name) => `giveUp as ${name}`).join(', ')}
        } from './src/process/giving-up.ts';`,
      }));
    },
  };
}

/** Makes a schema when it is first asked: making all those that a command loads takes longer than asking a few. */
function schemasWhenUsed() {
  const namespace = 'schemas-when-used';
  const used = 'used-of-zod';
  const names = namesUsedOf('z').filter((name) => /^[a-z]/.test(name) && typeof zod[name] === 'function');
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^zod\/mini$/ }, ({ path, namespace: importer }) =>
        importer === used ? undefined : { path, namespace },
      );
      onResolve({ filter: new RegExp(`^${used}$`) }, ({ path }) => ({ path, namespace: used }));
      onLoad({ filter: /./, namespace: used }, () => ({
        resolveDir: process.cwd(),
        contents: `import { iso } from 'zod/mini';
          export const { datetime } = iso;
          export { ${names.join(', ')} } from 'zod/mini';`,
      }));
      onLoad({ filter: /./, namespace }, () => ({
        resolveDir: process.cwd(),
        contents: `import { late } from './src/process/late-schema.ts';
          const lateNamed = (name) => late(() => require('${used}')[name]);
          const [${names.map((name) => `${name}_`).join(', ')}] = ${JSON.stringify(names)}.map(lateNamed);
          export { ${names.map((name) => `${name}_ as ${name}`).join(', ')} };
          export const iso = { datetime: lateNamed('datetime') };`,
      }));
    },
  };
}

/** The names that the sources use of a namespace that they have imported. */
function namesUsedOf(namespace) {
  const sources = readdirSync('src', { recursive: true }).filter((name) => /\.tsx?$/.test(name));
  const uses = sources.flatMap((name) =>
    Array.from(readFileSync(`src/${name}`, 'utf8').matchAll(new RegExp(`\\b${namespace}\\.(\\w+)`, 'g')), ([, use]) => use),
  );
  return [...new Set(uses)].sort();
}

/** Loading a module of `rarelyUsed` takes milliseconds, so that it is put off until one of its functions is called. */
function loadedWhenUsed() {
  const namespace = 'loaded-when-used';
  return {
    name: namespace,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^(${Object.keys(rarelyUsed).join('|')})$`) }, ({ path, kind, namespace: importer }) => {
        if (importer !== namespace && kind !== 'dynamic-import') return { path, namespace, sideEffects: false };
        return path.startsWith('node:') ? { path, external: true } : undefined;
      });
      onLoad({ filter: /./, namespace }, ({ path }) => ({
        resolveDir: process.cwd(),
        contents: rarelyUsed[path].map((name) => standIn(path, name)).join('\n'),
      }));
    },
  };
}

function standIn(path, name) {
  const [exported, local] = name === 'default' ? ['default ', 'it'] : ['', name];
  return `export ${exported}function ${local}(...args) {
    const real = require('${path}').${name};
    return new.target ? new real(...args) : real(...args);
  }
  ${hasPromiseVariant.includes(name) ? promiseVariant(path, name) : ''}`;
}

function promiseVariant(path, name) {
  const key = "Symbol.for('nodejs.util.promisify.custom')";
  return `Object.defineProperty(${name}, ${key}, { get: () => require('${path}').${name}[${key}] });`;
}

/** Loads `keepCodeCache` from a file of its own, for which the start of most commands has no use. */
function keptByItsFile() {
  return {
    name: 'kept-by-its-file',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/keep\.cjs$/ }, ({ path }) => ({ path, external: true }));
      onLoad({ filter: /\/keep-code-cache\.ts$/ }, () => ({ contents: standIn('./keep.cjs', 'keepCodeCache') }));
    },
  };
}

/** Loads the keyring by the `require` of CommonJS, which has no URL to make one from. */
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

/**
 * In a script an import of a package of `apart` is a call of `require`, made when the importing module is first used.
 */
function packagesApart() {
  return {
    name: 'packages-apart',
    setup({ onResolve, onLoad }) {
      const filter = new RegExp(`^(${Object.keys(apart).join('|')})$`);
      onResolve({ filter }, ({ path }) => ({ path: `./apart/${apart[path]}.cjs`, external: true }));
      onLoad({ filter: /\/toml-library\.ts$/ }, () => ({
        contents: "export const loadTomlLibrary = () => require('./apart/smol-toml.cjs');",
      }));
      onLoad({ filter: /\/table-library\.ts$/ }, () => ({
        contents: "export const loadTableLibrary = () => require('./apart/cli-table3.cjs');",
      }));
      onResolve({ filter: /^\.\/apart\// }, ({ path }) => ({ path, external: true }));
    },
  };
}

/** The dashboard is the one part of ours that is loaded as a module. */
function dashboardApart() {
  return {
    name: 'dashboard-apart',
    setup({ onLoad }) {
      onLoad({ filter: /\/dashboard\/drawing-library\.ts$/ }, () => ({
        contents: "export const loadDrawing = () => load('dashboard.js');",
      }));
    },
  };
}

/** Loads the parser of TOML from a file beside or above whichever file of the library needs it. */
function tomlFromItsFile() {
  return {
    name: 'toml-from-its-file',
    setup({ onLoad }) {
      onLoad({ filter: /\/toml-library\.ts$/ }, () => ({
        contents: `const place = /\\/chunks\\/[^/]*$/.test(import.meta.url) ? '../apart/smol-toml.cjs' : './apart/smol-toml.cjs';
          export const loadTomlLibrary = () => require(place);`,
      }));
    },
  };
}
