import type { Timeline } from '@chat/client'
import { useI18n } from '../i18n/I18n'
import { Avatar } from '../ui/Avatar'

/** What stands above the first message: that more is coming, that it could not, or that this is where it begins. */
export function Beginning({ timeline, isEmpty, isGroup, name }: { timeline: Timeline; isEmpty: boolean; isGroup: boolean; name: string }) {
  const { t } = useI18n()

  // What is missing may be further down, where the reader is: then this stays in sight. That there is no network is said by the bar.
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
          <p>{isGroup ? t.conversation.emptyGroup : t.conversation.emptyDirect(name)}</p>
          {!isGroup && <p class="hint">{t.conversation.emptyDirectHint}</p>}
        </>
      ) : (
        <p class="hint">{t.conversation.beginning}</p>
      )}
    </div>
  )
}
