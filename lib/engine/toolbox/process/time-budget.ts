/**
 * Handling messages of a program blocks everything else in the toolbox, and the program decides how many there are and how
 * large. They may take 5 s at once, which are then restored with half of the time that passes.
 */
const maxBudgetMs = 5_000
const budgetShare = 0.5

export class TimeBudget {
  private leftMs = maxBudgetMs
  private at = performance.now()

  /**
   * Charge the time since `startedAt`.
   * @returns false when the budget is exceeded
   */
  charge(startedAt: number): boolean {
    const now = performance.now()
    this.leftMs = Math.min(maxBudgetMs, this.leftMs + (now - this.at) * budgetShare) - (now - startedAt)
    this.at = now
    return this.leftMs >= 0
  }
}
