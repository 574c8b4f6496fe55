import { expect, test } from 'vitest'
import { en } from '../i18n/en'
import { durationOf, kindOf, labelOf, lineOf, sizeOf } from './kinds'

const of = (contentType: string, more = {}) => ({ contentType, size: 1, ...more })

test('only pictures that cannot run anything are pictures', () => {
  expect(['image/png', 'image/svg+xml', 'image/heic', 'video/mp4', 'audio/ogg', 'text/html'].map(contentType => kindOf({ contentType }))).toEqual([
    'picture', 'file', 'file', 'video', 'audio', 'file',
  ])
})

test('a length is minutes and seconds', () => {
  expect([0, 499, 12_400, 754_000, 3_723_000].map(durationOf)).toEqual(['0:00', '0:00', '0:12', '12:34', '1:02:03'])
})

test('a size has the unit that fits, as the language writes it', () => {
  expect([0, 1, 999, 1_200, 999_400, 999_600, 5_300_000, 48_000_000].map(bytes => sizeOf(bytes, 'en'))).toEqual([
    '0 bytes', '1 byte', '999 bytes', '1.2 kB', '999 kB', '1 MB', '5.3 MB', '48 MB',
  ])
  expect(sizeOf(1_200_000, 'de')).toBe('1,2 MB')
})

test('the list says what a message without words has', () => {
  expect(labelOf([of('image/png')], en)).toBe('Photo')
  expect(labelOf([of('image/png'), of('image/jpeg')], en)).toBe('2 photos')
  expect(labelOf([of('image/png'), of('application/pdf')], en)).toBe('2 files')
  expect(labelOf([of('video/mp4', { durationMs: 62_000 })], en)).toBe('Video (1:02)')
  expect(labelOf([of('audio/webm', { voice: true, durationMs: 12_000 })], en)).toBe('Voice message (0:12)')
  expect(labelOf([of('audio/mpeg', { name: 'song.mp3' })], en)).toBe('song.mp3')
  expect(labelOf([of('application/pdf')], en)).toBe('File')
  expect(lineOf({ text: 'hi', media: [of('image/png')] }, en)).toBe('hi')
  expect(lineOf({ text: '', media: [of('image/png')] }, en)).toBe('Photo')
  expect(lineOf({ text: '' }, en)).toBe('')
})
