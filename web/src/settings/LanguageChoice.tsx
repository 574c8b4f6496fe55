import { useI18n } from '../i18n/I18n'
import { languages, type Language } from '../i18n/languages'
import { Choice } from '../ui/Choice'

export function LanguageChoice() {
  const { t, language, choose } = useI18n()
  const options = Object.entries(languages).map(([value, { name }]) => ({ value: value as Language, label: name, lang: value }))
  return <Choice label={t.settings.language} options={options} value={language} onChoose={choose} />
}
