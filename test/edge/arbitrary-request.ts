import fc, { type Arbitrary } from 'fast-check';
import type { EdgeFixture } from '../setup/edge-fixture-type.ts';

/** A request as a stranger may send it. */
export interface AnyRequest {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly body: string;
  readonly hasKey: boolean;
}

interface Route {
  readonly method: string;
  readonly path: string;
}

type Values = Readonly<Record<string, Arbitrary<unknown>>>;

/** Take the first mostly, and one of the others now and then. */
const mostly = <T, U = T>(usual: Arbitrary<T>, ...odd: Arbitrary<U>[]): Arbitrary<T | U> =>
  fc.oneof({ weight: 12, arbitrary: usual }, ...odd);

const prototypeNames = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

/** Texts that have broken programs before. */
const oddText = fc.constantFrom(
  ...['', ' ', '.', '..', '../..', '. . .', '\0', 'cat\ncat', '-', '%', '%00', '*', '$&', '-1'],
  ...[
    '\u0301',
    '\u200d',
    '\ufe0f',
    '\ud83d',
    '\udc00x',
    '\u202ecat',
    'e\u0301',
    '\u00df',
    '\ufb01',
  ],
  ...['🎂', '❤️', '猫', '𝓬𝓪𝓽', '1', '01', '1e2', 'NaN', 'null', 'true', '\u2028', 'x'.repeat(300)],
  ...["'; DROP TABLE items;--", '<script>alert(1)</script>', '{{7*7}}', '${7*7}'],
  ...prototypeNames,
  'cat '.repeat(2000),
  'a'.repeat(10_001),
);
const text = fc.oneof(
  fc.constantFrom('dog', 'birthday cake', 'perro', 'red square'),
  oddText,
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const oddValue = fc.oneof(
  fc.constantFrom(null, true, 0, -0, -1, 1, 1.5, 100, 101, 1e308, 2 ** 53, [], {}, [null], [1]),
  text,
  fc.jsonValue({ maxDepth: 3 }),
);

/** An object with some of the fields; a few of them hold anything. */
function fields(usual: Values): Arbitrary<object> {
  const values = Object.entries(usual).map(([name, value]) => [name, mostly(value, oddValue)]);
  return fc.record(Object.fromEntries(values) as Values, { requiredKeys: [] });
}

/** Values of the fields that routes read. */
function valuesOf({ version, uploads }: EdgeFixture): Values {
  const id = mostly(fc.constantFrom('round:dog', 'square:birthday-cake', 'a/b', 'a%2Fb'), text);
  const number = mostly(fc.double({ noNaN: true }), fc.constantFrom(-1e-300, 1e300, 5e-324));
  const image = mostly<unknown>(
    fc.constantFrom(...Object.values(uploads)),
    fc.constantFrom('', '*', 'data:,x', 'data:image/png;base64,', btoa('GIF89a'), btoa('BM'), null),
    fc.constant({ url: 'http://169.254.169.254/latest' }),
    fc.constant({ upload: '0'.repeat(26) }),
  );
  const texts = fc.array(text, { maxLength: 3 });
  const metadata = fc.dictionary(text, fc.jsonValue(), { maxKeys: 3 });
  const item = fields({
    id,
    title: text,
    captions: texts,
    tags: texts,
    metadata,
    set: text,
    label: text,
    image,
  });
  return {
    collection: mostly(
      fc.constantFrom('pictograms', 'sharded'),
      fc.constantFrom('nope', '..', 'a'.repeat(64)),
    ),
    text,
    id,
    image,
    vector: mostly(
      fc.array(number, { minLength: 32, maxLength: 32 }),
      fc.array(number, { maxLength: 3 }),
      fc.constant(Array.from({ length: 32 }, () => 0)),
    ),
    cursor: fc
      .tuple(fc.constantFrom(version, '20200101-000000000000'), oddValue)
      .map((place) => btoa(encodeURIComponent(JSON.stringify(place)))),
    target: fc.constantFrom('image', 'caption'),
    mode: fc.constantFrom('vector', 'keyword', 'hybrid'),
    limit: fc.constantFrom(1, 5, 100, '10'),
    efSearch: fc.constantFrom(1, 512, '64'),
    model: text,
    labels: mostly(fc.uniqueArray(text, { maxLength: 4 }), fc.constant('a,b')),
    labelSet: mostly(fc.constant('captions'), fc.constantFrom('kinds', 'nope', '..')),
    template: mostly(fc.constantFrom('a {label}', '{label}{label}', '$&{label}'), text),
    items: mostly<unknown[]>(
      fc.array(item, { maxLength: 4 }),
      fc.array(oddValue, { maxLength: 3 }),
    ),
    ids: fc.array(id, { maxLength: 4 }),
    options: fields({ M: oddValue, recall: oddValue, shards: oddValue }),
    heldOut: texts,
    parts: fc.array(fields({ partNumber: oddValue, etag: text }), { maxLength: 2 }),
    foo: oddValue,
  };
}

/** The fields of each route that reads some: what it asks for, one of them at a time, and the rest. */
const fieldsOf: Readonly<
  Record<string, { asked: readonly string[]; always?: string; more?: readonly string[] }>
> = {
  '/v1/search': {
    asked: ['text', 'id', 'vector', 'image'],
    more: ['collection', 'mode', 'limit', 'cursor', 'efSearch', 'target', 'model', 'foo'],
  },
  '/v1/captions': { asked: ['image'], more: ['collection', 'limit', 'efSearch', 'foo'] },
  '/v1/classify': {
    asked: ['text', 'image'],
    always: 'labels',
    more: ['collection', 'labelSet', 'template', 'limit', 'foo'],
  },
  '/v1/collections/:collection/items': { asked: ['items'] },
  '/v1/collections/:collection/items/delete': { asked: ['ids'] },
  '/v1/collections/:collection/reindex': { asked: ['options', 'heldOut'], more: ['foo'] },
  '/v1/label-sets/:name': { asked: ['labels'] },
  '/v1/objects/*': { asked: ['parts'] },
};

function bodyOf(path: string, values: Values): Arbitrary<unknown> {
  const { asked, always, more = [] } = fieldsOf[path] ?? { asked: ['foo'] };
  const rest = fields(Object.fromEntries(more.map((name) => [name, values[name]!])));
  const question = fc.constantFrom(...asked).chain((name) => {
    const names = always ? [name, always] : [name];
    return fc.record(Object.fromEntries(names.map((one) => [one, values[one]!])));
  });
  // Of many optional fields one is usually wrong, so a body has only a few of them.
  const kept = fc.subarray([...more], { maxLength: Math.min(3, more.length) });
  const body = fc.tuple(question, rest, kept).map(([one, others, names]) => {
    const chosen = Object.entries(others).filter(([name]) => names.includes(name));
    return { ...Object.fromEntries(chosen), ...one };
  });
  return mostly<unknown>(body, oddValue);
}

const segments: Readonly<Record<string, readonly string[]>> = {
  ':collection': ['pictograms', 'sharded', 'fuzz', 'fuzz'],
  ':id': ['round:dog', 'square%3Abirthday-cake', 'a%2Fb'],
  ':name': ['captions', 'kinds'],
};
const oddSegment = fc.oneof(
  fc.constantFrom('.', '..', '%2e%2e', '%00', '%', '%E0%A4', 'a%2Fb', '', '%20', '%F0%9F%8E%82'),
  fc.constantFrom('nope', ...prototypeNames, 'x'.repeat(300)),
  fc.webSegment({ size: 'small' }),
);

/** Fill the parameters of a path. What is written to the bucket lies in a folder that nobody reads. */
function pathOf(method: string, path: string): Arbitrary<string> {
  const pattern = method === 'GET' ? path : path.replace('/objects/*', '/objects/scratch/*');
  const parts = pattern.split('/').map((part) => {
    if (!/^[:*]/.test(part)) return fc.constant(part);
    const usual = segments[part];
    return usual
      ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...usual) }, oddSegment)
      : oddSegment;
  });
  return fc.tuple(...parts).map((filled) => filled.join('/'));
}

