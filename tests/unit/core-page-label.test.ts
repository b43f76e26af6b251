import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pageLabel } from '../../consumer/core/page-label.ts'
import { runs } from '../property/runs.ts'

describe('a page as a label', () => {
  test.each([
    ['/home', '/home'],
    ['home', 'home'],
    ['/', '/'],
    ['', ''],
    ['/home?utm_source=x', '/home'],
    ['/home#top', '/home'],
    ['/home#top?x=1', '/home'],
    ['/home?x=a/b#c', '/home'],
    ['?page=2', ''],
    ['#top', ''],
    ['/?page=2', '/'],
    ['/home/', '/home'],
    ['/home/?x=1', '/home'],
    ['/a/b/', '/a/b'],
    ['https://shop.example/cart', '/cart'],
    ['https://shop.example/cart/?a=1#b', '/cart'],
    ['https://shop.example', '/'],
    ['https://shop.example/', '/'],
    ['https://shop.example?utm=1', '/'],
    ['https://shop.example#x', '/'],
    ['HTTPS://Shop.Example:8080/Cart', '/Cart'],
    ['android-app://com.example/screen', '/screen'],
    ['/go?to=https://other.example/x', '/go'],
    ['/go/https://other.example/x', '/go/https://other.example/x'],
    ['://x/y', '://x/y'],
  ])("'%s' is '%s'", (page, label) => {
    expect(pageLabel(page)).toBe(label)
  })

  test.each([
    ['digits', '/product/1004856', '/product/:id'],
    ['one digit', '/p/7/reviews', '/p/:id/reviews'],
    ['an id before a query', '/order/42?x=1', '/order/:id'],
    ['an id and a trailing slash', '/order/42/', '/order/:id'],
    ['several', '/u/12/o/34', '/u/:id/o/:id'],
    ['a page that is an id', '42', ':id'],
    ['a UUID', '/s/9d0f2f3e-1111-4c4c-8a8a-0123456789ab', '/s/:id'],
    ['a UUID in capitals', '/s/9D0F2F3E-1111-4C4C-8A8A-0123456789AB', '/s/:id'],
    ['a UUID without digits', '/s/abcdefab-abcd-abcd-abcd-abcdefabcdef', '/s/:id'],
    ['eight hexadecimal digits', '/c/deadbee1', '/c/:id'],
    ['a hash', '/c/3F786850E387550FDAB836ED7E6DC881DE23001B', '/c/:id'],
    ['a token of sixteen letters and digits', '/t/abcdefghijklmno1', '/t/:id'],
    ['behind an origin', 'https://shop.example/product/7', '/product/:id'],
  ])('%s becomes :id', (_kind, page, label) => {
    expect(pageLabel(page)).toBe(label)
  })

  test.each([
    ['hexadecimal letters without a digit', '/facade/decade/deadbeef'],
    ['seven hexadecimal digits', '/c/abcdef1'],
    ['fifteen letters and digits', '/t/abcdefghijklm15'],
    ['a long word', '/internationalization'],
    ['a slug', '/blog/10-ways-to-save-money-in-2024'],
    ['a version', '/v2/docs'],
    ['digits and a dot', '/3.14'],
    ['digits of another script', '/p/٣٤'],
    ['a UUID cut short', '/s/9d0f2f3e-1111-4c4c-8a8a-0123456789a'],
    ['an emoji', '/🛒/👨‍👩‍👧'],
    ['a text of another script', '/商品/靴'],
    ['two slashes', '/a//b'],
    ['a percent escape', '/caf%C3%A9'],
  ])('%s stays as it is: %s', (_kind, page) => {
    expect(pageLabel(page)).toBe(page)
  })

  test('a label never holds a query, a fragment or an id, whatever the page', () => {
    const segments = fc.oneof(
      fc.constantFrom('', 'home', 'https:', '9d0f2f3e-1111-4c4c-8a8a-0123456789ab', 'deadbee1', '🛒', ':id'),
      fc.nat().map(String),
      fc.string({ maxLength: 6 }),
    )
    fc.assert(
      fc.property(fc.array(segments, { maxLength: 6 }), (parts) => {
        const label = pageLabel(parts.join('/'))
        expect(label).not.toMatch(/[?#]|(^|\/)(\d+|deadbee1|9d0f2f3e-[^/]*)(\/|$)/)
      }),
      runs(3000),
    )
  })

  test('the longest page that is read is labelled without going back over it again and again', () => {
    const longest = 8192
    const pages = ['a', '1a', '/', ':/', 'f0', '?', 'a+.-'].map((piece) => piece.repeat(longest / piece.length))
    for (const page of pages) expect(pageLabel(page).length).toBeLessThanOrEqual(longest)
  })
})
