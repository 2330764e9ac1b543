import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** One file of `src`, as far as the rules of the architecture look at it. */
export class SourceFile {
  /** From the project on, with forward slashes: `src/core/clock.ts`. */
  readonly path: string;
  readonly #tree: ts.SourceFile;
  #found: Found | undefined;

  constructor(path: string, text: string) {
    this.path = path;
    this.#tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  }

  /** What it imports: paths of other files of `src`, and names of packages. Types, re-exports and `import()` count. */
  imports(): string[] {
    return this.#nodes().specifiers.map((specifier) =>
      specifier.startsWith('.') ? join(dirname(this.path), specifier).replace(/\.js$/, '.ts') : specifier,
    );
  }

  /** What it uses of a module that it imports by names, or as a whole under one: `readFileSync` of `node:fs`. Not types. */
  namesFrom(module: string): string[] {
    const bindings = this.#tree.statements.flatMap((statement) => {
      const isOfIt = ts.isImportDeclaration(statement) && specifierOf(statement) === module;
      const bound = isOfIt ? statement.importClause?.namedBindings : undefined;
      return bound === undefined ? [] : [bound];
    });
    return bindings.flatMap((bound) => {
      if (ts.isNamespaceImport(bound)) return this.#membersOf(bound.name.text);
      const values = bound.elements.filter(({ isTypeOnly }) => !isTypeOnly);
      return values.map(({ propertyName, name }) => (propertyName ?? name).text);
    });
  }

  /** The expressions in which a global name is used, as written, such as `process.env`. */
  usesOfGlobal(name: string): string[] {
    const uses = (this.#nodes().identifiers.get(name) ?? []).filter(isReference);
    return uses.filter((use) => !isDeclaredAround(use, name)).map((use) => use.parent.getText(this.#tree));
  }

  moduleVariables(): string[] {
    const lists = this.#tree.statements.filter(ts.isVariableStatement).map((statement) => statement.declarationList);
    const mutable = lists.filter((list) => (list.flags & ts.NodeFlags.Const) === 0);
    return mutable.flatMap((list) => list.declarations.map((declaration) => declaration.name.getText(this.#tree)));
  }

  hasDefaultExport(): boolean {
    return this.#nodes().all.some(
      (node) =>
        ts.isExportAssignment(node) ||
        (ts.isExportSpecifier(node) && node.name.text === 'default') ||
        (node.kind === ts.SyntaxKind.DefaultKeyword && node.parent.kind !== ts.SyntaxKind.DefaultClause),
    );
  }

  #membersOf(name: string): string[] {
    return this.#nodes().all.flatMap((node) =>
      ts.isPropertyAccessExpression(node) && node.expression.getText(this.#tree) === name ? [node.name.text] : [],
    );
  }

  #nodes(): Found {
    this.#found ??= nodesOf(this.#tree);
    return this.#found;
  }
}

/** What is in a file, looked through once for all rules. */
interface Found {
  readonly all: readonly ts.Node[];
  readonly specifiers: readonly string[];
  readonly identifiers: ReadonlyMap<string, readonly ts.Identifier[]>;
}

function nodesOf(tree: ts.SourceFile): Found {
  const all: ts.Node[] = [];
  const identifiers = new Map<string, ts.Identifier[]>();
  const visit = (node: ts.Node): void => {
    all.push(node);
    if (ts.isIdentifier(node)) identifiers.set(node.text, [...(identifiers.get(node.text) ?? []), node]);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { all, specifiers: all.flatMap((node) => specifierOf(node) ?? []), identifiers };
}

/** All of `src`. */
export function sourceFiles(): SourceFile[] {
  return readdirSync(join(project, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `src/${name.replaceAll('\\', '/')}`)
    .map((path) => new SourceFile(path, readFileSync(join(project, path), 'utf8')));
}

function specifierOf(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
    return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : undefined;
  }
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return undefined;
  const [specifier] = node.arguments;
  return specifier !== undefined && ts.isStringLiteral(specifier) ? specifier.text : undefined;
}

/** A name that stands for a value, not for a member, a key or a declaration. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent)) return false;
  return !('name' in parent && parent.name === node);
}

function isDeclaredAround(node: ts.Node, name: string): boolean {
  for (let scope: ts.Node | undefined = node.parent; scope !== undefined; scope = scope.parent) {
    if (ts.isFunctionLike(scope) && scope.parameters.some(({ name: bound }) => binds(bound, name))) return true;
    if (ts.isBlock(scope) && scope.statements.some((statement) => declares(statement, name))) return true;
  }
  return false;
}

function declares(statement: ts.Statement, name: string): boolean {
  if (!ts.isVariableStatement(statement)) return false;
  return statement.declarationList.declarations.some((declaration) => binds(declaration.name, name));
}

function binds(bound: ts.BindingName, name: string): boolean {
  if (ts.isIdentifier(bound)) return bound.text === name;
  return bound.elements.some((element) => ts.isBindingElement(element) && binds(element.name, name));
}
