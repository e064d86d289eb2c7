/** One page of a sorted list, in the form of the lists that are read by page number. */
export function pageOf<Item>(sorted: readonly Item[], { page, limit }: { page: number; limit: number }) {
  const from = (page - 1) * limit
  return {
    items: sorted.slice(from, from + limit),
    total: sorted.length,
    page,
    totalPages: Math.ceil(sorted.length / limit),
  }
}
