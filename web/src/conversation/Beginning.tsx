import { isNoteToSelf, type Timeline } from '@chat/client'
import { useI18n } from '../i18n/I18n'
import { Avatar } from '../ui/Avatar'

/** Above the first message: that more is being loaded, that it could not be, or that this is the beginning. */
export function Beginning({ timeline, isEmpty, isGroup, name }: { timeline: Timeline; isEmpty: boolean; isGroup: boolean; name: string }) {
  const { t } = useI18n()
  const isNote = isNoteToSelf(timeline.conversationId)

  // The missing messages may be further down, where the reader is: then this stays visible. The bar shows that there is no network.
  if (timeline.error)
    return (
      <div class={timeline.error.code === 'network' ? 'beginning' : 'beginning pinned'} role="status">
        <p>{t.conversation.loadFailed}</p>
        <p class="hint">{t.errors[timeline.error.code]}</p>
        <button type="button" class="button plain" onClick={() => timeline.loadOlder()}>
          {t.tryAgain}
        </button>
      </div>
    )
  if (timeline.loading && isEmpty) return <p class="beginning hint">{t.loading}</p>
  if (timeline.hasOlder) return <p class="beginning hint older">{t.conversation.loadingOlder}</p>
  return (
    <div class="beginning">
      <Avatar name={name} group={isGroup} size="large" />
      <p class="beginning-name">{name}</p>
      {isEmpty ? (
        <>
          <p>{isNote ? t.conversation.emptyNote : isGroup ? t.conversation.emptyGroup : t.conversation.emptyDirect(name)}</p>
          {!isGroup && !isNote && <p class="hint">{t.conversation.emptyDirectHint}</p>}
        </>
      ) : (
        <p class="hint">{t.conversation.beginning}</p>
      )}
    </div>
  )
}
