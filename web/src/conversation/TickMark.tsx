import { useI18n } from '../i18n/I18n'
import type { ReceiptState } from '@chat/client'

/** One tick: sent. Two: delivered to everybody. Two in colour: read by everybody. */
export function TickMark({ tick }: { tick: ReceiptState }) {
  const { t } = useI18n()
  return (
    <span class={`tick ${tick}`} data-tick={tick} role="img" aria-label={t.conversation.tick[tick]} title={t.conversation.tick[tick]}>
      <svg viewBox="0 0 20 14" aria-hidden="true">
        <path d={tick === 'sent' ? 'M5 7.500l3.500 3.500L15 3.500' : 'M1.500 7.500L5 11l6.500-7.500M8.500 10.500l.6.5 6.900-7.500'} />
      </svg>
    </span>
  )
}
