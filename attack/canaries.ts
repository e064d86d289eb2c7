/** Files of the host that no sandbox may read, change or delete, and whose names must stay hidden. */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'

interface WatchedFile {
  readonly file: string
  text: string
  facts: string
}

/** The location of a leaked secret, as text for a person. */
export interface Leak {
  readonly place: string
}

/** Names that an attacker can guess. Each file has unique content. */
const guessable = [
  ['notes.txt', 0o644],
  ['root-only.txt', 0o600],
  ['id_ed25519', 0o600],
  ['authorized_keys', 0o600],
  ['project/inside.txt', 0o644],
] as const

/** Only this much of each file is searched. */
const maxSearchedBytes = 2 * 1024 * 1024
const maxFiles = 4_000

export class Canaries {
  private readonly tokens = new Map<string, string>()
  private readonly files: WatchedFile[] = []
  private readonly folders = new Map<string, string>()

  /** A unique text that reveals a leak wherever it appears. */
  token(place: string): string {
    const token = `CANARY${randomBytes(12).toString('hex')}`
    this.tokens.set(token, place)
    return token
  }

  /** Watch an existing secret, such as a key. */
  watch(secret: string, place: string): void {
    this.tokens.set(secret, place)
  }

  /**
   * Create all canary files in a folder of the host.
   * @param owner the user who could read them without isolation
   */
  plant(folder: string, owner: { uid: number; gid: number }, { few = false } = {}): void {
    for (const [name, mode] of guessable.slice(0, few ? 2 : undefined)) {
      const file = path.join(folder, name)
      if (!readable(path.dirname(file))) {
        mkdirSync(path.dirname(file), { mode: 0o755 })
        chownSync(path.dirname(file), owner.uid, owner.gid)
      }
      // Interpreters such as shells, Python, JavaScript or OpenSSH repeat the text in their error messages.
      this.write(file, `${this.token(file)}\n`, mode, name === 'root-only.txt' ? { uid: 0, gid: 0 } : owner)
    }
    const secretName = `${this.token(`the name of a file in ${folder}`)}.txt`
    this.write(path.join(folder, secretName), 'a name that must stay hidden\n', 0o644, owner)
  }

  /** Watch the names in a folder, to which nothing may be added and from which nothing may be removed. */
  watchFolder(folder: string): void {
    this.folders.set(folder, namesIn(folder))
  }

  /** The locations of the secrets in this text. */
  leaksIn(text: string): Leak[] {
    if (!text) return []
    return [...this.tokens].filter(([token]) => text.includes(token)).map(([, place]) => ({ place }))
  }

  /** What has changed since the last call. */
  changes(): string[] {
    const found: string[] = []
    for (const watched of this.files) {
      const facts = factsOf(watched.file)
      const text = facts === 'gone' ? '' : readFileSync(watched.file, 'utf8')
      if (facts !== watched.facts) found.push(`${watched.file} was changed: ${watched.facts} became ${facts}`)
      else if (text !== watched.text) found.push(`${watched.file} was overwritten`)
      Object.assign(watched, { facts, text })
    }
    for (const [folder, names] of this.folders) {
      const now = namesIn(folder)
      if (now !== names) found.push(`the names in ${folder} became ${now}`)
      this.folders.set(folder, now)
    }
    return found
  }

  /** Stop watching below a folder that is about to be deleted. */
  forgetBelow(folder: string): void {
    const isBelow = (file: string) => file.startsWith(`${folder}${path.sep}`)
    const rest = this.files.filter(({ file }) => !isBelow(file))
    this.files.splice(0, this.files.length, ...rest)
    for (const each of [...this.folders.keys()]) if (isBelow(each) || each === folder) this.folders.delete(each)
  }

  /** Copies of secrets in a sandbox's folder. Links are not followed; names may be any bytes. */
  leaksBelow(folder: string): string[] {
    const found: string[] = []
    let searched = 0
    const look = (at: Buffer) => {
      for (const name of namesOf(at)) {
        const file = Buffer.concat([at, Buffer.from('/'), name])
        for (const { place } of this.leaksIn(name.toString('latin1'))) found.push(`${file} has the name of ${place}`)
        const stats = statsOf(file)
        if (stats?.isDirectory()) look(file)
        if (!stats?.isFile() || searched > maxFiles) continue
        searched += 1
        for (const { place } of this.leaksIn(beginningOf(file))) found.push(`${file} contains ${place}`)
      }
    }
    look(Buffer.from(folder))
    return found
  }

  private write(file: string, text: string, mode: number, owner: { uid: number; gid: number }): void {
    // An earlier run may have created a file of the same name.
    rmSync(file, { force: true })
    writeFileSync(file, text, { flag: 'wx' })
    chownSync(file, owner.uid, owner.gid)
    chmodSync(file, mode)
    this.files.push({ file, text, facts: factsOf(file) })
  }
}

function readable(folder: string): boolean {
  return lstatSync(folder, { throwIfNoEntry: false }) !== undefined
}

function factsOf(file: string): string {
  const stats = lstatSync(file, { throwIfNoEntry: false })
  if (!stats) return 'gone'
  const { ino, mode, uid, gid, size, nlink, mtimeMs } = stats
  return `inode ${ino}, mode ${mode.toString(8)}, owner ${uid}:${gid}, ${size} bytes, ${nlink} names, ${mtimeMs}`
}

function namesIn(folder: string): string {
  return readdirSync(folder).sort().join(' ')
}

function namesOf(folder: Buffer): Buffer[] {
  try {
    return readdirSync(folder, 'buffer')
  } catch {
    // Removed meanwhile, or no longer a folder.
    return []
  }
}

function statsOf(file: Buffer): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch {
    // Its folder was replaced meanwhile.
    return undefined
  }
}

function beginningOf(file: Buffer): string {
  let descriptor: number
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    // Replaced by a link or removed meanwhile.
    return ''
  }
  try {
    const bytes = Buffer.alloc(maxSearchedBytes)
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, bytes.length, 0))
  } catch (error) {
    return String(error)
  } finally {
    closeSync(descriptor)
  }
}
