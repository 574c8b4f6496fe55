import { Icon } from './icons'

/** Shows what went wrong, also to screen readers. It is on the page before, empty: screen readers announce only changes. */
export function Problem({ text }: { text: string | undefined }) {
  return (
    <div role="alert" class="problem-place">
      {text && (
        <p class="problem">
          <Icon name="warning" />
          {text}
        </p>
      )}
    </div>
  )
}
