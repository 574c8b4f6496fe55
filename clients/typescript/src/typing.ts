/** While the user types, the server is told again after this, ms. */
const interval = 3_000

/** Decides when the server is told of the user's typing: not with every key. */
export class OwnTyping {
  private readonly sentAt = new Map<string, number>()

  /** Whether the server is to be told now. */
  isDue(conversationId: string, active: boolean): boolean {
    const last = this.sentAt.get(conversationId)
    if (active ? last !== undefined && Date.now() - last < interval : last === undefined) return false
    if (active) this.sentAt.set(conversationId, Date.now())
    else this.sentAt.delete(conversationId)
    return true
  }
}
