import { expect, test } from 'vitest'
import { boxOf, heightOf } from './layout'

test('a picture keeps its shape and fits', () => {
  expect(boxOf({ width: 4000, height: 3000 })).toEqual({ width: 320, ratio: 4 / 3 })
  expect(boxOf({ width: 3000, height: 4000 })).toEqual({ width: 285, ratio: 0.75 })
  expect(boxOf({ width: 200, height: 100 })).toEqual({ width: 200, ratio: 2 })
})

test('what is very long or small is cut, so that it can be seen and hit', () => {
  expect(boxOf({ width: 100, height: 10_000 })).toEqual({ width: 140, ratio: 0.5 })
  expect(boxOf({ width: 10_000, height: 100 })).toEqual({ width: 320, ratio: 2.5 })
  expect(boxOf({ width: 1, height: 1 })).toEqual({ width: 140, ratio: 1 })
  expect(boxOf({})).toEqual({ width: 240, ratio: 4 / 3 })
})

test('the room that is kept is that of the grid and the rows', () => {
  const picture = { contentType: 'image/png', width: 4000, height: 2000 }
  const file = { contentType: 'text/plain' }
  expect(heightOf([picture])).toBe(160)
  expect(heightOf([picture, picture, file])).toBe(160 + 6 + 54)
  expect(heightOf([file, file])).toBe(114)
  expect(heightOf(Array(7).fill(picture))).toBe(320)
})
