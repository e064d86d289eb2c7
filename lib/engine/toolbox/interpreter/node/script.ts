/**
 * The code of a run as a script for V8's REPL mode, in which top-level declarations outlive the script and may be
 * repeated. That mode has no static import, allows only `let` to repeat `let`, makes `var` and functions properties
 * that cannot be redeclared, and returns the value of any last statement; these are rewritten here.
 */
import {
  type AnyNode,
  type AssignmentExpression,
  type ExportAllDeclaration,
  type ExportNamedDeclaration,
  type FunctionDeclaration,
  type ImportDeclaration,
  type Pattern,
  type Program,
  parse,
  type UpdateExpression,
  type VariableDeclaration,
  type VariableDeclarator,
} from 'acorn'
import { Rewriting, type Rewritten } from './rewriting'

/** Global name of the functions that scripts call. */
export const helper = '__sandglass__'

/** Names that runs declared; true if they can be assigned to. */
export type DeclaredNames = Map<string, boolean>

/** The names that earlier runs declared. */
export interface EarlierNames {
  /** Assigning to it is an error. */
  isConstant(name: string): boolean
  /** The name is already a variable, so that `var` need not declare it. */
  isVariable(name: string): boolean
}

export interface Script {
  rewritten: Rewritten
  /** Names that the script declares; true if they can be assigned to. */
  declares: DeclaredNames
  /** Why the code could not be parsed and stays unchanged. V8's message is better, except for module syntax. */
  problem: { message: string; offset: number } | null
}

export function makeScript(code: string, earlier: EarlierNames): Script {
  const source = code.startsWith('#!') ? `//${code.slice(2)}` : code
  let program: Program
  try {
    program = parse(source, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowAwaitOutsideFunction: true,
      allowImportExportEverywhere: true,
    })
  } catch (error) {
    return { ...unchanged(source), problem: problemOf(error) }
  }
  return new ScriptMaker(source, program, earlier).make()
}

function unchanged(source: string): Script {
  const rewriting = new Rewriting(source)
  rewriting.copy(0, source.length)
  return { rewritten: rewriting.finish(), declares: new Map(), problem: null }
}

function problemOf(error: unknown): Script['problem'] {
  if (!(error instanceof SyntaxError)) throw error
  const offset = 'pos' in error && typeof error.pos === 'number' ? error.pos : 0
  return { message: error.message.replace(/ \(\d+:\d+\)$/, ''), offset }
}

class ScriptMaker {
  private readonly rewriting: Rewriting
  private readonly declares: DeclaredNames = new Map()
  private readonly functions = new Map<string, FunctionDeclaration>()
  private readonly variables = new Set<string>()
  /** Names that functions and blocks declare locally. */
  private readonly inner = new Set<string>()
  private readonly assignments: Array<AssignmentExpression | UpdateExpression> = []
  private readonly imports: Array<{ text: string; from: number }> = []
  /** Ranges that are moved. */
  private readonly removed: Array<{ start: number; end: number }> = []

  constructor(
    private readonly source: string,
    private readonly program: Program,
    private readonly earlier: EarlierNames,
  ) {
    this.rewriting = new Rewriting(source)
  }

  make(): Script {
    for (const statement of this.program.body) this.readTopLevel(statement)
    this.readInside()
    this.showLastValue()
    for (const name of this.functions.keys()) this.declares.set(name, true)
    const isNew = (name: string) => !this.functions.has(name) && !this.earlier.isVariable(name)
    const newVariables = [...this.variables].filter(isNew)
    for (const name of newVariables) this.declares.set(name, true)
    this.guardConstants()

    const { rewriting } = this
    const begin = this.endOfDirectives()
    rewriting.copy(0, begin)
    if (begin > 0) rewriting.add(';', begin)
    if (newVariables.length > 0) rewriting.add(`let ${newVariables.join(',')};`, begin)
    for (const [name, declaration] of this.functions) {
      rewriting.add(`let ${name}=`, declaration.start)
      rewriting.copy(declaration.start, declaration.end)
      rewriting.add(';', declaration.end)
    }
    for (const { text, from } of this.imports) rewriting.add(text, from)
    rewriting.copy(begin, this.source.length, this.removed)
    // Otherwise V8 would keep the value of the last statement for the inspector.
    rewriting.add('\n;void 0', this.source.length)
    return { rewritten: rewriting.finish(), declares: this.declares, problem: null }
  }

