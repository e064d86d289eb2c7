// Minimal use of the official SDK. It must exit by itself: the events socket must not keep it alive.
import { Daytona } from '@daytona/sdk'

const daytona = new Daytona()
const sandbox = await daytona.create({ language: 'python' })
const { result } = await sandbox.process.codeRun('print(1)')
console.log(sandbox.state, result.trim())
await sandbox.stop()
const { state } = sandbox
await sandbox.delete()
console.log(state)
