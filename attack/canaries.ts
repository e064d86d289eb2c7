/** Files of the host that no sandbox may read, change, delete or even hear the name of. */
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

interface Kept {
  readonly file: string
  text: string
  facts: string
}

/** Where it is, and how a person would call it. */
export interface Leak {
  readonly place: string
}

/** Names that an attacker can guess. Each has a text of its own that appears nowhere else. */
const guessable = [
  ['notes.txt', 0o644],
  ['root-only.txt', 0o600],
  ['id_ed25519', 0o600],
  ['authorized_keys', 0o600],
  ['project/inside.txt', 0o644],
] as const

/** More of a file than this is not searched. */
const mostSearched = 2 * 1024 * 1024
const mostFiles = 4_000

export class Canaries {
  private readonly tokens = new Map<string, string>()
  private readonly kept: Kept[] = []
  private readonly folders = new Map<string, string>()

  /** A text by which a leak is recognised wherever it appears. */
  token(place: string): string {
    const token = `CANARY${randomBytes(12).toString('hex')}`
    this.tokens.set(token, place)
    return token
  }

  /** Something that is secret by itself, such as a key. */
  watch(secret: string, place: string): void {
    this.tokens.set(secret, place)
  }

  /**
   * Put the whole set into a folder of the host.
   * @param owner who could read them if nothing stood in between
   */
  plant(folder: string, owner: { uid: number; gid: number }, { few = false } = {}): void {
    for (const [name, mode] of guessable.slice(0, few ? 2 : undefined)) {
      const file = path.join(folder, name)
      if (!readable(path.dirname(file))) {
        mkdirSync(path.dirname(file), { mode: 0o755 })
        chownSync(path.dirname(file), owner.uid, owner.gid)
      }
      // Whatever interprets it - a shell, Python, JavaScript, OpenSSH - repeats it in its complaint.
      this.write(file, `${this.token(file)}\n`, mode, name === 'root-only.txt' ? { uid: 0, gid: 0 } : owner)
    }
    const secretName = `${this.token(`the name of a file in ${folder}`)}.txt`
    this.write(path.join(folder, secretName), 'a name that nobody may hear\n', 0o644, owner)
  }

  /** Remember the names in a folder that nothing may add to or take from. */
  watchFolder(folder: string): void {
    this.folders.set(folder, namesIn(folder))
  }

  /** Whose secrets stand in this text. */
  leaksIn(text: string): Leak[] {
    if (!text) return []
    return [...this.tokens].filter(([token]) => text.includes(token)).map(([, place]) => ({ place }))
  }

  /** What of them is not as it was when this was last asked. */
  changes(): string[] {
    const found: string[] = []
    for (const kept of this.kept) {
      const facts = factsOf(kept.file)
      const text = facts === 'gone' ? '' : readFileSync(kept.file, 'utf8')
      if (facts !== kept.facts) found.push(`${kept.file} was changed: ${kept.facts} became ${facts}`)
      else if (text !== kept.text) found.push(`${kept.file} was overwritten`)
      Object.assign(kept, { facts, text })
    }
    for (const [folder, names] of this.folders) {
      const now = namesIn(folder)
      if (now !== names) found.push(`the names in ${folder} became ${now}`)
      this.folders.set(folder, now)
    }
    return found
  }

  /** Stop watching what is below a folder, which is going to be deleted on purpose. */
  forgetBelow(folder: string): void {
    const isBelow = (file: string) => file.startsWith(`${folder}${path.sep}`)
    const rest = this.kept.filter(({ file }) => !isBelow(file))
    this.kept.splice(0, this.kept.length, ...rest)
    for (const each of [...this.folders.keys()]) if (isBelow(each) || each === folder) this.folders.delete(each)
  }

  /** Copies of secrets in a folder that belongs to a sandbox. Links are not followed; names are whatever bytes they are. */
  leaksBelow(folder: string): string[] {
    const found: string[] = []
    let searched = 0
    const look = (at: Buffer) => {
      for (const name of namesOf(at)) {
        const file = Buffer.concat([at, Buffer.from('/'), name])
        for (const { place } of this.leaksIn(name.toString('latin1'))) found.push(`${file} has the name of ${place}`)
        const stats = statsOf(file)
        if (stats?.isDirectory()) look(file)
        if (!stats?.isFile() || searched > mostFiles) continue
        searched += 1
        for (const { place } of this.leaksIn(beginningOf(file))) found.push(`${file} holds what is in ${place}`)
      }
    }
    look(Buffer.from(folder))
    return found
  }

  private write(file: string, text: string, mode: number, owner: { uid: number; gid: number }): void {
    // An earlier run may have planted one of the same name.
    rmSync(file, { force: true })
    writeFileSync(file, text, { flag: 'wx' })
    chownSync(file, owner.uid, owner.gid)
    chmodSync(file, mode)
    this.kept.push({ file, text, facts: factsOf(file) })
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
    // Gone in between, or no folder any more.
    return []
  }
}

function statsOf(file: Buffer): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch {
    // Its folder was exchanged for something else in between.
    return undefined
  }
}

function beginningOf(file: Buffer): string {
  let descriptor: number
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    // Exchanged for a link or removed since it was looked at.
    return ''
  }
  try {
    const bytes = Buffer.alloc(mostSearched)
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, bytes.length, 0))
  } catch (error) {
    return String(error)
  } finally {
    closeSync(descriptor)
  }
}
