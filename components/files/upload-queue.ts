/** Uploads of this tab. They outlive the page while the console stays open, and use the browser's own streaming. */
import { signedOutFailure } from '@/lib/queries/call-failure'
import { fileUrl } from '@/lib/queries/file-reads'
import { readJson } from '@/lib/queries/read'
import { Speed } from './speed'

export type UploadState = 'queued' | 'sending' | 'storing' | 'done' | 'exists' | 'failed' | 'cancelled'

export interface Upload {
  id: number
  target: string
  sandboxId: string
  /** Where the file is stored. */
  path: string
  size: number
  sent: number
  bytesPerSecond: number
  state: UploadState
  /** Why it failed, as a sentence. */
  message?: string
}

export interface UploadFile {
  path: string
  file: File
}

/** Of larger files the browser asks first whether they exist, because a refused body may have to be sent to its end. */
const checkedBytes = 1_000_000
/** A browser has six connections to a host; reads need some of them. */
const maxParallel = 3

interface Entry {
  upload: Upload
  file: File
  replace: boolean
  request: XMLHttpRequest | null
}

const entries: Entry[] = []
const listeners = new Set<() => void>()
let snapshot: readonly Upload[] = []
let nextId = 1
let onStored: (upload: Upload) => void = () => undefined

export function subscribeUploads(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function currentUploads(): readonly Upload[] {
  return snapshot
}

/** Called after each stored file. */
export function setStoredListener(listener: (upload: Upload) => void): void {
  onStored = listener
}

export function addUploads(target: string, sandboxId: string, files: readonly UploadFile[]): void {
  for (const { path, file } of files) {
    const upload: Upload = {
      id: nextId,
      target,
      sandboxId,
      path,
      size: file.size,
      sent: 0,
      bytesPerSecond: 0,
      state: 'queued',
    }
    nextId += 1
    entries.push({ upload, file, replace: false, request: null })
  }
  publish()
  startNext()
}

/** Stops uploads. What was sent of them is deleted; an existing file stays as it was. */
export function cancelUploads(ids: readonly number[]): void {
  for (const id of ids) {
    const entry = find(id)
    if (!entry || !isPending(entry.upload)) continue
    update(entry, { state: 'cancelled' })
    entry.request?.abort()
  }
  startNext()
}

/** Sends a failed or cancelled upload again from its beginning. */
export function retryUpload(id: number, replace = false): void {
  const entry = find(id)
  if (!entry || isPending(entry.upload)) return
  entry.replace ||= replace
  update(entry, { state: 'queued', sent: 0, bytesPerSecond: 0, message: undefined })
  startNext()
}

/** Removes an upload that is not running from the list. */
export function dismissUploads(ids: readonly number[]): void {
  for (const id of ids) {
    const index = entries.findIndex(({ upload }) => upload.id === id)
    if (entries[index] && !isPending(entries[index].upload)) entries.splice(index, 1)
  }
  publish()
}

export function isPending({ state }: Pick<Upload, 'state'>): boolean {
  return state === 'queued' || state === 'sending' || state === 'storing'
}

function find(id: number): Entry | undefined {
  return entries.find(({ upload }) => upload.id === id)
}

function update(entry: Entry, change: Partial<Upload>): void {
  entry.upload = { ...entry.upload, ...change }
  publish()
}

function publish(): void {
  snapshot = entries.map(({ upload }) => upload)
  // Leaving the console would cancel them.
  if (snapshot.some(isPending)) addEventListener('beforeunload', askBeforeLeaving)
  else removeEventListener('beforeunload', askBeforeLeaving)
  for (const notify of listeners) notify()
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault()
}

function startNext(): void {
  const active = entries.filter(({ upload }) => upload.state === 'sending' || upload.state === 'storing').length
  for (const entry of entries.filter(({ upload }) => upload.state === 'queued').slice(0, maxParallel - active)) {
    void start(entry)
  }
}

async function start(entry: Entry): Promise<void> {
  update(entry, { state: 'sending' })
  if (!entry.replace && entry.upload.size > checkedBytes && (await exists(entry.upload))) {
    end(entry, { state: 'exists' })
  } else if (entry.upload.state === 'sending') {
    send(entry)
  }
}

/** False if it cannot be known: the console checks again. */
async function exists({ target, sandboxId, path }: Upload): Promise<boolean> {
  return await readJson(fileUrl(target, sandboxId, 'info', { path })).then(
    () => true,
    () => false,
  )
}

/** `fetch` reports no progress of a body, so that this is an XMLHttpRequest. */
function send(entry: Entry): void {
  const { target, sandboxId, path } = entry.upload
  const request = new XMLHttpRequest()
  const speed = new Speed()
  entry.request = request
  request.open('PUT', fileUrl(target, sandboxId, 'upload', { path, replace: String(entry.replace) }))
  request.setRequestHeader('content-type', 'application/octet-stream')
  request.upload.onprogress = ({ loaded }) => {
    if (entry.upload.state !== 'sending') return
    update(entry, { sent: loaded, bytesPerSecond: speed.add(performance.now(), loaded) })
  }
  request.upload.onload = () => {
    if (entry.upload.state === 'sending') update(entry, { state: 'storing', sent: entry.upload.size })
  }
  request.onload = () => finish(entry, request)
  request.onerror = () =>
    end(entry, { state: 'failed', message: 'The connection was lost before the file was stored.' })
  request.send(entry.file)
}

function finish(entry: Entry, request: XMLHttpRequest): void {
  if (request.status >= 200 && request.status < 300) {
    end(entry, { state: 'done', sent: entry.upload.size })
    onStored(entry.upload)
    return
  }
  const { code, message } = problemOf(request)
  end(entry, { state: code === 'CONFLICT' ? 'exists' : 'failed', message })
}

function end(entry: Entry, change: Partial<Upload>): void {
  entry.request = null
  if (entry.upload.state !== 'cancelled') update(entry, change)
  startNext()
}

function problemOf(request: XMLHttpRequest): { code: string; message: string } {
  if (request.status === 401) return { code: 'UNAUTHORIZED', message: signedOutFailure(null).message }
  try {
    const { error } = JSON.parse(request.responseText)
    return { code: String(error.code), message: [error.message, error.hint].filter(Boolean).join(' ') }
  } catch {
    return { code: 'UNKNOWN', message: `The console responded with status ${request.status}.` }
  }
}
