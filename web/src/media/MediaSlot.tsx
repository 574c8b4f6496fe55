import type { MessageMedia, Outgoing } from '@chat/client'
import { heightOf } from './layout'
import { useMediaView, useOutgoingMedia } from './parts'

/** A message's media. Until what shows them is loaded, their room is kept. */
export function MediaSlot({ media, who }: { media: readonly MessageMedia[]; who: string }) {
  const part = useMediaView(true)
  return part ? <part.MediaView media={media} who={who} /> : <div style={{ height: `${heightOf(media)}px` }} />
}

/** The same of an outbox entry. */
export function OutgoingSlot({ item }: { item: Outgoing }) {
  const files = item.files ?? item.media ?? []
  const part = useOutgoingMedia(files.length > 0)
  if (files.length === 0) return null
  return part ? <part.OutgoingMedia item={item} /> : <div style={{ height: `${heightOf(files)}px` }} />
}
