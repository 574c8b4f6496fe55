/** A map that forgets what was used longest ago when its weights are more than it may hold. */
export class Bounded<T> {
  private readonly entries = new Map<string, { readonly value: T; readonly weight: number }>()
  private readonly most: number
  private total = 0

  constructor(most: number) {
    this.most = most
  }

  get(key: string): T | undefined {
    const entry = this.entries.get(key)
    if (!entry) return undefined
    // A map's order is that of insertion.
    this.entries.delete(key)
    this.entries.set(key, entry)
    return entry.value
  }

  /** @param weight What is heavier than all that may be held is not taken. */
  set(key: string, value: T, weight = 1): void {
    this.delete(key)
    if (weight > this.most) return
    this.entries.set(key, { value, weight })
    this.total += weight
    for (const oldest of this.entries.keys()) {
      if (this.total <= this.most) return
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    this.total -= this.entries.get(key)?.weight ?? 0
    this.entries.delete(key)
  }

  clear(): void {
    this.entries.clear()
    this.total = 0
  }
}
