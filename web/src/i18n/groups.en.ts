import { pluralIn } from './plural'

const plural = pluralIn('en')
const list = new Intl.ListFormat('en')

/** Users to whom something happened. */
export interface Whom {
  /** The reader is one of them. */
  readonly me: boolean
  /** Those who are named. */
  readonly others: readonly string[]
  /** How many more there are. */
  readonly more: number
}

const listed = ({ me, others, more }: Whom) =>
  list.format([...(me ? ['you'] : []), ...others, ...(more > 0 ? [plural(more, { one: '# other', other: '# others' })] : [])])

/** Groups, and what happens to them. */
export const groups = {
  /** What happened to a group. Without `who` it is the reader who did it. */
  notice: {
    created: (who: string | undefined, title: string, whom: Whom | undefined) => `${who ?? 'You'} created the group “${title}”${whom ? ` with ${listed(whom)}` : ''}`,
    added: (who: string | undefined, whom: Whom) => `${who ?? 'You'} added ${listed(whom)}`,
    removed: (who: string | undefined, whom: Whom) => `${who ?? 'You'} removed ${listed(whom)}`,
    left: (who: string | undefined) => `${who ?? 'You'} left the group`,
    renamed: (who: string | undefined, title: string) => `${who ?? 'You'} renamed the group to “${title}”`,
    madeOwner: (who: string | undefined, whom: Whom) => `${who ?? 'You'} made ${listed(whom)} the owner`,
    madeAdmin: (who: string | undefined, whom: Whom) => `${who ?? 'You'} made ${listed(whom)} an admin`,
    madeMember: (who: string | undefined, whom: Whom) => `${who ?? 'You'} took the admin role from ${listed(whom)}`,
  },

  group: {
    title: 'Group',
    details: 'Details',
    save: 'Save',
    newTitle: 'Title',
    history: 'Newcomers see',
    members: 'Members',
    role: { owner: 'Owner', admin: 'Admin', member: 'Member' },
    actions: (who: string) => `What to do with ${who}`,
    makeAdmin: 'Make admin',
    makeMember: 'Make plain member',
    remove: 'Remove from group',
    write: 'Write to them',
    add: 'Add members',
    addHint: 'User ids, separated by spaces or commas.',
    added: 'Added.',
    leave: 'Leave group',
    leaveTitle: (title: string) => `Leave “${title}”?`,
    leaveText: 'You get no more messages of this group, and only a member can bring you back.',
    leaveOwner: 'Another member becomes the owner.',
    removeTitle: (who: string) => `Remove ${who}?`,
    removeText: 'They get no more messages of this group.',
    gone: 'You are not a member of this group any more.',
  },
}
