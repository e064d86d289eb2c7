/** Charts of a code run: the picture of a matplotlib figure and the values that were drawn (section 2.2). */
import { z } from 'zod'

export const chartType = z.enum(['line', 'scatter', 'bar', 'pie', 'box_and_whisker', 'composite_chart', 'unknown'])
export type ChartType = z.infer<typeof chartType>

const numbers = z.array(z.number())
const texts = z.array(z.string())

/**
 * Axes of a chart. On a `datetime` axis ticks and points are milliseconds since 1970 (UTC), on a `categorical` one they
 * are positions; the tick labels say what a person reads there. Ticks and labels have the same length.
 */
const axes = {
  title: z.string().optional(),
  x_label: z.string().optional(),
  y_label: z.string().optional(),
  x_ticks: numbers.optional(),
  y_ticks: numbers.optional(),
  x_tick_labels: texts.optional(),
  y_tick_labels: texts.optional(),
  x_scale: z.string().optional(),
  y_scale: z.string().optional(),
}

/** Which fields are there depends on the chart's type; `value` is text on the wire, also for numbers. */
const chartValues = z.object({
  label: z.string().optional(),
  /** line, scatter: [x, y] pairs. */
  points: z.array(numbers).optional(),
  /** bar: `label` names the bar, `group` its series. */
  group: z.string().optional(),
  /** bar: the length; pie: the share in percent. */
  value: z.string().optional(),
  /** pie: degrees. */
  angle: z.number().optional(),
  radius: z.number().optional(),
  /** box_and_whisker. */
  min: z.number().optional(),
  first_quartile: z.number().optional(),
  median: z.number().optional(),
  third_quartile: z.number().optional(),
  max: z.number().optional(),
  outliers: numbers.optional(),
})

/** An element as the reference has it. */
export const referenceChartElement = chartValues.extend({
  type: chartType.optional(),
  title: z.string().optional(),
  png: z.string().optional(),
  x_label: z.string().optional(),
  y_label: z.string().optional(),
})

/**
 * An element of a chart. In a composite chart it is one subplot; its axes' ticks and scales and its own `elements` are
 * extensions, which the reference loses.
 */
export const chartElement = chartValues.extend({
  type: chartType.optional(),
  png: z.string().optional(),
  ...axes,
  elements: z.array(chartValues).nullable().optional(),
})
export type ChartElement = z.infer<typeof chartElement>

export const chart = z.object({
  type: chartType,
  /** base64 PNG of the whole figure. */
  png: z.string().optional(),
  ...axes,
  /** null for a figure without axes. */
  elements: z.array(chartElement).nullable(),
})
export type Chart = z.infer<typeof chart>
