import type { ChatClient, MessageMedia } from '@chat/client'

const endings: Readonly<Record<string, string>> = { 'image/jpeg': 'jpg', 'image/svg+xml': 'svg', 'text/plain': 'txt', 'audio/mpeg': 'mp3', 'video/quicktime': 'mov' }

/** Lets the browser save a file; it streams, whatever its size. */
export async function save(client: ChatClient, { mediaId, name, contentType }: MessageMedia): Promise<void> {
  const link = document.createElement('a')
  link.href = await client.mediaUrl(mediaId)
  link.download = name ?? `chat.${endings[contentType] ?? contentType.split('/')[1]?.replace(/[^a-z0-9].*/, '') ?? 'bin'}`
  link.click()
}