const queryNames = [
  'limit',
  'after',
  'updatedSince',
  'idPrefix',
  'set',
  'hasImage',
  'prefix',
  'cursor',
];
const query = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom(...queryNames, 'before', 'uploadId', 'size', 'format'),
      fc.oneof(
        fc.constantFrom('5', '-1', 'yesterday', '2026-01-01', 'true', 'html', '1e400'),
        text,
      ),
    ),
    { selector: ([name]) => name, maxLength: 2 },
  )
  .map((pairs) =>
    pairs.map((pair) => pair.map((part) => encodeURIComponent(part.replace(/\p{Cs}/gu, '')))),
  )
  .map((pairs) => pairs.map((pair, i) => `${i === 0 ? '?' : '&'}${pair.join('=')}`).join(''));

const contentType = mostly(
  fc.constant('application/json'),
  fc.constantFrom('text/plain', 'application/xml', 'application/x-ndjson', ''),
  fc.constantFrom('multipart/form-data', 'multipart/form-data; boundary=x'),
);

/**
 * Make requests to the routes of an app, and now and then to no route at all: mostly of the right
 * shape with a wrong value, sometimes cut off, of another type, by another method or without a key.
 */
export function anyRequest(routes: readonly Route[], fixture: EdgeFixture): Arbitrary<AnyRequest> {
  const values = valuesOf(fixture);
  const known = routes.filter(({ method }) => method !== 'ALL');
  // Routes that read a body have the most ways to go wrong.
  const often = known.filter(({ method, path }) => method === 'POST' && path in fieldsOf);
  const all = [...known, ...often, ...often, ...often, { method: 'GET', path: '/v1/:a/:b' }];
  return fc.constantFrom(...all).chain(({ method, path }) =>
    fc.record({
      method: mostly(fc.constant(method), fc.constantFrom('HEAD', 'OPTIONS', 'PATCH', 'GET')),
      path: fc.tuple(pathOf(method, path), mostly(fc.constant(''), query)).map(([a, b]) => a + b),
      type: contentType,
      body: fc
        .tuple(bodyOf(path, values), mostly(fc.constant(1), fc.double({ min: 0, max: 1 })))
        .map(([body, share]) => {
          const json = JSON.stringify(body);
          return json.slice(0, Math.ceil(share * json.length));
        }),
      hasKey: mostly(fc.constant(true), fc.constant(false)),
    }),
  );
}
