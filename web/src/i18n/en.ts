import { groups } from './groups.en'
import { media } from './media.en'
import { messages } from './messages.en'
import { pluralIn } from './plural'
import { settings } from './settings.en'
import { threads } from './threads.en'
import { timer } from './timer.en'

const plural = pluralIn('en')

/** Every word of the page. Another language is another file of the same shape. */
export const en = {
  app: 'Chat',
  you: 'You',
  close: 'Close',
  cancel: 'Cancel',
  back: 'Back',
  tryAgain: 'Try again',
  loading: 'Loading…',
  broken: 'Something went wrong',
  brokenHint: 'Your messages are safe. Loading the page again should help.',
  reload: 'Load again',
  skipToMain: 'Skip to the conversation',

  session: {
    signIn: 'Sign in',
    register: 'Create account',
    welcome: 'Welcome',
    pitch: 'Messages that arrive.',
    userId: 'User id',
    userIdRule: 'Letters, digits, dot, dash and underscore; 1 to 64 of them.',
    password: 'Password',
    passwordRule: 'At least 8 characters.',
    show: (what: string) => `Show ${what.toLowerCase()}`,
    toRegister: 'New here?',
    toSignIn: 'Have an account?',
    taken: 'This user id is taken. Choose another one.',
    wrong: 'The user id or the password is wrong.',
    tooManyDevices: 'This account has too many devices. Sign one of them out first.',
    ended: {
      revoked: 'This device was signed out from another one.',
      expired: 'You were away for long. Please sign in again.',
      lost: 'This browser has dropped what was stored here. Please sign in again.',
      signedOut: '',
    },
  },

  /** What went wrong, by the server's codes. */
  errors: {
    bad_request: 'The server does not accept this.',
    unauthenticated: 'Please sign in again.',
    token_expired: 'Please sign in again.',
    forbidden: 'You may not do this.',
    not_a_member: 'You are not a member of this conversation.',
    not_found: 'This is not there any more.',
    conflict: 'This has been done already.',
    too_large: 'This is too long.',
    rate_limited: 'Too much at once.',
    unavailable: 'The server is busy right now.',
    internal: 'The server made a mistake.',
    too_late: 'This is not possible any more.',
    quota_exceeded: 'Your storage is full.',
    quarantined: 'The virus scan found something in this file.',
    network: 'The server cannot be reached.',
    storage: 'This browser’s storage cannot be written.',
    waitSeconds: (seconds: number) => plural(seconds, { one: 'Try again in a second.', other: 'Try again in # seconds.' }),
  },

  connection: {
    connecting: 'Connecting…',
    catchingUp: 'Getting what you missed…',
    offline: 'No connection. Messages you write are kept and go out by themselves.',
    tryNow: 'Try now',
    replaced: 'Chat is open in another window.',
    useHere: 'Use here',
    storageAbsent: 'This browser’s storage does not work: what is here is forgotten when the page is closed.',
    storageFailed: 'This browser’s storage cannot be written: new messages are not kept. Make room, then reload.',
  },

  list: {
    title: 'Conversations',
    none: 'No conversations yet',
    noneHint: (userId: string) => `Others find you as “${userId}”.`,
    start: 'New conversation',
    account: (userId: string) => `${userId}: settings`,
    unread: (count: number) => plural(count, { one: '# unread message', other: '# unread messages' }),
    unreadCapped: (count: number) => `More than ${count} unread messages`,
    mentions: (count: number) => plural(count, { one: 'You are mentioned', other: 'You are mentioned # times' }),
    draft: 'Draft:',
    group: 'Group',
    nothingYet: 'No messages yet',
    typing: 'writing…',
    typingWho: (who: string) => `${who} is writing…`,
    waiting: 'Waiting to be sent',
    failed: 'Not sent',
    online: 'Online',
    chooseOne: 'Choose a conversation, or start a new one.',
    noteToSelf: 'Note to self',
    pinned: 'Pinned',
    markedUnread: 'Marked as unread',
    archived: 'Archived',
    archivedCount: (count: number) => plural(count, { one: '# archived conversation', other: '# archived conversations' }),
    noneArchived: 'Nothing is archived.',
  },

  presence: {
    online: 'online',
    lastSeen: (when: string) => `last seen ${when}`,
    members: (count: number) => plural(count, { one: '# member', other: '# members' }),
  },

  mute: {
    mute: 'Mute notifications',
    muted: 'Muted',
    hint: 'On all your devices. Messages come as always; you are not notified of them.',
    until: (when: string) => `Muted until ${when}.`,
    forEver: 'Always muted.',
    spans: { hour: '1 hour', hours8: '8 hours', week: '1 week', always: 'Always' },
    unmute: 'Unmute',
  },

  own: {
    menu: 'This conversation',
    pin: 'Pin to the top',
    unpin: 'Unpin',
    archive: 'Archive',
    unarchive: 'Take out of the archive',
    markUnread: 'Mark as unread',
    clear: 'Clear chat',
    clearAsk: 'All messages here disappear from all your devices. Others keep them.',
    remove: 'Delete chat',
    removeAsk: 'The conversation and its messages disappear from all your devices. It comes back with the next message.',
  },

  ...groups,
  ...media,
  ...messages,
  ...settings,
  ...threads,
  ...timer,

  start: {
    title: 'New conversation',
    direct: 'With one person',
    group: 'With a group',
    userId: 'User id',
    who: 'For example: bob',
    hint: 'The server does not say whether a user exists: look at the spelling.',
    open: 'Open conversation',
    noteToSelf: 'Write a note to yourself',
    badId: 'A user id begins with a letter or digit and has letters, digits, dot, dash and underscore.',
    groupTitle: 'Title',
    members: 'Members',
    membersHint: 'User ids, separated by spaces or commas.',
    history: 'Newcomers see',
    historyAll: 'everything that was written',
    historyFromJoin: 'what is written after they came',
    create: 'Create group',
    needTitle: 'Give the group a title.',
  },
}

export type Texts = typeof en
