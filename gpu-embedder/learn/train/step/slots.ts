import type { Parameter } from '../../model/parameters.ts';
import type { Slot } from './adamw.ts';

export type SlotStore = Map<string, Slot>;

const none = new Float32Array(0);

/** Make the slot of a weight that does not learn, or of a running statistic: it is its own average. */
export const fixedSlot = (name: string, shape: readonly number[], data: Float32Array): Slot => ({
  name,
  shape,
  decay: false,
  data,
  m: none,
  v: none,
  average: data,
});

export const isLearning = (slot: Slot): boolean => slot.m.length > 0;

function learningSlot(
  { name, shape, decay }: Pick<Parameter, 'name' | 'shape' | 'decay'>,
  data: Float32Array,
): Slot {
  const zeros = (): Float32Array => new Float32Array(data.length);
  return { name, shape, decay, data: data.slice(), m: zeros(), v: zeros(), average: data.slice() };
}

/**
 * Give every parameter a slot. Known weights stay, others start as the graph says. A new stage starts
 * from the averages of the previous one, with zero moments.
 */
export function adoptParameters(
  store: SlotStore,
  parameters: readonly Parameter[],
  stageBegins: boolean,
): void {
  for (const parameter of parameters) {
    const { name, shape, data, frozen } = parameter;
    const known = store.get(name);
    if (!known) {
      store.set(name, frozen ? fixedSlot(name, shape, data) : learningSlot(parameter, data));
    } else if (!frozen && !isLearning(known)) {
      store.set(name, learningSlot(parameter, known.data));
    } else if (stageBegins && isLearning(known)) {
      known.m.fill(0);
      known.v.fill(0);
      known.data.set(known.average);
    }
  }
}

/** Move a running statistic towards that of the batch. In the first steps it moves faster. */
export function followStatistic(
  store: SlotStore,
  name: string,
  value: Float32Array,
  stageStep: number,
): void {
  const slot =
    store.get(name) ?? fixedSlot(name, [1, value.length], new Float32Array(value.length));
  store.set(name, slot);
  const keep = Math.min(0.98, (stageStep + 1) / (stageStep + 11));
  for (let i = 0; i < value.length; i++) {
    slot.data[i] = keep * slot.data[i] + (1 - keep) * value[i];
  }
}
