import { useId } from 'preact/hooks'

interface Option<V extends string> {
  value: V
  label: string
  lang?: string
}

/** One of a few: radio buttons in a row. The label is for screen readers; put a visible one beside it where it is needed. */
export function Choice<V extends string>(props: { label: string; options: readonly Option<V>[]; value: V; onChoose: (value: V) => void; disabled?: boolean }) {
  const name = useId()
  return (
    <fieldset class="choices" aria-label={props.label} disabled={props.disabled}>
      {props.options.map(({ value, label, lang }) => (
        <label key={value} lang={lang}>
          <input type="radio" name={name} value={value} checked={value === props.value} onChange={() => props.onChoose(value)} />
          {label}
        </label>
      ))}
    </fieldset>
  )
}
