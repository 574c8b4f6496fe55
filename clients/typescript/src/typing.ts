/** Own typing is told again after this, while it lasts, ms. */
const again = 3_000

/** When the server is to hear of own typing: not with every key. */
export class OwnTyping {
  private readonly told = new Map<string, number>()

  /** Whether this is news. */
  isNews(conversationId: string, active: boolean): boolean {
    const last = this.told.get(conversationId)
    if (active ? last !== undefined && Date.now() - last < again : last === undefined) return false
    if (active) this.told.set(conversationId, Date.now())
    else this.told.delete(conversationId)
    return true
  }
}
