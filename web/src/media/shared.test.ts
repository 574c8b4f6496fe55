import { expect, test } from 'vitest'
import { messages } from '../conversation/testing'
import { sharedIn } from './shared'

test('media, files and links are found, the newest first', () => {
  const of = (mediaId: string, contentType: string) => ({ mediaId, contentType, size: 1 })
  const { media, files, links } = sharedIn([
    ...messages([1], { media: [of('a', 'image/png'), of('b', 'application/pdf')] }),
    ...messages([2], { text: 'see https://example.org/one and example.org/two' }),
    ...messages([3], { text: '', media: [of('c', 'video/mp4'), of('d', 'audio/ogg')] }),
  ])
  expect(media.map(({ it }) => it.mediaId)).toEqual(['c', 'a'])
  expect(files.map(({ it }) => it.mediaId)).toEqual(['d', 'b'])
  expect(links.map(({ it, message }) => [message.seqNo, it])).toEqual([[2, 'https://example.org/one']])
})