  private readTopLevel(statement: Program['body'][number]): void {
    switch (statement.type) {
      case 'FunctionDeclaration':
        this.takeFunction(statement, statement)
        return
      case 'ClassDeclaration':
        this.declares.set(statement.id.name, true)
        return
      case 'VariableDeclaration':
        this.noteDeclaration(statement)
        return
      case 'ImportDeclaration':
        this.takeImport(statement)
        return
      case 'ExportNamedDeclaration':
        this.takeExport(statement)
        return
      case 'ExportAllDeclaration':
        this.importOnly(statement)
        return
      case 'ExportDefaultDeclaration': {
        const { declaration } = statement
        if (declaration.type === 'FunctionDeclaration' && declaration.id) {
          this.takeFunction(declaration as FunctionDeclaration, statement)
        } else if (declaration.type === 'ClassDeclaration' && declaration.id) {
          this.declares.set(declaration.id.name, true)
          this.rewriting.replace(statement.start, declaration.start, '')
        } else {
          const keywords = /^export\s+default(?![\w$])/.exec(this.source.slice(statement.start, statement.end))
          this.rewriting.replace(statement.start, statement.start + (keywords?.[0].length ?? 0), 'void ')
        }
        return
      }
      default:
        return
    }
  }

  /** Functions are hoisted; of two with one name the later one counts. */
  private takeFunction(declaration: FunctionDeclaration, whole: { start: number; end: number }): void {
    const { id } = declaration
    this.functions.delete(id.name)
    this.functions.set(id.name, declaration)
    this.rewriting.replace(id.start, id.end, '')
    this.removed.push({ start: whole.start, end: whole.end })
  }

  private noteDeclaration({ kind, declarations, start }: VariableDeclaration): void {
    if (kind === 'var') return
    if (kind === 'const') this.rewriting.replace(start, start + kind.length, 'let')
    for (const { id } of declarations) {
      for (const name of namesOf(id)) this.declares.set(name, kind === 'let')
    }
  }

  private takeImport(statement: ImportDeclaration): void {
    const wanted: string[] = []
    const names: string[] = []
    let whole: string | null = null
    for (const specifier of statement.specifiers) {
      const local = specifier.local.name
      this.declares.set(local, false)
      if (specifier.type === 'ImportNamespaceSpecifier') {
        whole = local
        continue
      }
      const imported = specifier.type === 'ImportSpecifier' ? nameOf(specifier.imported) : 'default'
      names.push(imported)
      wanted.push(`${JSON.stringify(imported)}:${local}`)
    }
    const call = this.importCall(statement, names)
    let text = `${call};`
    if (whole !== null) text = `let ${whole}=${call};${wanted.length > 0 ? `let {${wanted.join(',')}}=${whole};` : ''}`
    else if (wanted.length > 0) text = `let {${wanted.join(',')}}=${call};`
    this.imports.push({ text, from: statement.start })
    this.removed.push({ start: statement.start, end: statement.end })
  }

  private takeExport(statement: ExportNamedDeclaration): void {
    const { declaration } = statement
    if (!declaration) {
      this.importOnly(statement)
    } else if (declaration.type === 'FunctionDeclaration') {
      this.takeFunction(declaration, statement)
    } else {
      this.readTopLevel(declaration)
      this.rewriting.replace(statement.start, declaration.start, '')
    }
  }

  /** `export … from` loads the module, and nothing can see what it exports. */
  private importOnly(statement: ExportAllDeclaration | ExportNamedDeclaration): void {
    if (statement.source) this.imports.push({ text: `${this.importCall(statement, [])};`, from: statement.start })
    this.removed.push({ start: statement.start, end: statement.end })
  }

  private importCall(
    { source, attributes = [] }: Pick<ImportDeclaration, 'source' | 'attributes'> | ExportNamedDeclaration,
    names: readonly string[],
  ): string {
    const entries = attributes.map(({ key, value }) => `${JSON.stringify(nameOf(key))}:${value.raw}`)
    const options = entries.length > 0 ? `{with:{${entries.join(',')}}}` : 'undefined'
    return `await ${helper}.importNames(${source?.raw},${options},${JSON.stringify(names)})`
  }

