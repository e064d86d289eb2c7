/** An SSH server that lets the owner of one key run any command, as git needs it. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import ssh from 'ssh2'

const { Server, utils } = ssh
const [port, hostKey, allowed] = process.argv.slice(2)
const key = utils.parseKey(readFileSync(allowed))
new Server({ hostKeys: [readFileSync(hostKey)] }, (client) => {
  client.on('error', () => {})
  client.on('authentication', (context) => {
    const isOurs = context.method === 'publickey' && context.key.data.equals(key.getPublicSSH())
    if (!isOurs || (context.signature && !key.verify(context.blob, context.signature, context.hashAlgo)))
      context.reject(['publickey'])
    else context.accept()
  })
  client.on('session', (accept) =>
    accept()
      .on('env', (accept) => accept?.())
      .on('exec', (accept, _reject, { command }) => {
        const channel = accept()
        const child = spawn('sh', ['-c', command])
        channel.pipe(child.stdin)
        child.stdout.pipe(channel, { end: false })
        child.stderr.pipe(channel.stderr, { end: false })
        child.on('close', (code) => {
          channel.exit(code ?? 1)
          channel.end()
        })
      }),
  )
}).listen(Number(port), '127.0.0.1', () => console.log('listening'))
