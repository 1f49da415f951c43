import { z } from 'zod';
import { DiptychError } from '../../errors.ts';
import { comparisonSchema, heldOutSchema } from '../../metrics/comparison.ts';
import { activeJobStates, endedJobStates } from '../../catalogue/schema/tables.ts';

/** What a job was asked about its switch. */
const compareOptionsSchema = z.object({
  /** `METRIC >= CHANGE`, as `parseSwitchCondition` reads it. */
  switchIf: z.string().optional(),
  /** Sets that the model was never trained on; all items otherwise. */
  heldOut: heldOutSchema.optional(),
});

/** The column `options` of a job: what it was asked for. */
const jobOptionsSchema = z.object({
  /** Of the index that is built: whoever takes them from a user checks them, and so does the builder. */
  index: z.record(z.string(), z.unknown()),
  compare: compareOptionsSchema.optional(),
});

/** What a job found out before its switch. */
const comparedSchema = z.object({
  /** Null where nothing was compared. */
  comparison: comparisonSchema.nullable(),
  condition: z.string().nullable(),
  /** Whether the version is to become the active one. */
  met: z.boolean(),
  /** Why so. */
  reason: z.string(),
});

/** The column `counts` of a job: what it noted on its way. */
const jobNotesSchema = z.object({
  /** When it entered a state, ms since 1970. The first state is entered when the job is created. */
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