  /** Walk the tree for dynamic imports, `var` outside functions, and assignments to constants. */
  private readInside(): void {
    const waiting: Array<{ node: AnyNode; parent: AnyNode | null; inFunction: boolean }> = [
      { node: this.program, parent: null, inFunction: false },
    ]
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { node, parent, inFunction } = next
      this.noteInner(node, { isTop: parent === this.program || parent === null, inFunction })
      if (node.type === 'ImportExpression') {
        this.rewriting.replace(node.start, node.start + 'import'.length, `${helper}.import`)
      } else if (node.type === 'MetaProperty' && node.meta.name === 'import') {
        this.rewriting.replace(node.start, node.end, `${helper}.meta`)
      } else if (node.type === 'VariableDeclaration' && node.kind === 'var' && !inFunction) {
        this.takeVariables(node, parent)
      } else if (node.type === 'AssignmentExpression' || node.type === 'UpdateExpression') {
        this.assignments.push(node)
      }
      const isOwnScope = inFunction || scopes.has(node.type)
      for (const child of childrenOf(node)) waiting.push({ node: child, parent: node, inFunction: isOwnScope })
    }
  }

  private noteInner(node: AnyNode, { isTop, inFunction }: { isTop: boolean; inFunction: boolean }): void {
    const note = (patterns: ReadonlyArray<Pattern | null | undefined>) => {
      for (const pattern of patterns) if (pattern) for (const name of namesOf(pattern)) this.inner.add(name)
    }
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        note(isTop ? node.params : [node.id, ...node.params])
        return
      case 'ClassDeclaration':
      case 'ClassExpression':
        if (!isTop) note([node.id])
        return
      case 'CatchClause':
        note([node.param])
        return
      case 'VariableDeclaration':
        if (inFunction || (node.kind !== 'var' && !isTop)) note(node.declarations.map((it) => it.id))
        return
      default:
        return
    }
  }

  /**
   * All top-level names become variables in V8, so that each may be declared again as anything. An
   * assignment to a constant still fails wherever the name clearly refers to it.
   */
  private guardConstants(): void {
    for (const assignment of this.assignments) {
      const target = assignment.type === 'UpdateExpression' ? assignment.argument : assignment.left
      if (target.type !== 'Identifier' || !this.isConstant(target.name)) continue
      if (assignment.type === 'UpdateExpression') {
        this.rewriting.replace(assignment.start, assignment.end, `${helper}.constant(${target.name})`)
      } else {
        const { start, end } = assignment.right
        this.rewriting.replace(target.end, start, `${this.source.slice(target.end, start)}${helper}.constant((`)
        this.rewriting.replace(end, end, '))')
      }
    }
  }

  private isConstant(name: string): boolean {
    if (this.inner.has(name) || this.variables.has(name)) return false
    const isVariable = this.declares.get(name)
    return isVariable === undefined ? this.earlier.isConstant(name) : !isVariable
  }

  /** A new `var` becomes a hoisted `let`, and an assignment in its place. */
  private takeVariables(declaration: VariableDeclaration, parent: AnyNode | null): void {
    const { declarations, start } = declaration
    for (const { id } of declarations) for (const name of namesOf(id)) this.variables.add(name)
    const loop = loopOfHead(declaration, parent)
    const first = declarations[0]
    const last = declarations.at(-1)
    if (!first || !last) return
    const assigned = loop === 'in-or-of' ? declarations : declarations.filter((it) => it.init)
    this.rewriting.replace(start, first.start, loop ? '' : 'void (')
    this.keepAssignments(declarations, assigned)
    if (loop) return
    if (assigned.length === 0) this.rewriting.replace(last.end, last.end, '0')
    const isTerminated = this.source[declaration.end - 1] === ';'
    this.rewriting.replace(last.end, last.end, isTerminated ? ')' : ');')
  }

  /** Removes the declarators that assign nothing, and the commas next to them. */
  private keepAssignments(declarations: readonly VariableDeclarator[], assigned: readonly VariableDeclarator[]): void {
    for (const [index, declarator] of declarations.entries()) {
      const next = declarations[index + 1]
      const isKept = assigned.includes(declarator)
      if (!isKept) this.rewriting.replace(declarator.start, declarator.end, '')
      const isFollowed = isKept && assigned.indexOf(declarator) < assigned.length - 1
      if (next) this.rewriting.replace(declarator.end, next.start, isFollowed ? ',' : '')
    }
  }

  private showLastValue(): void {
    const last = this.program.body.findLast((statement) => statement.type !== 'EmptyStatement')
    if (last?.type !== 'ExpressionStatement' || last.directive === 'use strict') return
    const { start, end } = last.expression
    this.rewriting.replace(last.start, start, `${helper}.last((${this.source.slice(last.start, start)}`)
    this.rewriting.replace(end, end, '))')
  }

  private endOfDirectives(): number {
    const strict = this.program.body.findLast(
      (it) => it.type === 'ExpressionStatement' && it.directive === 'use strict',
    )
    return strict?.end ?? 0
  }
}

const scopes: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'StaticBlock',
])

/** The kind of loop that has this declaration in its head; null for a statement of its own. */
function loopOfHead(declaration: VariableDeclaration, parent: AnyNode | null): 'for' | 'in-or-of' | null {
  if (parent?.type === 'ForStatement') return parent.init === declaration ? 'for' : null
  const isInOrOf = parent?.type === 'ForInStatement' || parent?.type === 'ForOfStatement'
  return isInOrOf && parent.left === declaration ? 'in-or-of' : null
}

function* childrenOf(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (typeof item === 'object' && item !== null && typeof item.type === 'string') yield item
    }
  }
}

/** Names that a pattern binds. */
function namesOf(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name]
    case 'ObjectPattern':
      return pattern.properties.flatMap((it) => namesOf(it.type === 'RestElement' ? it.argument : it.value))
    case 'ArrayPattern':
      return pattern.elements.flatMap((it) => (it ? namesOf(it) : []))
    case 'AssignmentPattern':
      return namesOf(pattern.left)
    case 'RestElement':
      return namesOf(pattern.argument)
    case 'MemberExpression':
      return []
  }
}

function nameOf(node: { type: string; name?: string; value?: unknown }): string {
  return node.type === 'Identifier' ? (node.name ?? '') : String(node.value)
}
