import type { Message, Outgoing } from '@chat/client'

/** What the menu of a message offers. */
export type Action = 'reply' | 'thread' | 'edit' | 'copy' | 'forward' | 'pin' | 'unpin' | 'reactions' | 'info' | 'delete'

interface Who {
  readonly me: string
  /** The user may delete what others wrote: owner or admin of the group. */
  readonly mayDelete: boolean
  /** The server changes messages. */
  readonly canChange: boolean
}

export const isSent = (message: Message | Outgoing): message is Message => 'seqNo' in message

/** In the order shown. Time windows are the server's: what is too late is refused, and said. */
export function actionsOf(message: Message | Outgoing, { me, mayDelete, canChange }: Who): Action[] {
  if (!isSent(message)) return ['edit', ...(message.text ? ['copy' as const] : []), 'delete']
  if (message.deleted) return []
  const isOwn = message.senderId === me
  return [
    'reply',
    ...(canChange ? ['thread' as const] : []),
    ...(isOwn && canChange ? ['edit' as const] : []),
    ...(message.text ? ['copy' as const] : []),
    'forward',
    ...(canChange ? [message.pinned ? ('unpin' as const) : ('pin' as const)] : []),
    ...(message.reactions ? ['reactions' as const] : []),
    'info',
    ...(canChange && (isOwn || mayDelete) ? ['delete' as const] : []),
  ]
}

/** What the arrow key up edits: the last own message, sent or not. */
export function lastEditable(messages: readonly Message[], outgoing: readonly Outgoing[], me: string, canChange: boolean): Message | Outgoing | undefined {
  const waiting = outgoing.at(-1)
  if (waiting) return waiting
  return canChange ? messages.findLast(message => message.senderId === me && !message.deleted) : undefined
}
