/** What the machine must have (free ports) and should have (programs that sandboxes use). */
import { accessSync, constants, statSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'

/** The path of a program, or null. */
export function findProgram(name, searched = process.env.PATH ?? '') {
  for (const folder of searched.split(path.delimiter)) {
    if (folder === '') continue
    const candidate = path.join(folder, name)
    try {
      accessSync(candidate, constants.X_OK)
      if (statSync(candidate).isFile()) return candidate
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(error.code)) throw error
    }
  }
  return null
}

/** Where a Debian, Fedora, Arch or Alpine user gets a package. */
function howToGet(packageName) {
  const managers = [
    ['apt-get', `apt-get install ${packageName}`],
    ['dnf', `dnf install ${packageName}`],
    ['pacman', `pacman -S ${packageName}`],
    ['apk', `apk add ${packageName}`],
    ['zypper', `zypper install ${packageName}`],
  ]
  const found = managers.find(([program]) => findProgram(program))
  return found ? `get it with "${found[1]}"` : `install the package ${packageName}`
}

/** One sentence for each missing program: what is missing, what will not work, how to get it. */
export function missingPrograms(isolation) {
  const sentences = []
  if (process.platform !== 'linux') {
    sentences.push(
      `The engine is made for Linux and this is ${process.platform}: sandboxes may not start; use a Linux machine, a virtual machine or WSL 2.`,
    )
  }
  if (!findProgram('bash')) {
    sentences.push(`bash is missing: shell sessions and commands will not work; ${howToGet('bash')}.`)
  }
  if (!findProgram('python3')) {
    sentences.push(`python3 is missing: Python code runs will not work; ${howToGet('python3')}.`)
  }
  if (isolation !== 'none' && process.platform === 'linux') {
    if (!findProgram('bwrap')) {
      sentences.push(
        `bwrap is missing: sandboxes are plain processes of yours, not kept apart from this machine; ${howToGet('bubblewrap')}.`,
      )
    } else if (!findProgram('slirp4netns')) {
      sentences.push(
        `slirp4netns is missing: sandboxes share this machine's network, its loopback included; ${howToGet('slirp4netns')}.`,
      )
    } else if (!findProgram('ip', `${process.env.PATH ?? ''}:/usr/sbin:/sbin`)) {
      sentences.push(
        `ip is missing: sandboxes can reach the networks of this machine, and no network policy holds; ${howToGet('iproute2')}.`,
      )
    }
  }
  return sentences
}

/** A free port on this host, for a setting of 0. */
export async function freePort(host) {
  const server = await listen(host, 0)
  const { port } = server.address()
  await close(server)
  return port
}

/** Null when the port can be listened on, else a sentence. */
export async function portProblem(setting, host, port) {
  try {
    await close(await listen(host, port))
    return null
  } catch (error) {
    switch (error.code) {
      case 'EADDRINUSE':
        return `Port ${port} on ${host} is taken by another program; stop that one, or choose another port with ${setting}, as in "${setting}=${port + 1} npm start".`
      case 'EACCES':
        return `Port ${port} needs more rights than this user has; choose one above 1023 with ${setting}.`
      case 'EADDRNOTAVAIL':
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return `${host} is not an address of this machine; set HOST to one that is, such as 127.0.0.1.`
      default:
        throw error
    }
  }
}

function listen(host, port) {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => resolve(server))
  })
}

function close(server) {
  return new Promise((resolve) => {
    server.close(resolve)
  })
}
