import { describe, expect, test } from 'vitest'
import { linkify } from './linkify'

const links = (text: string) => linkify(text).flatMap(part => part.href ?? [])

describe('linkify', () => {
  test('text without addresses is one part', () => {
    expect(linkify('see you at six')).toEqual([{ text: 'see you at six' }])
  })

  test('an address stands between the words around it', () => {
    expect(linkify('see https://example.org/a?b=1#c now')).toEqual([
      { text: 'see ' },
      { text: 'https://example.org/a?b=1#c', href: 'https://example.org/a?b=1#c' },
      { text: ' now' },
    ])
  })

  test.each([
    ['(https://example.org)', 'https://example.org/'],
    ['https://example.org/plan.', 'https://example.org/plan'],
    ['https://example.org/a_(b)', 'https://example.org/a_(b)'],
    ['((https://example.org/a_(b)))', 'https://example.org/a_(b)'],
    ['[see https://example.org/a[1].].', 'https://example.org/a[1]'],
    ['https://example.org/a).b)', 'https://example.org/a'],
    ['(https://example.org/).*)', 'https://example.org/'],
    ['really https://example.org/?!', 'https://example.org/'],
  ])('marks around an address are not of it: %s', (text, href) => {
    expect(links(text)).toEqual([href])
  })

  test.each([
    ['请看https://example.org/a。谢谢', 'https://example.org/a'],
    ['参见https://example.org/a，谢谢', 'https://example.org/a'],
    ['（https://example.org/a）', 'https://example.org/a'],
    ['「https://example.org/a」です', 'https://example.org/a'],
    ['见《https://example.org/a》', 'https://example.org/a'],
    ['https://example.org/a！好', 'https://example.org/a'],
    ['https://example.org/a；好、https://example.org/b：', 'https://example.org/a https://example.org/b'],
    ['انظر https://example.org/a؟', 'https://example.org/a'],
    ['https://example.org/a، ثم', 'https://example.org/a'],
    ['देखें https://example.org/a।', 'https://example.org/a'],
    ['«https://example.org/a»', 'https://example.org/a'],
    ['„https://example.org/a“', 'https://example.org/a'],
    ['https://example.org/wiki/北京。', 'https://example.org/wiki/%E5%8C%97%E4%BA%AC'],
    ['http://例子.测试/a。', 'http://xn--fsqu00a.xn--0zwm56d/a'],
    ['http://[::1]:8080/a', 'http://[::1]:8080/a'],
    ['HTTPS://Example.org/A', 'https://example.org/A'],
  ])('so it is in every script: %s', (text, hrefs) => {
    expect(links(text).join(' ')).toBe(hrefs)
  })

  test.each(['javascript:alert(1)', 'data:text/html,<b>', 'ftp://example.org', 'file:///etc', 'javascript://https%0aalert(1)', 'https://'])('nothing but http and https becomes a link: %s', text => {
    expect(links(text)).toEqual([])
  })

  test('the parts joined are the text again, whatever it is', () => {
    for (const text of ['<img src=x onerror=alert(1)>', 'a https://x.y b http://z. <script>https://q</script>', 'https://a.b https://a.b\n\n', '"https://a.b"onclick=x'])
      expect(linkify(text).map(part => part.text).join('')).toBe(text)
  })

  test('a bracket is counted once: a hundred thousand are done', () => {
    const brackets = ')]'.repeat(50_000)

    expect(linkify(`http://a${brackets}`)).toEqual([{ text: 'http://a', href: 'http://a/' }, { text: brackets }])
  })

  test.each(['http://', 'http:', 'http://a@', 'http://a/(', 'a.', '-', '(', '.'])('the longest text of one thing is done: %s', part => {
    const text = `http://a${part.repeat(16_384 / part.length)}`

    expect(linkify(text).map(one => one.text).join('')).toBe(text)
  })

  test('markup ends an address', () => {
    expect(links('<a href="https://a.b">')).toEqual(['https://a.b/'])
  })
})
