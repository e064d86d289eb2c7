// Gives the preload of a run to the Node processes and workers that the run starts from its own file, or, where it is
// written in TypeScript, from any file.
'use strict'

const childProcess = require('node:child_process')
const { existsSync } = require('node:fs')
const Module = require('node:module')
const path = require('node:path')
const { fileURLToPath } = require('node:url')
const workerThreads = require('node:worker_threads')

/** @param {{ main: string, workDir: string, preload: string, language: string, locate?: Function }} program */
exports.prepare = (program) => {
  prepareProcesses(program)
  prepareWorkers(program)
  Module.syncBuiltinESMExports()
}

function prepareProcesses({ main, preload, language }) {
  const isTypeScript = language === 'typescript'
  const isOurs = (argument) => argument === main || (isTypeScript && /\.[cm]?tsx?$/.test(argument))
  const isNode = (file) => file === process.execPath || path.basename(String(file)) === 'node'
  const option = ['-r', preload]

  const { spawn } = childProcess.ChildProcess.prototype
  childProcess.ChildProcess.prototype.spawn = function (options) {
    const { file, args, stdio } = options
    const isFork = Array.isArray(stdio) && stdio.includes('ipc')
    if (isNode(file) && Array.isArray(args) && (args.some(isOurs) || (isTypeScript && isFork))) {
      options.args = [args[0], ...option, ...args.slice(1)]
    }
    return spawn.call(this, options)
  }
  for (const name of ['spawnSync', 'execFileSync']) {
    const plain = childProcess[name]
    childProcess[name] = (file, args, ...rest) => {
      const isGiven = isNode(file) && Array.isArray(args) && args.some(isOurs)
      return plain(file, isGiven ? [...option, ...args] : args, ...rest)
    }
  }
}

/** Workers have the options of their process, unless they are given some. */
function prepareWorkers({ main, workDir, preload, locate = () => null }) {
  const folder = path.dirname(main)
  const withPreload = (options) =>
    options?.execArgv ? { ...options, execArgv: ['-r', preload, ...options.execArgv] } : options
  /** The file that was meant: one that is made later than the links beside the program, or one in TypeScript. */
  const find = (file) => {
    const isUrl = file instanceof URL
    if (isUrl ? file.protocol !== 'file:' : typeof file !== 'string') return file
    const name = isUrl ? fileURLToPath(file) : path.resolve(file)
    if (existsSync(name)) return file
    const inWorkDir = path.dirname(name) === folder ? path.join(workDir, path.basename(name)) : name
    return locate(inWorkDir) ?? (existsSync(inWorkDir) ? inWorkDir : file)
  }
  workerThreads.Worker = new Proxy(workerThreads.Worker, {
    construct: (target, [file, options], newTarget) =>
      Reflect.construct(
        target,
        [options?.eval ? file : find(file), withPreload(options)],
        newTarget === workerThreads.Worker ? target : newTarget,
      ),
  })
}
