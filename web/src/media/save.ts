import type { ChatClient, MessageMedia } from '@chat/client'

const endings: Readonly<Record<string, string>> = { 'image/jpeg': 'jpg', 'image/svg+xml': 'svg', 'text/plain': 'txt', 'audio/mpeg': 'mp3', 'video/quicktime': 'mov' }

/** A larger file is streamed by the browser from a signed address, bytes. */
const wholeUpTo = 8 * 1024 * 1024
/** The browser has begun to save within this time, ms. */
const begun = 60_000

/** Lets the browser save a file. */
export async function save(client: ChatClient, { mediaId, name, contentType, size }: MessageMedia): Promise<void> {
  const link = document.createElement('a')
  link.href = size <= wholeUpTo ? URL.createObjectURL(await client.download(mediaId)) : await client.mediaUrl(mediaId)
  link.download = name ?? `chat.${endings[contentType] ?? contentType.split('/')[1]?.replace(/[^a-z0-9].*/, '') ?? 'bin'}`
  link.click()
  if (link.href.startsWith('blob:')) setTimeout(() => URL.revokeObjectURL(link.href), begun)
}
