import { z } from 'zod';
import { DiptychError } from '../../errors.ts';
import { comparisonSchema, heldOutSchema } from '../../metrics/comparison.ts';
import { activeJobStates, endedJobStates } from '../../catalogue/schema/tables.ts';

/** Options of the switch to the new version. */
const compareOptionsSchema = z.object({
  /** `METRIC >= CHANGE`, which `parseSwitchCondition` reads. */
  switchIf: z.string().optional(),
  /** Sets that the model was not trained on; without them, all items are compared. */
  heldOut: heldOutSchema.optional(),
});

/** The column `options` of a job: the options that it was started with. */
const jobOptionsSchema = z.object({
  /** Options of the index. They are checked where a user gives them, and by the builder. */
  index: z.record(z.string(), z.unknown()),
  compare: compareOptionsSchema.optional(),
});

/** The result of a job's comparison before the switch. */
const comparedSchema = z.object({
  /** Null if nothing was compared. */
  comparison: comparisonSchema.nullable(),
  condition: z.string().nullable(),
  /** Whether the version may become the active one. */
  met: z.boolean(),
  /** The reason for the decision. */
  reason: z.string(),
});

/** The column `counts` of a job: what the job noted while it ran. */
const jobNotesSchema = z.object({
  /** When the job entered each state, ms since 1970, except the first: that is when it was created. */
  entered: z.partialRecord(z.enum([...activeJobStates, ...endedJobStates]), z.number()),
  compared: comparedSchema.optional(),
});

export type CompareOptions = Readonly<z.infer<typeof compareOptionsSchema>>;
export type JobOptions = Readonly<z.infer<typeof jobOptionsSchema>>;
export type Compared = Readonly<z.infer<typeof comparedSchema>>;
export type JobNotes = Readonly<z.infer<typeof jobNotesSchema>>;

/** @throws DiptychError internal: the row was written by something else */
export function parseJobOptions(id: string, json: string): JobOptions {
  return parse(`jobs.options of ${id}`, jobOptionsSchema, json);
}

/** @throws DiptychError internal: the row was written by something else */
export function parseJobNotes(id: string, json: string): JobNotes {
  return parse(`jobs.counts of ${id}`, jobNotesSchema, json);
}

function parse<T>(where: string, schema: z.ZodType<T>, json: string): T {
  const { data, error } = schema.safeParse(JSON.parse(json));
  if (data !== undefined) return data;
  throw new DiptychError('internal', `${where}: ${z.prettifyError(error!)}`);
}
