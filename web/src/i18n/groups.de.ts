import type { groups as texts, Whom } from './groups.en'

const list = new Intl.ListFormat('de')

const did = (who: string | undefined) => (who === undefined ? 'Du hast' : `${who} hat`)

/** The reader and the others, in the case that the verb wants. */
const listed = ({ me, others, more }: Whom, you: 'dich' | 'dir', further: 'weitere' | 'weiteren') =>
  list.format([...(me ? [you] : []), ...others, ...(more > 0 ? [`${more} ${further}`] : [])])

export const groups: typeof texts = {
  notice: {
    created: (who, title, whom) => `${did(who)} die Gruppe „${title}“ ${whom ? `mit ${listed(whom, 'dir', 'weiteren')} ` : ''}erstellt`,
    added: (who, whom) => `${did(who)} ${listed(whom, 'dich', 'weitere')} hinzugefügt`,
    removed: (who, whom) => `${did(who)} ${listed(whom, 'dich', 'weitere')} entfernt`,
    left: who => `${did(who)} die Gruppe verlassen`,
    renamed: (who, title) => `${did(who)} die Gruppe in „${title}“ umbenannt`,
    madeOwner: (who, whom) => `${did(who)} ${listed(whom, 'dir', 'weiteren')} den Besitz übergeben`,
    madeAdmin: (who, whom) => `${did(who)} ${listed(whom, 'dir', 'weiteren')} die Verwaltung gegeben`,
    madeMember: (who, whom) => `${did(who)} ${listed(whom, 'dir', 'weiteren')} die Verwaltung genommen`,
  },

  group: {
    title: 'Gruppe',
    details: 'Angaben',
    save: 'Speichern',
    newTitle: 'Titel',
    history: 'Wer dazukommt, sieht',
    members: 'Mitglieder',
    role: { owner: 'Besitz', admin: 'Verwaltung', member: 'Mitglied' },
    actions: who => `Was mit ${who} geschehen soll`,
    makeAdmin: 'Zur Verwaltung machen',
    makeMember: 'Zum einfachen Mitglied machen',
    remove: 'Aus der Gruppe nehmen',
    write: 'Schreiben',
    add: 'Mitglieder hinzufügen',
    addHint: 'Benutzernamen, durch Leerzeichen oder Komma getrennt.',
    added: 'Hinzugefügt.',
    leave: 'Gruppe verlassen',
    leaveTitle: title => `„${title}“ verlassen?`,
    leaveText: 'Du bekommst keine Nachrichten dieser Gruppe mehr, und nur ein Mitglied kann dich zurückholen.',
    leaveOwner: 'Der Besitz geht an ein anderes Mitglied.',
    removeTitle: who => `${who} aus der Gruppe nehmen?`,
    removeText: 'Wer draußen ist, bekommt keine Nachrichten dieser Gruppe mehr.',
    gone: 'Du gehörst nicht mehr zu dieser Gruppe.',
  },
}
