/** Charts of a code run: the picture of a matplotlib figure and the values that were drawn (section 2.2). */
import { z } from 'zod'

export const chartTypeSchema = z.enum([
  'line',
  'scatter',
  'bar',
  'pie',
  'box_and_whisker',
  'composite_chart',
  'unknown',
])
export type ChartType = z.infer<typeof chartTypeSchema>

const numbersSchema = z.array(z.number())
const textsSchema = z.array(z.string())

/**
 * Axes of a chart. On a `datetime` axis ticks and points are milliseconds since 1970 (UTC), on a `categorical` one they
 * are positions; the tick labels are what a person reads there. Ticks and labels have the same length.
 */
const axes = {
  title: z.string().optional(),
  x_label: z.string().optional(),
  y_label: z.string().optional(),
  x_ticks: numbersSchema.optional(),
  y_ticks: numbersSchema.optional(),
  x_tick_labels: textsSchema.optional(),
  y_tick_labels: textsSchema.optional(),
  x_scale: z.string().optional(),
  y_scale: z.string().optional(),
}

/** Which fields are there depends on the chart's type; `value` is text on the wire, also for numbers. */
const chartValuesSchema = z.object({
  label: z.string().optional(),
  /** line, scatter: [x, y] pairs. */
  points: z.array(numbersSchema).optional(),
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
  outliers: numbersSchema.optional(),
})

/** An element as the reference has it. */
export const referenceChartElementSchema = chartValuesSchema.extend({
  type: chartTypeSchema.optional(),
  title: z.string().optional(),
  png: z.string().optional(),
  x_label: z.string().optional(),
  y_label: z.string().optional(),
})

/**
 * An element of a chart. In a composite chart it is one subplot; its axes' ticks and scales and its own `elements` are
 * extensions, which the reference loses.
 */
export const chartElementSchema = chartValuesSchema.extend({
  type: chartTypeSchema.optional(),
  png: z.string().optional(),
  ...axes,
  elements: z.array(chartValuesSchema).nullable().optional(),
})
export type ChartElement = z.infer<typeof chartElementSchema>

export const chartSchema = z.object({
  type: chartTypeSchema,
  /** base64 PNG of the whole figure. */
  png: z.string().optional(),
  ...axes,
  /** null for a figure without axes. */
  elements: z.array(chartElementSchema).nullable(),
})
export type Chart = z.infer<typeof chartSchema>
