import { describe, expect, it } from 'vitest';
import { createUrlRules } from '../../src/items/ingest/url-rules.ts';

const isAllowed = createUrlRules('https://a.test/ok/ https://a.test/one.png\nhttps://b.test');

describe('an address within IMAGE_URLS', () => {
  it.each([
    'https://a.test/ok/x.png',
    'https://a.test/ok/x.png?size=../5',
    'https://a.test/ok/deep/er/x.png',
    'https://a.test/ok/a%2Fb.png',
    'https://a.test/ok/100%25.png',
    'https://a.test/ok/a..b/...',
    'https://a.test/ok/x/../y.png',
    'https://a.test/one.png',
    'https://b.test/anything',
  ])('is allowed: %s', (url) => expect(isAllowed(new URL(url))).toBe(true));
});

describe('an address that some server may read as one outside', () => {
  it.each([
    'https://a.test/ok',
    'https://a.test/okay/x',
    'https://a.test/ok/../secret',
    'https://a.test/ok/..%2fsecret',
    'https://a.test/ok/%2e%2e%2fsecret',
    'https://a.test/ok/%252e%252e%252fsecret',
    'https://a.test/ok/%25252e%25252e/secret',
    'https://a.test/ok/..%5csecret',
    'https://a.test/ok/..;/secret',
    'https://a.test/ok/..%3bx/secret',
    'https://a.test/ok//..%2fsecret',
    'https://a.test/ok/a%2f..%2f..%2fsecret',
    'https://a.test//ok/x',
    'https://a.test/one.png.html',
    'https://a.test/OK/x',
    'https://user:word@a.test/ok/x',
    'https://a.test@c.test/ok/x',
    'https://a.test./ok/x',
    'https://a.test:8443/ok/x',
    'http://a.test/ok/x',
    'https://b.test.c.test/',
    'file:///ok/x',
  ])('is refused: %s', (url) => expect(isAllowed(new URL(url))).toBe(false));
});

it('says which rule is none', () => {
  for (const rule of ['a.test/ok/', 'file:///ok/']) {
    expect(() => createUrlRules(`https://a.test/ ${rule}`)).toThrow(`got ${rule}`);
  }
});
