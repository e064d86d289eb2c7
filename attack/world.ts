/** An engine under attack, with everything around it that an attack must not affect. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { EngineFixture } from '../lib/engine/test/engine-fixture'
import type { SandboxDto } from '../lib/process-api/sandbox'
import { Canaries } from './canaries'
import { Client } from './client'
import { launchEngine, makeSurroundings, type Surroundings } from './launch'
import { Neighbour } from './neighbour'
import { HostileSandbox } from './sandbox'
import type { Effort, Setup } from './setups'

/** More than all log size limits of a sandbox together. */
const maxLogBytes = 16 * 1024 * 1024
const maxBreaches = 12
/** A name that attackers give to everything they create. */
export const intruder = 'intruder'

export class World {
  readonly client: Client
  /** Whether its sandboxes are isolated. */
  isIsolated = false
  private breaches: string[] = []
  private hostile: HostileSandbox[] = []
  private neighbour: Neighbour | null = null
  private logRead = 0
  private countBefore = 0

  private constructor(
    readonly setup: Setup,
    readonly effort: Effort,
    readonly surroundings: Surroundings,
    readonly canaries: Canaries,
    readonly engine: EngineFixture,
  ) {
    this.client = new Client({
      port: engine.port,
      apiKey: engine.apiKey,
      onText: (text, from) => {
        for (const { place } of canaries.leaksIn(text)) this.breach(`the response to ${from} reveals ${place}`)
      },
    })
  }

  static async open(setup: Setup, effort: Effort): Promise<World> {
    const surroundings = makeSurroundings(setup)
    const canaries = new Canaries()
    const secrets = {
      variable: canaries.token("the engine's environment"),
      key: canaries.token("the engine's keyring"),
    }
    const engine = await launchEngine(setup, surroundings, secrets)
    canaries.watch(engine.apiKey, "the engine's key")
    for (const folder of [surroundings.base, surroundings.home, surroundings.dataDir])
      canaries.plant(folder, surroundings.owner)
    for (const folder of [surroundings.base, surroundings.home]) canaries.watchFolder(folder)
    const world = new World(setup, effort, surroundings, canaries, engine)
    try {
      if (setup.isolates !== false) await world.settleNeighbour()
    } catch (error) {
      await world.close()
      throw error
    }
    return world
  }

  private async settleNeighbour(): Promise<void> {
    const sandbox = await this.makeSandbox()
    this.isIsolated = sandbox.dto.isolation?.kind === 'bubblewrap'
    // Plain processes share the machine's own folders, so there is no neighbour.
    if (!this.isIsolated) return
    this.neighbour = await Neighbour.moveInto(sandbox, `${this.canaries.token("the neighbour's notes")}\n`)
    await sandbox.recordTestimony()
  }

  async close(): Promise<void> {
    // An unresponsive engine would not react to a stop either.
    const { status } = await this.client.ask('GET', '/api/health', undefined, {}, 5_000)
    if (status !== 200) await this.engine.kill9()
    await this.engine.stop()
    rmSync(this.surroundings.base, { recursive: true, force: true })
  }

  /** Record something that an attacker obtained or damaged. */
  breach(what: string): void {
    if (this.breaches.includes(what)) return
    if (this.breaches.length < maxBreaches) this.breaches.push(what)
  }

  /** Whether there is any breach yet, canaries included. */
  isBroken(): boolean {
    this.gotMore('meanwhile')
    return this.breaches.length > 0
  }

  /** Whether there is a new breach since the last call. `what` becomes its prefix. */
  gotMore(what: string): boolean {
    for (const change of this.canaries.changes()) this.breach(`${what}: ${change}`)
    const before = this.countBefore
    this.countBefore = this.breaches.length
    return this.breaches.length > before
  }

  /** A new sandbox in which the attacker runs code. It is deleted after the attack. */
  async sandbox(request: object = {}): Promise<HostileSandbox> {
    const sandbox = await this.makeSandbox(request)
    await sandbox.recordTestimony()
    this.hostile.push(sandbox)
    return sandbox
  }

