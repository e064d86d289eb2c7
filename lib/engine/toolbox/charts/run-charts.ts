/**
 * The charts of one Python run. They arrive on their own descriptor, never in the run's output. A hook on Python's path
 * sends them; it does nothing until the code imports matplotlib.
 */
import path from 'node:path'
import { log } from '@/lib/log/log'
import { type Chart, referenceChartElementSchema } from '@/lib/process-api/charts'
import type { StateFile } from '../../state/files'
import { RecordLog } from '../execution/record-log'
import type { FifoPool } from '../process/fifo-pool'
import type { OutputPipe } from '../process/output-pipe'
import type { PipeStream } from '../process/starter'
import { ChartCollector } from './chart-collector'
import { readChart } from './read-chart'

/** Bytes of all charts of a run together. */
const chartLimit = 64 * 1024 * 1024

/** False if the code cannot import matplotlib, because it contains none of these words. */
export function mayDrawCharts(code: string): boolean {
  return /import|exec|eval/.test(code)
}

export class RunCharts {
  private readonly collector: ChartCollector
  private readonly log: RecordLog
  private failed = false
  /** Number of stored charts. */
  count = 0

  private constructor(
    private readonly pipe: { current: OutputPipe | null },
    readonly file: StateFile,
  ) {
    this.log = new RecordLog(file)
    this.collector = new ChartCollector(chartLimit, (chart) => this.store(chart))
  }

  /** @param file where the charts are stored, one JSON line each */
  static async open(pool: FifoPool, file: StateFile): Promise<RunCharts> {
    const pipe: { current: OutputPipe | null } = { current: null }
    const charts = new RunCharts(pipe, file)
    pipe.current = await pool.output((bytes) => charts.collector.push(bytes))
    return charts
  }

  /** The write end for the child. Call `closeWriteEnd` once the child has it. */
  get stream(): PipeStream {
    if (!this.pipe.current) throw new Error('the pipe is not open')
    return this.pipe.current.stream
  }

  /** Number of charts that were not stored. */
  get dropped(): number {
    return this.collector.dropped
  }

  /** The child's environment with the variables for the hook. */
  environment(env: Readonly<Record<string, string>>, assetsDir: string, descriptor: number): Record<string, string> {
    const hook = path.join(assetsDir, 'python', 'hook')
    const rest = env.PYTHONPATH ? [env.PYTHONPATH] : []
    return { ...env, PYTHONPATH: [hook, ...rest].join(':'), SANDGLASS_CHARTS: String(descriptor) }
  }

  closeWriteEnd(): void {
    this.pipe.current?.closeWriteEnd()
  }

  /** The run has ended: read the remaining charts and close the pipe. */
  finish(): void {
    this.pipe.current?.readNow()
    this.pipe.current?.destroy()
  }

  private store(chart: Chart): void {
    if (this.failed) {
      this.collector.dropped += 1
      return
    }
    try {
      this.log.append(chart)
      this.count += 1
    } catch (error) {
      log.error({ err: error }, 'a chart could not be stored')
      this.failed = true
      this.collector.dropped += 1
    }
  }
}

/**
 * The charts of a run, in the order in which they were shown; none if there is no file.
 * @param onUnverified called if the file was changed
 */
export function readCharts(file: StateFile, onUnverified: () => void = () => {}): Chart[] {
  const charts: Chart[] = []
  for (const { value, authenticity, isAfterGap } of new RecordLog(file, 2 * chartLimit).lines()) {
    if (isAfterGap || (authenticity !== 'authentic' && file.folder.codes)) onUnverified()
    const chart = readChart(value)
    if (chart) charts.push(chart)
  }
  return charts
}

/** Charts with only the fields of the reference's contract, for clients that fail on unknown fields. */
export function withoutExtensions(charts: readonly Chart[]): Chart[] {
  return charts.map((chart) => ({
    ...chart,
    elements: chart.elements?.map((element) => referenceChartElementSchema.parse(element)) ?? null,
  }))
}
