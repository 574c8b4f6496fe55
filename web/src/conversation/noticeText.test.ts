import type { Notice } from '@chat/client'
import { expect, test } from 'vitest'
import { de } from '../i18n/de'
import { en } from '../i18n/en'
import { noticeText } from './noticeText'

const notice = (what: Notice['what'], more: Partial<Notice> = {}): Notice => ({
  messageId: 'n', conversationId: 'g:1', seqNo: 1, senderId: 'alice', timestamp: 1, what, ...more,
})
const many = Array.from({ length: 8 }, (_, n) => `user${n}`)

test.each<[Notice, string, string, string]>([
  [notice('created', { value: 'Trip' }), 'alice', 'You created the group “Trip”', 'Du hast die Gruppe „Trip“ erstellt'],
  [notice('created', { value: 'Trip', userIds: ['bob', 'carol'] }), 'carol', 'alice created the group “Trip” with you and bob', 'alice hat die Gruppe „Trip“ mit dir und bob erstellt'],
  [notice('memberAdded', { userIds: ['bob'] }), 'bob', 'alice added you', 'alice hat dich hinzugefügt'],
  [
    notice('memberAdded', { userIds: many }), 'alice', 'You added user0, user1, user2, user3, user4, and 3 others',
    'Du hast user0, user1, user2, user3, user4 und 3 weitere hinzugefügt',
  ],
  [notice('memberRemoved', { userId: 'bob' }), 'carol', 'alice removed bob', 'alice hat bob entfernt'],
  [notice('left', { userId: 'alice' }), 'carol', 'alice left the group', 'alice hat die Gruppe verlassen'],
  [notice('titleChanged', { value: 'Hut' }), 'carol', 'alice renamed the group to “Hut”', 'alice hat die Gruppe in „Hut“ umbenannt'],
  [notice('roleChanged', { userId: 'bob', value: 'admin' }), 'bob', 'alice made you an admin', 'alice hat dir die Verwaltung gegeben'],
  [notice('roleChanged', { userId: 'bob', value: 'owner' }), 'alice', 'You made bob the owner', 'Du hast bob den Besitz übergeben'],
  [notice('roleChanged', { userId: 'bob', value: 'member' }), 'carol', 'alice took the admin role from bob', 'alice hat bob die Verwaltung genommen'],
  [notice('timerChanged', { seconds: 604_800 }), 'carol', 'alice set messages to disappear after 1 week', 'alice hat selbstlöschende Nachrichten eingeschaltet: 1 Woche'],
  [notice('timerChanged', { seconds: 0 }), 'alice', 'You turned disappearing messages off', 'Du hast selbstlöschende Nachrichten ausgeschaltet'],
])('%o for %s', (told, me, english, german) => {
  expect([noticeText(told, me, en), noticeText(told, me, de)]).toEqual([english, german])
})

test('Of what only a newer server tells nothing is said', () => {
  expect(noticeText(notice('callEnded' as Notice['what']), 'alice', en)).toBeUndefined()
})
