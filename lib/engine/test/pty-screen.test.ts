/** PTYs beyond the reference: the exact screen for clients that attach late, size ownership, backpressure, recordings. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Terminal } from '@xterm/headless'
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest'
import { findProgram } from '@/lib/settings/programs'
import { drawn, stateOf } from '@/test-kit/screen-state'
import { open, type PtyClient } from './pty-client'
import { eventually, startToolbox, type ToolboxFixture } from './toolbox-fixture'

let toolbox: ToolboxFixture
let made = 0

beforeAll(async () => {
  toolbox = await startToolbox()
})
afterAll(async () => {
  await toolbox.stop()
})
afterEach(async () => {
  const { sessions } = (await toolbox.request('/process/pty')).json<{ sessions: Array<{ id: string }> }>()
  for (const { id } of sessions) await toolbox.request(`/process/pty/${id}`, { method: 'DELETE' })
})

/** A new PTY whose first client has received all output from the start. */
async function shell(): Promise<{ id: string; client: PtyClient }> {
  made += 1
  const id = `screen-${made}`
  const client = await open(toolbox, `create-connect?id=${id}&cols=80&rows=24`)
  await client.shows(/[$#] /)
  return { id, client }
}

const withSnapshot = (id: string, query = '') => open(toolbox, `${id}/connect?snapshot=1${query}`)

/** The terminal of a client that attached late: the snapshot, then the frames that followed. */
function drawLate(client: PtyClient): Promise<Terminal> {
  const snapshot = client.last('snapshot')
  if (!snapshot?.data) throw new Error('no snapshot yet')
  return drawn(snapshot.cols ?? 0, snapshot.rows ?? 0, snapshot.data, client.bytes)
}

const curses = `import curses
def main(screen):
    curses.start_color()
    curses.init_pair(1, curses.COLOR_YELLOW, curses.COLOR_BLUE)
    curses.init_pair(2, curses.COLOR_WHITE, curses.COLOR_RED)
    screen.bkgd(" ", curses.color_pair(1))
    screen.clear()
    screen.addstr(2, 4, "re" "ady", curses.A_BOLD)
    window = screen.subwin(6, 20, 10, 30)
    window.bkgd(" ", curses.color_pair(2))
    window.box()
    screen.refresh()
    screen.getch()
curses.wrapper(main)`

const programs: Array<[name: string, command: string, shown: RegExp]> = [
  ['printf', String.raw`printf '\033[44m\033[2J\033[Htitle re''ady'`, /ready/],
  ['printf', String.raw`printf 'a\nb re''ady\033[41m\033[J'`, /ready/],
  ['python3', 'python3 curses-program.py', /ready/],
  ['less', 'less -R colours.txt', /END/],
  ['vim', `vim -u NONE -N -c 'set bg=dark | syntax on | hi Normal ctermbg=4 | echo "re" . "ady"' colours.txt`, /ready/],
  ['htop', 'htop', /Load average/],
]

describe('real programs in colour', () => {
  test.each(programs.filter(([name]) => findProgram(name)))('%s: %s', async (_name, command, shown) => {
    const text = '\x1b[1;32mgreen\x1b[0m and \x1b[7minverse\x1b[0m\n\x1b[45mto the end\x1b[K\x1b[0m\n'
    writeFileSync(path.join(toolbox.homeDir, 'colours.txt'), text)
    writeFileSync(path.join(toolbox.homeDir, 'curses-program.py'), curses)
    const { id, client } = await shell()
    client.send(`${command}; read\n`)
    await client.shows(shown)
    const late = await withSnapshot(id)
    const snapshot = await eventually('the snapshot', () => late.last('snapshot'))
    await eventually(
      'the first client has what the snapshot shows',
      () => client.bytes.length >= (snapshot.offset ?? 0),
    )
    const restored = await drawn(80, 24, snapshot.data ?? '')
    expect(stateOf(restored)).toEqual(stateOf(await drawn(80, 24, client.bytes.subarray(0, snapshot.offset))))
  })
})

describe('attaching with a snapshot', () => {
  it('sends the screen at an offset and all output from there', async () => {
    const { id, client } = await shell()
    client.send('printf "\\033[1;31mred\\033[0m plain\\n"; seq 1 100; echo d""one\n')
    await client.shows('done')
    const late = await withSnapshot(id)
    await eventually('the snapshot', () => late.last('snapshot'))
    expect(late.order.slice(0, 2)).toEqual(['connected', 'snapshot'])
    expect(late.last('snapshot')).toMatchObject({ cols: 80, rows: 24, alternateScreen: false, skipped: 0 })
    late.send('echo aft""er\n')
    await late.shows('after')
    await client.shows('after')
    await eventually('both have the same output', () => client.bytes.length === end(late) || null)
    expect(stateOf(await drawLate(late))).toEqual(stateOf(await drawn(80, 24, client.bytes)))
  })

  it('restores a full-screen program and the normal screen below it', async () => {
    const { id, client } = await shell()
    client.send('echo be""low\n')
    await client.shows('below')
    // What an editor does: alternate screen, hidden cursor, keypad, mouse, a scroll region, colours.
    const program =
      '\\033[?1049h\\033[?1h\\033=\\033[?25l\\033[?1002h\\033[?1006h\\033[?2004h\\033[2J\\033[3;20r\\033[5;10H\\033[44;33mcentre\\033[4 q'
    client.send(`printf '${program}'; sleep 1; printf 'more\\033[r\\033[?1049l\\033[0m'; echo b""ack\n`)
    await client.shows('centre')
    const late = await withSnapshot(id)
    const snapshot = await eventually('the snapshot', () => late.last('snapshot'))
    expect(snapshot.alternateScreen).toBe(true)
    expect(stateOf(await drawLate(late))).toEqual(
      stateOf(await drawn(80, 24, client.bytes.subarray(0, snapshot.offset))),
    )
    for (const mode of ['?25l', '?1006h', '4 q', '3;20r']) expect(snapshot.data).toContain(`\x1b[${mode}`)
    await late.shows('back')
    await client.shows('back')
    await eventually('both have the same output', () => client.bytes.length === end(late) || null)
    const after = stateOf(await drawLate(late))
    expect(after.buffer).toBe('normal')
    expect(after.rows.join('\n')).toContain(
      'b 0:-1 0:-1 000000000|e 0:-1 0:-1 000000000|l 0:-1 0:-1 000000000|o 0:-1 0:-1 000000000|w',
    )
    expect(after).toEqual(stateOf(await drawn(80, 24, client.bytes)))
  })

  it('keeps 5,000 lines of scrollback, and sends them quickly', async () => {
    const { id, client } = await shell()
    client.send('seq 1 20000; echo d""one\n')
    await client.shows('done')
    const before = performance.now()
    const late = await withSnapshot(id)
    const snapshot = await eventually('the snapshot', () => late.last('snapshot'))
    const took = performance.now() - before
    const terminal = await drawn(80, 24, snapshot.data ?? '')
    expect(terminal.buffer.active.length).toBeGreaterThanOrEqual(5_000)
    const text = Array.from({ length: 5_000 }, (_, y) => terminal.buffer.active.getLine(y)?.translateToString(true))
    expect(text[0]).toBe(String(Number(text[1]) - 1))
    expect(text.at(-1)).toBe(String(Number(text[0]) + 4_999))
    expect(took).toBeLessThan(20_000)
  })

  it('is exact after a flood of which a part was not drawn', async () => {
    const { id, client } = await shell()
    client.send('printf "\\033[32mgreen\\n"; seq 1 400000; printf "\\033[0m"; echo d""one\n')
    await client.shows('done', 20_000)
    const late = await withSnapshot(id)
    await eventually('the snapshot', () => late.last('snapshot'), 20_000)
    expect(stateOf(await drawLate(late))).toEqual(stateOf(await drawn(80, 24, client.bytes)))
  })

  it('is exact after resizes, also ones from before the first screen was drawn', async () => {
    const { id, client } = await shell()
    client.send('echo a long line that is wrapped when the terminal becomes narrow: 0123456789\n')
    await client.shows(/789[\s\S]*789/)
    await toolbox.post(`/process/pty/${id}/resize`, { cols: 40, rows: 10 })
    client.send('echo nar""row\n')
    await client.shows('narrow')
    const late = await withSnapshot(id)
    const snapshot = await eventually('the snapshot', () => late.last('snapshot'))
    expect([snapshot.cols, snapshot.rows]).toEqual([40, 10])
    const grid = (await toolbox.request(`/process/pty/${id}/screen`)).json<{ lines: string[]; cols: number }>()
    expect(grid.cols).toBe(40)
    expect(grid.lines).toHaveLength(10)
    expect(grid.lines.join('\n')).toContain('narrow')
  })

  it('ends in order: output, exit message, close', async () => {
    const { id, client } = await shell()
    const late = await withSnapshot(id)
    client.send('echo last wo""rds; exit 5\n')
    expect(await late.done()).toEqual({ code: 1011, reason: '{"exitCode":5,"exitReason":"non-zero exit"}' })
    expect(late.text).toContain('last words')
    expect(late.order.at(-1)).toBe('exited')
  })
})

describe('the owner of the size', () => {
  it('is the first client that resizes, until another takes over', async () => {
    const { id, client } = await shell()
    client.send(`bash -c 'trap "echo WINCH" WINCH; echo rea""dy; until [ -e seen-all ]; do sleep 0.05; done'\n`)
    await client.shows('ready')
    const [a, b] = [await withSnapshot(id, '&client=a'), await withSnapshot(id, '&client=b')]
    a.sendMessage({ type: 'resize', cols: 100, rows: 30 })
    await eventually('b receives the size', () => b.last('size')?.cols === 100)
    expect(b.last('size')).toMatchObject({ cols: 100, rows: 30, sizeOwner: 'a' })
    // The shell runs one trap for two changes at the same time, so the test waits for each.
    const changes = () => client.text.match(/\nWINCH/g)?.length
    await eventually('the program is signalled', () => changes() === 1)
    b.sendMessage({ type: 'resize', cols: 60, rows: 20 })
    await eventually('b is refused', () => b.last('refused'))
    expect(await sizeOf(id)).toEqual([100, 30, 'a'])
    b.sendMessage({ type: 'take-size', cols: 60, rows: 20 })
    await eventually('a receives the new owner', () => a.last('size')?.sizeOwner === 'b')
    expect(await sizeOf(id)).toEqual([60, 20, 'b'])
    await eventually('the program is signalled again', () => changes() === 2)
    b.sendMessage({ type: 'take-size', cols: 60, rows: 20 })
    b.socket.close()
    await eventually('the size has no owner', () => a.last('size')?.sizeOwner === null)
    expect(await sizeOf(id)).toEqual([60, 20, null])
    writeFileSync(path.join(toolbox.homeDir, 'seen-all'), '')
    client.send('stty size; echo e""nd\n')
    await client.shows(/[\r\n]end/)
    expect(client.text).toContain('20 60')
    expect(changes()).toBe(2)
  })

  it('changes at the offset of the output where the resize took effect', async () => {
    const { id, client } = await shell()
    const late = await withSnapshot(id)
    await eventually('the snapshot', () => late.last('snapshot'))
    client.send('echo be""fore\n')
    await late.shows('before')
    await toolbox.post(`/process/pty/${id}/resize`, { cols: 50, rows: 12 })
    await eventually('the size', () => late.last('size'))
    const { offset } = late.last('size') ?? {}
    expect(offset).toBeGreaterThanOrEqual(client.text.indexOf('before'))
    expect(
      late.offsets.every((at, i) => at + (late.chunks[i]?.length ?? 0) <= (offset ?? 0) || at >= (offset ?? 0)),
    ).toBe(true)
  })
})

describe('viewers', () => {
  it('see everything and cannot send', async () => {
    const { id, client } = await shell()
    const viewer = await withSnapshot(id, '&mode=view')
    const plain = await open(toolbox, `${id}/connect?mode=view`)
    viewer.send('echo typed by a viewer\n')
    viewer.sendMessage({ type: 'input', data: 'echo typed by a viewer\n' })
    viewer.sendMessage({ type: 'take-size', cols: 10, rows: 10 })
    plain.send('echo typed by a viewer\n')
    await eventually('all three are refused', () => viewer.messages.filter((it) => it.type === 'refused').length === 3)
    client.send('echo by the ow""ner\n')
    await viewer.shows('by the owner')
    await plain.shows('by the owner')
    expect(client.text).not.toContain('typed by a viewer')
    expect(await sizeOf(id)).toEqual([80, 24, null])
    const detail = (await toolbox.request(`/process/pty/${id}`)).json<{ clients: number; viewers: number }>()
    expect(detail).toMatchObject({ clients: 1, viewers: 2 })
  })
})

describe('slow clients', () => {
  it('pause a terminal that has no other clients, and lose nothing', async () => {
    const { id, client } = await shell()
    client.socket.pause()
    client.send('head -c 30000000 /dev/zero | tr "\\0" "x"; echo; echo d""one\n')
    const printed = async () =>
      (await toolbox.request(`/process/pty/${id}`)).json<{ outputBytes: number }>().outputBytes
    let last = -1
    await eventually(
      'the terminal waits',
      async () => {
        const now = await printed()
        const still = now > 500_000 && now === last
        last = now
        return still
      },
      20_000,
    )
    expect(last).toBeLessThan(25_000_000)
    client.socket.resume()
    await client.shows('done', 20_000)
    expect(client.bytes.filter((byte) => byte === 0x78).length).toBeGreaterThanOrEqual(30_000_000)
  }, 60_000)

  it('with a snapshot do not delay other clients, and receive the screen again with the number of skipped bytes', async () => {
    const { id, client } = await shell()
    const slow = await withSnapshot(id)
    await eventually('the snapshot', () => slow.last('snapshot'))
    slow.socket.pause()
    client.send('seq 1 3000000; echo d""one\n')
    await client.shows('done', 30_000)
    slow.socket.resume()
    const again = await eventually(
      'a second snapshot',
      () => slow.messages.filter((it) => it.type === 'snapshot')[1],
      20_000,
    )
    expect(again.skipped).toBeGreaterThan(1_000_000)
    client.send('echo toge""ther\n')
    await slow.shows('together')
    await client.shows('together')
    const terminal = await drawn(80, 24, again.data ?? '', afterOffset(slow, again.offset ?? 0))
    expect(stateOf(terminal)).toEqual(stateOf(await drawn(80, 24, client.bytes)))
  }, 60_000)

  it('do not delay keystrokes while another terminal prints endlessly', async () => {
    const flood = await shell()
    flood.client.send('yes\n')
    await flood.client.shows('y\r\ny\r\n')
    const { client } = await shell()
    const before = performance.now()
    client.send('echo qu""ick\n')
    await client.shows('quick')
    expect(performance.now() - before).toBeLessThan(20_000)
    flood.client.send('\x03')
    await flood.client.shows(/\^C[\s\S]*[$#] $/)
  })
})

describe('input', () => {
  it('of a megabyte arrives complete at a program that reads late', async () => {
    const { client } = await shell()
    client.send('stty raw -echo; echo re""ady; sleep 1; head -c 1000000 | wc -c; stty sane\n')
    await client.shows('ready')
    for (let i = 0; i < 10; i += 1) client.send('k'.repeat(100_000))
    await client.shows('1000000', 20_000)
  })
})

describe('input that no program reads', () => {
  it('pauses its sender and no other client', async () => {
    const { id, client } = await shell()
    client.send('stty raw -echo; echo re""ady; sleep 60\n')
    await client.shows('ready')
    for (let i = 0; i < 50; i += 1) client.send('k'.repeat(100_000))
    const before = performance.now()
    expect((await toolbox.request('/version')).status).toBe(200)
    const other = await shell()
    other.client.send('echo qu""ick\n')
    await other.client.shows('quick')
    expect(performance.now() - before).toBeLessThan(3_000)
    await eventually('its messages are not read any more', () => client.socket.bufferedAmount > 1_000_000)
    expect((await toolbox.request(`/process/pty/${id}`, { method: 'DELETE' })).status).toBe(200)
    await client.done()
  })
})

describe('recordings', () => {
  it('contain output, sizes and times, but no keystrokes', async () => {
    const { id, client } = await shell()
    client.send('echo be""fore\n')
    await client.shows('before')
    const started = await toolbox.post(`/process/pty/${id}/recording`, { action: 'start' })
    expect(started.status).toBe(201)
    const recording = started.json<{ id: string }>()
    expect((await toolbox.post(`/process/pty/${id}/recording`, { action: 'start' })).status).toBe(409)
    client.send('read -s -p "Pass""word: " secret\n')
    await client.shows('Password: ')
    client.send('hunter2\n')
    await client.shows(/Password: [\s\S]*[$#] $/)
    client.send('printf "caf\\303"; sleep 0.1; printf "\\251\\n"; echo reco""rded\n')
    await client.shows('recorded')
    await toolbox.post(`/process/pty/${id}/resize`, { cols: 100, rows: 30 })
    const stopped = await toolbox.post(`/process/pty/${id}/recording`, { action: 'stop' })
    expect(stopped.json()).toMatchObject({ id: recording.id, ptyId: id, endedAt: expect.any(String), message: null })
    client.send('echo not reco""rded; exit\n')
    await client.done()
    const file = await toolbox.request(`/process/pty-recording/${recording.id}/download`)
    expect(file.headers['content-type']).toBe('application/x-asciicast')
    const [header, ...events] = file.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(header).toMatchObject({ version: 2, width: 80, height: 24, env: { TERM: 'xterm-256color' } })
    const output = events.filter((event) => event[1] === 'o').map((event) => event[2])
    expect(output[0]).toContain('before')
    expect(output.join('')).toContain('café\r\n')
    expect(output.join('')).toContain('recorded')
    expect(output.join('')).not.toContain('hunter2')
    expect(output.join('')).not.toContain('not recorded')
    expect(events.every((event) => event[1] === 'o' || event[1] === 'r')).toBe(true)
    expect(events.filter((event) => event[1] === 'r').map((event) => event[2])).toEqual(['100x30'])
    const times = events.map((event) => event[0])
    expect(times).toEqual([...times].sort((x, y) => x - y))
  })

  it('outlive their PTY and the toolbox, and can be deleted', async () => {
    const { id, client } = await shell()
    const { id: recording } = (await toolbox.post(`/process/pty/${id}/recording`, { action: 'start' })).json<{
      id: string
    }>()
    client.send('echo reco""rded\n')
    await client.shows('recorded')
    expect((await toolbox.request(`/process/pty-recording/${recording}`, { method: 'DELETE' })).status).toBe(409)
    await toolbox.restart()
    const listed = (await toolbox.request('/process/pty-recording')).json<{ recordings: Array<{ id: string }> }>()
    expect(listed.recordings.map((it) => it.id)).toContain(recording)
    expect((await toolbox.request(`/process/pty-recording/${recording}/download`)).text).toContain('recorded')
    expect((await toolbox.request(`/process/pty-recording/${recording}`, { method: 'DELETE' })).status).toBe(204)
    expect((await toolbox.request(`/process/pty-recording/${recording}`)).status).toBe(404)
  })
})

function end(client: PtyClient): number {
  return (client.offsets.at(-1) ?? client.last('snapshot')?.offset ?? 0) + (client.chunks.at(-1)?.length ?? 0)
}

function afterOffset(client: PtyClient, offset: number): Buffer {
  return Buffer.concat(client.chunks.filter((_, i) => (client.offsets[i] ?? 0) >= offset))
}

async function sizeOf(id: string) {
  const { cols, rows, sizeOwner } = (await toolbox.request(`/process/pty/${id}`)).json<{
    cols: number
    rows: number
    sizeOwner: string | null
  }>()
  return [cols, rows, sizeOwner]
}
