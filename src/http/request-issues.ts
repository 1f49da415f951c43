import type { z } from 'zod';

/** What is wrong with one field of a request. */
export interface RequestIssue {
  /** Its path, the parts joined by dots: `items.0.title`. It is empty where the whole is wrong. */
  readonly field: string;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

const most = 10;

/** List the fields that a schema refused, an unknown field by its own name, ten of them at most. */
export function issuesOf(error: z.ZodError): readonly [RequestIssue, ...RequestIssue[]] {
  const [first = { field: '', message: error.message }, ...others] = error.issues.flatMap((issue) =>
    describe(issue, []),
  );
  return [first, ...others.slice(0, most - 1)];
}

/** @param above - path of what the issue's own path starts from */
function describe(issue: Issue, above: readonly PropertyKey[]): RequestIssue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: nameOf([...path, key]), message: 'unknown field' }));
  }
  const meant = issue.code === 'invalid_union' ? meantForm(issue.errors) : undefined;
  if (meant) return meant.flatMap((inner) => describe(inner, path));
  return [{ field: nameOf(path), message: issue.message }];
}

/**
 * Tell which of several allowed forms a value was meant to have: the one with the fewest faults.
 *
 * @param forms - what each form finds wrong
 * @returns nothing where no form comes closest
 */
function meantForm(forms: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const counted = forms
    // A form that takes another type altogether cannot say which field is wrong.
    .filter((issues) => !issues.some(({ code, path }) => code === 'invalid_type' && !path.length))
    .map((issues) => ({ issues, faults: issues.flatMap((issue) => describe(issue, [])).length }))
    .sort((a, b) => a.faults - b.faults);
  const [first, second] = counted;
  return first && first.faults !== second?.faults ? first.issues : undefined;
}

const nameOf = (path: readonly PropertyKey[]) => path.map(String).join('.');
