/** The machine's own performance without the product, measured beside each figure. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { WebSocket } from 'ws'

/** Milliseconds from the spawn of a program to its exit. */
export async function spawnOnce(command: string, args: string[], env = process.env): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  child.stdout.resume()
  child.stderr.resume()
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} exited with ${code}`)
  return performance.now() - startedAt
}

/** Bytes per second of a shell command's output through a pipe into a file in this folder, which is removed again. */
export async function pipeIntoFile(command: string, bytes: number, folder: string): Promise<number> {
  const file = path.join(folder, 'floor.data')
  const elapsed = await spawnOnce('sh', ['-c', `${command} | cat > "$0"`, file])
  const { size } = await stat(file)
  await unlink(file)
  if (size !== bytes) throw new Error(`the floor wrote ${size} instead of ${bytes} bytes`)
  return bytes / (elapsed / 1000)
}

/** Milliseconds until a copy of a file, without shared blocks, is on the disk. */
export async function copyFile(from: string, to: string): Promise<number> {
  return await spawnOnce('sh', ['-c', 'cp --reflink=never "$0" "$1" && sync "$1"', from, to])
}

/** Round trips of a small message to an echo server in another process over the loopback, in milliseconds. */
export async function echoRoundTrips(count: number, pauseMs: number): Promise<number[]> {
  const server = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { WebSocketServer } from 'ws'
       const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
       server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
       server.on('listening', () => process.stdout.write(String(server.address().port) + '\\n'))`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: path.dirname(import.meta.dirname) },
  )
  try {
    const [line] = await once(server.stdout.setEncoding('utf8'), 'data')
    const socket = new WebSocket(`ws://127.0.0.1:${Number(line)}`, { perMessageDeflate: false })
    await once(socket, 'open')
    const trips: number[] = []
    for (let index = 0; index < count; index += 1) {
      const startedAt = performance.now()
      socket.send(Buffer.alloc(20))
      await once(socket, 'message')
      trips.push(performance.now() - startedAt)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    socket.terminate()
    return trips
  } finally {
    server.kill()
  }
}
