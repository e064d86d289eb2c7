/** Another sandbox on the same engine, which must not be affected. */
import { createHash, randomBytes } from 'node:crypto'
import type { HostileSandbox } from './sandbox'

export class Neighbour {
  private counted = 0

  private constructor(
    readonly sandbox: HostileSandbox,
    private readonly digest: string,
  ) {}

  /** Create its files and its session. `secret` must not leak. */
  static async moveInto(sandbox: HostileSandbox, secret: string): Promise<Neighbour> {
    const digest = createHash('sha256').update(secret).digest('hex')
    for (const name of ['/home/daytona/notes.txt', '/tmp/notes.txt']) await sandbox.upload(name, secret)
    await sandbox.ask('POST', '/process/session', { sessionId: 'counting' })
    return new Neighbour(sandbox, digest)
  }

  /** Everything that is not as expected. */
  async complaints(): Promise<string[]> {
    const found: string[] = []
    const text = randomBytes(6).toString('hex')
    const ran = await this.sandbox.ask('POST', '/process/execute', {
      command: `echo ${text}; sha256sum < ~/notes.txt; sha256sum < /tmp/notes.txt; ls -A ~ /tmp | wc -l`,
    })
    if (ran.status !== 200) found.push(`the neighbour got ${ran.status} ${ran.text.slice(0, 200)}`)
    else {
      const expected = `${text}\n${this.digest}  -\n${this.digest}  -\n`
      const { exitCode, result } = ran.json<{ exitCode: number; result: string }>()
      if (exitCode !== 0 || !result.startsWith(expected)) found.push(`a command of the neighbour printed ${result}`)
    }
    this.counted += 1
    const command = 'count=$((count+1)); echo "$count"; (exit $((count % 7)))'
    const response = await this.sandbox.ask('POST', '/process/session/counting/exec', { command })
    const isRight =
      response.status === 200 &&
      response.json<{ stdout: string }>().stdout === `${this.counted}\n` &&
      response.json<{ exitCode: number }>().exitCode === this.counted % 7
    if (!isRight) found.push(`the neighbour's session returned ${response.status} ${response.text.slice(0, 200)}`)
    const forgery = await this.sandbox.forgery()
    if (forgery) found.push(`a record of the neighbour was forged: ${forgery}`)
    return found
  }
}
