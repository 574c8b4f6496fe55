import type { Outgoing } from '@chat/client'
import { useChat } from '../app/useChat'
import { useI18n } from '../i18n/I18n'

/** "45 %" of all of its files. */
export function useShare(item: Outgoing): string {
  const { language } = useI18n()
  const files = item.files ?? []
  const percent = useChat(client => {
    const all = files.reduce((sum, { size }) => sum + size, 0)
    const done = files.reduce((sum, { fileId, media, size }) => sum + (media ? size : client.uploadedOf(fileId)), 0)
    return all === 0 ? 0 : Math.floor((100 * done) / all)
  })
  return new Intl.NumberFormat(language, { style: 'percent' }).format(percent / 100)
}
