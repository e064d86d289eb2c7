/** An engine under attack, with everything around it that an attack must leave alone. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { EngineFixture } from '../lib/engine/test/engine-fixture'
import type { SandboxDto } from '../lib/process-api/sandbox'
import type { Attack, Effort } from './attack'
import { Canaries } from './canaries'
import { Client } from './client'
import { launchEngine, makeSurroundings, type Surroundings } from './launch'
import { Neighbour } from './neighbour'
import { HostileSandbox } from './sandbox'
import type { Setup } from './setups'

/** Logs that a sandbox can make grow are capped; this is more than all caps together. */
const mostLogBytes = 16 * 1024 * 1024
const mostBreaches = 12
/** A name that attackers give to whatever they manage to make. */
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
    readonly around: Surroundings,
    readonly canaries: Canaries,
    readonly engine: EngineFixture,
  ) {
    this.client = new Client({
      port: engine.port,
      apiKey: engine.apiKey,
      heard: (text, from) => {
        for (const { place } of canaries.leaksIn(text)) this.breach(`the answer to ${from} tells ${place}`)
      },
    })
  }

  static async open(setup: Setup, effort: Effort): Promise<World> {
    const around = makeSurroundings(setup)
    const canaries = new Canaries()
    const secrets = {
      variable: canaries.token("the engine's environment"),
      key: canaries.token("the engine's keyring"),
    }
    const engine = await launchEngine(setup, around, secrets)
    canaries.watch(engine.apiKey, "the engine's key")
    for (const folder of [around.base, around.home, around.dataDir]) canaries.plant(folder, around.owner)
    for (const folder of [around.base, around.home]) canaries.watchFolder(folder)
    const world = new World(setup, effort, around, canaries, engine)
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
    // A plain process has the machine's own folders: nobody moves in there.
    if (!this.isIsolated) return
    this.neighbour = await Neighbour.moveInto(sandbox, `${this.canaries.token("the neighbour's notes")}\n`)
    await sandbox.testify()
  }

  async close(): Promise<void> {
    // An engine that an attack has made deaf does not hear that it is asked to end either.
    const { status } = await this.client.ask('GET', '/api/health', undefined, {}, 5_000)
    if (status !== 200) await this.engine.kill9()
    await this.engine.stop()
    rmSync(this.around.base, { recursive: true, force: true })
  }

  /** An attacker got something that it must not have. */
  breach(what: string): void {
    if (this.breaches.includes(what)) return
    if (this.breaches.length < mostBreaches) this.breaches.push(what)
  }

  /** Whether the attack has got anything yet, canaries included. */
  isBroken(): boolean {
    this.gotMore('meanwhile')
    return this.breaches.length > 0
  }

  /** Whether it has got something since this was last asked. `what` is named with it. */
  gotMore(what: string): boolean {
    for (const change of this.canaries.changes()) this.breach(`${what}: ${change}`)
    const before = this.countBefore
    this.countBefore = this.breaches.length
    return this.breaches.length > before
  }

  /** A fresh sandbox in which the attacker has code. It is deleted after the attack. */
  async sandbox(request: object = {}): Promise<HostileSandbox> {
    const sandbox = await this.makeSandbox(request)
    await sandbox.testify()
    this.hostile.push(sandbox)
    return sandbox
  }

  /** The attack has deleted it itself, or means it to be gone. */
  release(sandbox: HostileSandbox): void {
    this.canaries.forgetBelow(sandbox.folder)
    this.hostile = this.hostile.filter((each) => each !== sandbox)
  }

  /** How sandboxes are kept apart from the machine's network here. */
  get network(): string {
    return this.neighbour?.sandbox.dto.isolation?.network ?? 'unknown'
  }

  /** CPU time of the engine's own process, in seconds. */
  engineSeconds(): number {
    return secondsOf(this.engine.pid)
  }

  /** Play one attack and look at everything that it may have touched. Resolves with what it broke. */
  async judge(attack: Attack): Promise<string[]> {
    this.breaches = []
    this.countBefore = 0
    try {
      await attack.play(this)
    } catch (error) {
      this.breach(
        `it could not be played to its end: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
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
    if (reply.status !== 200) throw new Error(`no sandbox was made: ${reply.status} ${reply.text}`)
    const dto = reply.json<SandboxDto>()
    const folder = path.join(this.around.dataDir, 'sandboxes', dto.id)
    this.canaries.plant(folder, this.around.owner, { few: true })
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
    if (!existsSync(`/proc/${this.engine.pid}`)) this.breach('the engine has died')
    const log = this.engine.log.slice(this.logRead)
    this.logRead = this.engine.log.length
    const complaint = /(?:not caught|uncaught exception|unhandled rejection):.*\n?.*/.exec(log)?.[0]
    if (complaint) this.breach(`the engine said ${complaint}`)
    for (const { place } of this.canaries.leaksIn(log)) this.breach(`the engine's log tells ${place}`)
    for (const name of intrudersBelow(this.around.base)) this.breach(`${name} was made on the host`)
    if (log.length > mostLogBytes) this.breach(`the engine's log grew by ${log.length} bytes`)
  }
}

/** Whatever bears the attackers' name outside of homes and temporary folders. */
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
