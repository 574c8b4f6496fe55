import { Icon } from './icons'

/** Says what went wrong, at once also to a screen reader. Stands there empty before, so that its filling is noticed. */
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