  /** Stop watching a sandbox that the attack deletes itself. */
  release(sandbox: HostileSandbox): void {
    this.canaries.forgetBelow(sandbox.folder)
    this.hostile = this.hostile.filter((each) => each !== sandbox)
  }

  /** The network isolation of sandboxes on this machine. */
  get network(): string {
    return this.neighbour?.sandbox.dto.isolation?.network ?? 'unknown'
  }

  /** CPU time of the engine's main process, in seconds. */
  engineSeconds(): number {
    return secondsOf(this.engine.pid)
  }

  /** Run one attack and check everything that it may have affected. Resolves with the breaches. */
  async judge(attack: { run(world: World): Promise<void> }): Promise<string[]> {
    this.breaches = []
    this.countBefore = 0
    try {
      await attack.run(this)
    } catch (error) {
      this.breach(
        `the attack could not be completed: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
      )
    }
    this.gotMore('afterwards')
    for (const sandbox of this.hostile) await this.inspect(sandbox)
    for (const complaint of (await this.neighbour?.complaints()) ?? []) this.breach(complaint)
    this.inspectEngine()
    for (const sandbox of [...this.hostile]) await this.remove(sandbox)
    return this.breaches
  }

  private async makeSandbox(request: object = {}): Promise<HostileSandbox> {
    const labels = { 'code-toolbox-language': 'python' }
    const reply = await this.client.ask('POST', '/api/sandbox', { labels, ...request }, {}, 60_000)
    if (reply.status !== 200) throw new Error(`no sandbox was created: ${reply.status} ${reply.text}`)
    const dto = reply.json<SandboxDto>()
    const folder = path.join(this.surroundings.dataDir, 'sandboxes', dto.id)
    this.canaries.plant(folder, this.surroundings.owner, { few: true })
    const state = path.join(folder, 'state')
    if (existsSync(state)) this.canaries.plant(state, statSync(state), { few: true })
    return new HostileSandbox(dto, this.client, folder)
  }

  private async inspect(sandbox: HostileSandbox): Promise<void> {
    const forgery = await sandbox.forgery()
    if (forgery) this.breach(`a record was forged or lost: ${forgery}`)
    for (const name of ['home', 'tmp']) {
      const folder = path.join(sandbox.folder, name)
      for (const leak of this.canaries.leaksBelow(folder)) this.breach(leak)
    }
  }

  private async remove(sandbox: HostileSandbox): Promise<void> {
    this.release(sandbox)
    const { status, text } = await sandbox.control('DELETE', '', undefined, 60_000)
    if (status !== 200) this.breach(`the sandbox could not be deleted: ${status} ${text.slice(0, 200)}`)
  }

  private inspectEngine(): void {
    if (!existsSync(`/proc/${this.engine.pid}`)) this.breach('the engine has exited')
    const log = this.engine.log.slice(this.logRead)
    this.logRead = this.engine.log.length
    const complaint = /^.*(?:uncaught exception|unhandled rejection).*$/m.exec(log)?.[0]
    if (complaint) this.breach(`the engine logged ${complaint}`)
    for (const { place } of this.canaries.leaksIn(log)) this.breach(`the engine's log reveals ${place}`)
    for (const name of intrudersBelow(this.surroundings.base)) this.breach(`${name} was created on the host`)
    if (log.length > maxLogBytes) this.breach(`the engine's log grew by ${log.length} bytes`)
  }
}

/** Files with the attackers' name outside of homes and temporary folders. */
function intrudersBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name)
    if (entry.name.includes(intruder)) return [file]
    const isTheirs = /sandboxes\/[^/]+\/(home|tmp)$/.test(file) || /snapshots\/[^/]+\//.test(file)
    return entry.isDirectory() && !isTheirs ? intrudersBelow(file) : []
  })
}

/** CPU time of a process, in seconds. */
export function secondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
