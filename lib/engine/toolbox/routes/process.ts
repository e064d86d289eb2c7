/** `POST /process/execute` and `POST /process/code-run` (2.1, 2.2). */
import { ApiError } from '@/lib/process-api/errors'
import { commandOperations } from '@/lib/process-api/operations/commands'
import { codeLanguageSchema } from '@/lib/process-api/process'
import type { Routes } from '../../http/router'
import { readCharts, withoutExtensions } from '../charts/run-charts'
import { respondWithResult } from '../run/execute-response'
import type { Runner } from '../run/runner'
import type { ToolboxServices } from '../services/services'

/** Both merge stdout and stderr into one text as written, and both are recorded as runs. */
const asOneText = { origin: 'api', streams: 'merged', stdinOpen: false } as const

export function registerProcess(routes: Routes, services: ToolboxServices, runner: Runner): void {
  routes.on(commandOperations.execute, async (context) => {
    const body = await context.body()
    if (body.command.trim() === '') {
      throw new ApiError('BAD_REQUEST', 'command cannot be empty or whitespace-only')
    }
    const run = runner.start({
      ...asOneText,
      language: null,
      text: body.command,
      argv: [],
      envs: body.envs ?? {},
      cwd: body.cwd ?? null,
      timeout: body.timeout ?? null,
    })
    await run.ended
    await respondWithResult(context, run, services.config.limits.resultBytes)
  })

  routes.on(commandOperations.codeRun, async (context) => {
    const body = await context.body()
    const language = codeLanguageSchema.safeParse(body.language)
    if (!language.success) throw new ApiError('BAD_REQUEST', `unsupported language: ${body.language}`)
    const run = runner.start({
      ...asOneText,
      language: language.data,
      text: body.code,
      argv: body.argv ?? [],
      envs: body.envs ?? {},
      cwd: null,
      timeout: body.timeout ?? null,
    })
    await run.ended
    const charts = run.charts?.count ? readCharts(run.charts.file) : []
    const shown = context.client.rejectsUnknownFields ? withoutExtensions(charts) : charts
    await respondWithResult(context, run, services.config.limits.resultBytes, shown)
  })
}
