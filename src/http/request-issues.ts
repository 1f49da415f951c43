import type { z } from 'zod';

/** A fault in one field of a request. */
export interface RequestIssue {
  /**
   * The path of the field, joined by dots: `items.0.title`. Empty where the whole value is wrong.
   */
  readonly field: string;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

const most = 10;

/**
 * List the fields that a schema refused, at most ten. An unknown field is listed by its own name.
 */
export function issuesOf(error: z.ZodError): readonly [RequestIssue, ...RequestIssue[]] {
  const [first = { field: '', message: error.message }, ...others] = error.issues.flatMap((issue) =>
    describe(issue, []),
  );
  return [first, ...others.slice(0, most - 1)];
}

/** @param above - the path of the value that the path of the issue starts at */
function describe(issue: Issue, above: readonly PropertyKey[]): RequestIssue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    // A client may have sent a million of them.
    return issue.keys
      .slice(0, most)
      .map((key) => ({ field: nameOf([...path, key]), message: 'unknown field' }));
  }
  const meant = issue.code === 'invalid_union' ? meantForm(issue.errors) : undefined;
  if (meant) return meant.flatMap((inner) => describe(inner, path));
  return [{ field: nameOf(path), message: issue.message }];
}

/**
 * Guess which of several allowed forms a value was meant to have: the one with the fewest faults.
 *
 * @param forms - the faults that each form finds
 * @returns the faults of that form, or undefined where two forms are equally close
 */
function meantForm(forms: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const counted = forms
    // A form that expects another type than the value has cannot say which field is wrong.
    .filter((issues) => !issues.some(({ code, path }) => code === 'invalid_type' && !path.length))
    .map((issues) => ({ issues, faults: issues.flatMap((issue) => describe(issue, [])).length }))
    .sort((a, b) => a.faults - b.faults);
  const [first, second] = counted;
  return first && first.faults !== second?.faults ? first.issues : undefined;
}

const nameOf = (path: readonly PropertyKey[]) => path.map(String).join('.');
