import { join } from 'node:path';
import ts from 'typescript';
import { entryPoints, root } from './packages.mjs';

const printer = ts.createPrinter({ removeComments: true });

/**
 * The public types of a package as text: for each entry point what it exports, sorted, and what those types are made of.
 * A change of this text is a change of the interface; nothing else is in it, neither comments nor private types.
 *
 * @param {import('./packages.mjs').Package} from staged in `published`
 */
export function apiReport({ folder, manifest }) {
  const dist = join(root, 'published', folder);
  const entries = entryPoints(manifest).map(({ specifier, types }) => ({ specifier, path: join(dist, types) }));
  const program = ts.createProgram(
    entries.map(({ path }) => path),
    { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, noLib: true, types: [], skipLibCheck: true },
  );
  const checker = program.getTypeChecker();
  const sections = entries.map(({ specifier, path }) => {
    const file = program.getSourceFile(path);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${path} has no exports`);
    return `## ${specifier}\n\n${interfaceOf(module, checker)}`;
  });
  return `# Public types of ${manifest.name}\n\nWritten by \`npx pnpm api\`.\n\n${sections.join('\n')}`;
}

/** @param {ts.Symbol} module @param {ts.TypeChecker} checker */
function interfaceOf(module, checker) {
  const exported = checker.getExportsOfModule(module).sort((one, other) => (one.name < other.name ? -1 : 1));
  /** @type {Set<ts.Symbol>} */
  const shown = new Set();
  const lines = exported.map((symbol) => {
    const meant = target(symbol, checker);
    shown.add(meant);
    const text = textOf(meant);
    if (text === '') return `export { ${symbol.name} } from '${moduleOf(symbol)}';\n`;
    return meant.name === symbol.name ? text : `${text}export { ${meant.name} as ${symbol.name} };\n`;
  });
  // What the exports are made of, though nobody can import it by name.
  const needed = [];
  for (const symbol of shown) {
    for (const part of partsOf(symbol, checker)) {
      if (shown.has(part)) continue;
      shown.add(part);
      needed.push(part);
    }
  }
  const parts = needed.sort((one, other) => (one.name < other.name ? -1 : 1)).map(textOf);
  return [
    `\`\`\`ts\n${lines.join('')}\`\`\`\n`,
    ...(parts.length === 0 ? [] : [`which need\n\n\`\`\`ts\n${parts.join('')}\`\`\`\n`]),
  ].join('\n');
}

/** @param {ts.Symbol} symbol @param {ts.TypeChecker} checker */
function target(symbol, checker) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The declarations of a symbol without comments; empty if it is another package's. @param {ts.Symbol} symbol */
function textOf(symbol) {
  const own = (symbol.declarations ?? []).filter(isPublished);
  const statements = own.map((declaration) =>
    ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration,
  );
  return statements
    .map((node) => `${printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())}\n`)
    .join('')
    .replace(/^(?:export )?(?:declare )?/gm, '');
}

/** @param {ts.Symbol} symbol that is exported */
function moduleOf(symbol) {
  for (const declaration of symbol.declarations ?? []) {
    if (!ts.isExportSpecifier(declaration)) continue;
    const { moduleSpecifier } = declaration.parent.parent;
    if (moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier)) return moduleSpecifier.text;
    const name = (declaration.propertyName ?? declaration.name).text;
    for (const statement of declaration.getSourceFile().statements) {
      if (!ts.isImportDeclaration(statement) || !statement.importClause?.namedBindings) continue;
      const bindings = statement.importClause.namedBindings;
      if (ts.isNamedImports(bindings) && bindings.elements.some((element) => element.name.text === name))
        return /** @type {ts.StringLiteral} */ (statement.moduleSpecifier).text;
    }
  }
  throw new Error(`Where ${symbol.name} comes from cannot be seen`);
}

/** The symbols of the same package that the declarations of a symbol name. @param {ts.Symbol} symbol @param {ts.TypeChecker} checker */
function partsOf(symbol, checker) {
  /** @type {Set<ts.Symbol>} */
  const parts = new Set();
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isIdentifier(node)) {
      const named = checker.getSymbolAtLocation(node);
      const meant = named && target(named, checker);
      if (meant?.declarations?.some((declaration) => isTopLevel(declaration))) parts.add(meant);
    }
    ts.forEachChild(node, visit);
  };
  for (const declaration of symbol.declarations ?? []) visit(declaration);
  return parts;
}

/** @param {ts.Declaration} declaration */
function isTopLevel(declaration) {
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const isDeclared =
    ts.isVariableStatement(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return isDeclared && ts.isSourceFile(statement.parent) && isPublished(statement);
}

/** @param {ts.Node} node */
function isPublished(node) {
  return node.getSourceFile().fileName.includes('/published/');
}
