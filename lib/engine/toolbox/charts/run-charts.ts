/**
 * The charts of one Python run. They come on a descriptor of their own, never in the run's output, from a hook that
 * Python finds through its path and that acts only once the code has imported matplotlib.
 */
import path from 'node:path'
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

/** Nothing can import matplotlib whose text contains none of these words. */
export function mayDrawCharts(code: string): boolean {
  return /import|exec|eval/.test(code)
}

export class RunCharts {
  private readonly collector: ChartCollector
  private readonly log: RecordLog
  private failed = false
  /** How many charts were taken. */
  count = 0

  private constructor(
    private readonly pipe: { current: OutputPipe | null },
    readonly file: StateFile,
  ) {
    this.log = new RecordLog(file)
    this.collector = new ChartCollector(chartLimit, (chart) => this.keep(chart))
  }

  /** @param file where the charts are kept, one JSON line each */
  static async open(pool: FifoPool, file: StateFile): Promise<RunCharts> {
    const pipe: { current: OutputPipe | null } = { current: null }
    const charts = new RunCharts(pipe, file)
    pipe.current = await pool.output((bytes) => charts.collector.push(bytes))
    return charts
  }

  /** The end for the child, which is to be closed here once the child has it. */
  get stream(): PipeStream {
    if (!this.pipe.current) throw new Error('the pipe is not open')
    return this.pipe.current.stream
  }

  /** Charts that were not kept. */
  get dropped(): number {
    return this.collector.dropped
  }

  /** What the child needs beside its own environment. */
  environment(env: Readonly<Record<string, string>>, assetsDir: string, descriptor: number): Record<string, string> {
    const hook = path.join(assetsDir, 'python', 'hook')
    const rest = env.PYTHONPATH ? [env.PYTHONPATH] : []
    return { ...env, PYTHONPATH: [hook, ...rest].join(':'), SANDGLASS_CHARTS: String(descriptor) }
  }

  closeWriteEnd(): void {
    this.pipe.current?.closeWriteEnd()
  }

  /** The run has ended: take what is left, and nothing later. */
  finish(): void {
    this.pipe.current?.readNow()
    this.pipe.current?.destroy()
  }

  private keep(chart: Chart): void {
    if (this.failed) {
      this.collector.dropped += 1
      return
    }
    try {
      this.log.append(chart)
      this.count += 1
    } catch (error) {
      console.error('a chart could not be kept:', error)
      this.failed = true
      this.collector.dropped += 1
    }
  }
}

/**
 * The charts that a run left, in the order in which they were shown; none where there is no file.
 * @param onDoubt called where something of the file is not what was written there
 */
export function readCharts(file: StateFile, onDoubt: () => void = () => {}): Chart[] {
  const charts: Chart[] = []
  for (const { value, standing, isAfterGap } of new RecordLog(file, 2 * chartLimit).lines()) {
    if (isAfterGap || (standing !== 'authentic' && file.folder.codes)) onDoubt()
    const chart = readChart(value)
    if (chart) charts.push(chart)
  }
  return charts
}

/** Charts as the reference's contract has them, for clients that fail on fields that they do not know. */
export function withoutExtensions(charts: readonly Chart[]): Chart[] {
  return charts.map((chart) => ({
    ...chart,
    elements: chart.elements?.map((element) => referenceChartElementSchema.parse(element)) ?? null,
  }))
}
