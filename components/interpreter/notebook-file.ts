/**
 * Keeps a notebook and its file in the sandbox the same: loads it, saves it some time after a change, and detects that
 * somebody else has changed the file. It never overwrites a version that the page has not seen.
 */
import { isBusy as isRunning } from './cell'
import type { ParsedNotebook } from './ipynb'
import type { NotebookModel } from './notebook-model'

export type FileStatus =
  | { kind: 'loading' }
  /** The file cannot be read, or is no notebook; the page neither shows nor changes it. */
  | { kind: 'broken'; message: string }
  | { kind: 'saved' }
  | { kind: 'unsaved' }
  | { kind: 'saving' }
  /** Somebody else has changed the file, and the page has changes of its own. */
  | { kind: 'conflict' }
  | { kind: 'failed'; message: string }

export interface NotebookFileDeps {
  /** Null where there is no such file. */
  read(): Promise<{ text: string; version: string } | null>
  /** The new version, or null if the file is no longer the expected one. */
  save(text: string, expected: string | null): Promise<string | null>
  /** The language of a new notebook's kernel. */
  language(): string
  /** The model has the cells of the file, at first or again. */
  loaded(): void
}

/** The console accepts this many characters; larger notebooks have to be exported. */
const maxChars = 10 * 1024 * 1024
const saveDelayMs = 800

export class NotebookFile {
  private status: FileStatus = { kind: 'loading' }
  private readonly listeners = new Set<() => void>()
  private version: string | null = null
  private savedRevision = 0
  private savedText: string | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private isClosed = false
  private stopWatching: () => void = () => {}

  constructor(
    private readonly model: NotebookModel,
    private readonly deps: NotebookFileDeps,
  ) {}

  readonly getStatus = (): FileStatus => this.status

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Load the file, and save changes from now on until `close`. */
  open(): Promise<void> {
    this.isClosed = false
    this.stopWatching = this.model.subscribe(() => this.handleChange())
    return this.load()
  }

  /** Read the file, discarding the changes of this page. Resolves when the model has it. */
  async load(): Promise<void> {
    clearTimeout(this.timer)
    this.set({ kind: 'loading' })
    const [file, { parseNotebook }] = await Promise.all([this.deps.read(), import('./ipynb')]).catch(
      (error: unknown) => {
        this.set({ kind: 'broken', message: messageOf(error) })
        return [undefined, { parseNotebook: null }] as const
      },
    )
    if (file === undefined || parseNotebook === null || this.isClosed) return
    this.apply(file, parseNotebook(file?.text ?? ''))
  }

  private apply(file: { text: string; version: string } | null, parsed: ParsedNotebook): void {
    if (!parsed.ok) {
      this.set({ kind: 'broken', message: parsed.message })
      return
    }
    this.version = file?.version ?? null
    this.savedText = file?.text ?? null
    this.model.load(parsed.document.cells, parsed.document.metadata)
    this.savedRevision = this.model.getState().revision
    this.set({ kind: 'saved' })
    this.deps.loaded()
  }

  /** Write this page's notebook over whatever is in the file now. */
  async overwrite(): Promise<void> {
    try {
      this.version = (await this.deps.read())?.version ?? null
      await this.save()
    } catch (error) {
      this.set({ kind: 'failed', message: messageOf(error) })
    }
  }

  /** Look whether somebody else has changed the file, and take the change over unless this page has its own. */
  async compare(): Promise<'same' | 'taken over' | 'unknown'> {
    const isBusy = () => this.status.kind !== 'saved' || this.model.getState().cells.some(isRunning)
    if (isBusy()) return 'unknown'
    const file = await this.deps.read().catch(() => undefined)
    if (file === undefined || this.isClosed || isBusy()) return 'unknown'
    if ((file?.version ?? null) === this.version) return 'same'
    const { parseNotebook } = await import('./ipynb')
    if (this.isClosed || isBusy()) return 'unknown'
    this.apply(file, parseNotebook(file?.text ?? ''))
    return 'taken over'
  }

  /** Save now what would be saved soon. */
  flush(): void {
    if (this.status.kind === 'unsaved' || this.status.kind === 'failed') void this.save()
  }

  close(): void {
    this.flush()
    this.isClosed = true
    clearTimeout(this.timer)
    this.stopWatching()
  }

  private handleChange(): void {
    const { kind } = this.status
    if (this.model.getState().revision === this.savedRevision || kind === 'loading' || kind === 'broken') return
    if (kind === 'conflict' || kind === 'saving') return
    this.set({ kind: 'unsaved' })
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.save(), saveDelayMs)
  }

  private async save(): Promise<void> {
    clearTimeout(this.timer)
    const { revision } = this.model.getState()
    this.set({ kind: 'saving' })
    try {
      const text = await this.text()
      if (text.length > maxChars) {
        this.set({
          kind: 'failed',
          message: 'This notebook is too large to be saved here. Clear outputs or export it.',
        })
        return
      }
      const version = text === this.savedText ? this.version : await this.deps.save(text, this.version)
      if (version === null && text !== this.savedText) {
        this.set({ kind: 'conflict' })
        return
      }
      this.version = version
      this.savedText = text
      this.savedRevision = revision
      this.set({ kind: 'saved' })
      this.handleChange()
    } catch (error) {
      this.set({ kind: 'failed', message: messageOf(error) })
    }
  }

  /** The notebook as a file of format 4. */
  async text(): Promise<string> {
    const { serializeNotebook } = await import('./ipynb')
    const { cells, metadata } = this.model.getState()
    return serializeNotebook({ cells: [...cells], metadata: { ...kernelOf(this.deps.language()), ...metadata } })
  }

  private set(status: FileStatus): void {
    this.status = status
    for (const listener of this.listeners) listener()
  }
}

function kernelOf(language: string) {
  const name = language === 'python' ? 'python3' : language
  return {
    kernelspec: { display_name: language === 'python' ? 'Python 3' : language, language, name },
    language_info: { name: language },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'The file cannot be read.'
}
