import { expect, it } from 'vitest';
import { checkMinima, parseMinimum } from '../../gpu-embedder/measure/results/minimum.ts';

const results = [
  { language: 'en', metrics: { 'recall@1': 0.6, 'recall@5': 0.8 } },
  { language: 'es', metrics: { 'recall@1': 0.2, 'recall@5': 0.8 } },
];
const check = (...texts: readonly string[]) =>
  checkMinima(
    results,
    texts.map((text) => parseMinimum(text)!),
  );

it('reads a metric, its value and a language', () => {
  expect(parseMinimum('acc1=0.5')).toEqual({ metric: 'acc1', least: 0.5 });
  expect(parseMinimum('es:recall@1=.3')).toEqual({
    metric: 'recall@1',
    least: 0.3,
    language: 'es',
  });
  for (const wrong of ['acc1', 'acc1=', '=0.5', 'acc1=1.5', 'acc1=-1', 'acc1=0.5.1', ':a=1']) {
    expect(parseMinimum(wrong), wrong).toBeNull();
  }
});

it('compares every language with a value, or one language, or their mean', () => {
  check('recall@5=0.8', 'en:recall@1=0.6', 'mean:recall@1=0.4');
  expect(() => check('es:recall@1=0.3')).toThrow('es:recall@1: expected at least 0.3, got 0.2000');
  expect(() => check('mean:recall@1=0.41')).toThrow(/^mean:recall@1: .* got 0\.4000$/);
});

it('lists all that fail, and only those', () => {
  expect(() => check('recall@1=0.5', 'recall@5=0.9')).toThrow(
    /^es:recall@1: [^;]*; en:recall@5: [^;]*; es:recall@5: [^;]*$/,
  );
});

it('fails for a missing value, and for a language that was not measured', () => {
  const nothing = [{ language: 'en', metrics: { acc5: NaN } }];
  expect(() => checkMinima(nothing, [{ metric: 'acc5', least: 0 }])).toThrow(/^acc5: .* got NaN/);
  expect(() => check('ja:recall@1=0.1')).toThrow(/--min ja:.*\(en, es, mean\)/);
});
