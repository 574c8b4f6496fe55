import { describe, expect, test } from 'vitest'
import { hashOf, parseRoute, type Route } from './routes'

describe('routes', () => {
  test.each<Route>([
    { view: 'list' },
    { view: 'conversation', id: 'dm:anna:bob.b_b-b' },
    { view: 'details', id: 'g:0123456789abcdef0123456789abcdef' },
    { view: 'media', id: 'dm:anna:bob.b_b-b' },
    { view: 'thread', id: 'g:0123456789abcdef0123456789abcdef', root: '01890a5d-ac96-774b-bcce-b302099a8057' },
    { view: 'new' },
    { view: 'devices' },
    { view: 'settings' },
  ])('an address leads where it came from: %o', route => {
    expect(parseRoute(hashOf(route))).toEqual(route)
  })

  test.each(['', '#', '#/', '#/nothing', '#/c', '#/c/', '#/c/%', '#main'])('an address of nothing shows the list: %s', hash => {
    expect(parseRoute(hash)).toEqual({ view: 'list' })
  })
})
