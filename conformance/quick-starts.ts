/** The quick starts of README.md and the examples of docs/, with a home directory in which they find the deployment. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Deployment } from './deployment'

export type QuickStart = 'curl' | 'TypeScript' | 'Python'

const languages: Record<QuickStart, string> = { curl: 'sh', TypeScript: 'ts', Python: 'python' }

const root = path.join(import.meta.dirname, '..')

/** What each prints, whatever the language. */
export const expectedOutput = /42\D*step 1\nstep 2\nstep 3\n$/

/** The text of one: the last block of its language under its heading. */
export async function readQuickStart(name: QuickStart): Promise<string> {
  const readme = await readFile(path.join(root, 'README.md'), 'utf8')
  const section = readme.split(/^#{2,3} /m).find((it) => it.startsWith(`${name}\n`))
  const blocks = [...(section ?? '').matchAll(/^```(\w+)\n(.*?)^```$/gms)]
  const text = blocks.findLast(([, language]) => language === languages[name])?.[2]
  if (!text) throw new Error(`README.md has no quick start for ${name}`)
  return text
}

/** The shell programs of docs/: of each page, its blocks marked `sh run`, which follow each other. */
export async function readExamples(): Promise<{ page: string; program: string }[]> {
  const pages = (await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md'))
  const examples = await Promise.all(
    pages.map(async (page) => {
      const text = await readFile(path.join(root, 'docs', page), 'utf8')
      const blocks = [...text.matchAll(/^```sh run\n(.*?)^```$/gms)].map(([, block]) => block)
      return { page, program: blocks.join('') }
    }),
  )
  return examples.filter(({ program }) => program !== '')
}

export interface QuickStartHome {
  readonly folder: string
  /** Write a file into it; resolves with its path. */
  write(name: string, text: string): Promise<string>
  remove(): Promise<void>
}

/** A home folder with the connection file of a deployment in it. */
export async function makeHome({ apiUrl, apiKey }: Deployment): Promise<QuickStartHome> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sandglass-quick-start-'))
  const write = async (name: string, text: string) => {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
    return file
  }
  const config = await fetch(`${apiUrl}/config`)
  const { proxyToolboxUrl } = (await config.json()) as { proxyToolboxUrl: string }
  await write('.sandglass/connection.json', JSON.stringify({ apiUrl, apiKey, toolboxUrl: proxyToolboxUrl }))
  return { folder, write, remove: () => rm(folder, { recursive: true, force: true }) }
}
