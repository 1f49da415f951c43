import { DiptychError } from '../../src/errors.ts';
import type { Tensor } from '../onnx/session.ts';
import { openSession, tensor } from '../onnx/session.ts';
import type { Slot } from './adamw.ts';
import { adamWStep, gradientNorm } from './adamw.ts';
import type { Batch } from './batches.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Stage, TrainConfig, TrainingRecord } from './config.ts';
import { learningRateAt } from './schedule.ts';
import type { StageGraph } from './stage-graph.ts';
import { buildStageGraph, gradientOutput } from './stage-graph.ts';

/** Where the loop stands; plain, so that a checkpoint holds all of it. */
interface Progress {
  stage: number;
  stageStep: number;
  step: number;
}

export interface TrainerOptions {
  readonly config: TrainConfig;
  /** Of the prototype table. */
  readonly classes: number;
  readonly threads: number;
  readonly recordEvery: number;
  readonly checkpointEvery: number;
  readonly nextBatch: (stage: number, step: number) => Promise<Batch>;
  readonly onRecord: (record: TrainingRecord) => void;
  /** Called every `checkpointEvery` steps and at the end of each stage. */
  readonly onCheckpoint: (checkpoint: Checkpoint) => Promise<void>;
  readonly resumeFrom: Checkpoint | null;
}

const maxLogitScale = Math.log(100);

/** Run all stages; returns every parameter and running statistic by name. */
export async function train(options: TrainerOptions): Promise<Map<string, Slot>> {
  const { config, resumeFrom } = options;
  const store = new Map<string, Slot>((resumeFrom?.slots ?? []).map((slot) => [slot.name, slot]));
  const at: Progress = {
    stage: resumeFrom?.stage ?? 0,
    stageStep: resumeFrom?.stageStep ?? 0,
    step: resumeFrom?.step ?? 0,
  };
  for (; at.stage < config.stages.length; at.stage++, at.stageStep = 0) {
    await trainStage(options, store, at);
  }
  return store;
}

async function trainStage(
  options: TrainerOptions,
  store: Map<string, Slot>,
  at: Progress,
): Promise<void> {
  const { config, classes, threads, recordEvery, checkpointEvery } = options;
  const stage = config.stages[at.stage];
  const graph = buildStageGraph(stage, config, classes);
  const slots = adopt(graph, store, at.stageStep === 0);
  const session = await openSession(graph.model, { threads });
  const { feeds, fetches, gradients, statistics } = bind(graph, slots, store);
  const meter = new Meter();
  const checkpoint = (): Promise<void> =>
    options.onCheckpoint({ ...at, slots: [...store.values()] });
  const trained = graph.trained.map((name) => store.get(name)!);
  while (at.stageStep < stage.steps) {
    const batch = await options.nextBatch(at.stage, at.stageStep);
    const started = performance.now();
    const result = await session.run({ ...feeds, ...batchTensors(batch, stage.batch) }, fetches);
    const ran = performance.now() - started;
    const loss = (result['loss'].data as Float32Array)[0];
    const norm = gradientNorm(gradients);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw diverged(stage, at, loss, norm);
    const learningRate = learningRateAt(at.stageStep, stage);
    adamWStep(trained, gradients, norm, {
      step: at.stageStep + 1,
      learningRate,
      weightDecay: stage.weightDecay,
      clipNorm: stage.clipNorm,
      emaDecay: config.emaDecay,
    });
    const scale = store.get('logit_scale');
    if (scale) scale.data[0] = Math.min(maxLogitScale, Math.max(0, scale.data[0]));
    for (const { slot, name } of statistics)
      follow(slot, result[name].data as Float32Array, at.stageStep);
    at.stageStep++;
    at.step++;
    meter.add(loss, norm, stage.batch, ran);
    const last = at.stageStep === stage.steps;
    if (at.step % recordEvery === 0 || last) {
      options.onRecord({
        step: at.step,
        stage: at.stage,
        kind: stage.kind,
        scale: stage.kind === 'contrastive' ? Math.exp(scale!.data[0]) : stage.scale,
        learningRate,
        ...meter.take(),
      });
    }
    if (at.step % checkpointEvery === 0 || last) await checkpoint();
  }
  await session.close();
}

/** Give every parameter and statistic of the graph a slot: a known one is kept, others start. */
function adopt(graph: StageGraph, store: Map<string, Slot>, fresh: boolean): Slot[] {
  for (const { name, width } of graph.statistics) {
    if (!store.has(name)) store.set(name, emptySlot(name, [1, width], new Float32Array(width)));
  }
  return graph.parameters.map((parameter) => {
    const known = store.get(parameter.name);
    const slot =
      known ?? emptySlot(parameter.name, parameter.shape, parameter.data, parameter.decay);
    if (fresh) {
      slot.m.fill(0);
      slot.v.fill(0);
      // A new stage starts from the average of the one before.
      slot.data.set(slot.average);
    }
    store.set(parameter.name, slot);
    return slot;
  });
}

function emptySlot(
  name: string,
  shape: readonly number[],
  data: Float32Array,
  decay = false,
): Slot {
  const zeros = () => new Float32Array(data.length);
  return { name, shape, decay, data, m: zeros(), v: zeros(), average: data.slice() };
}

/**
 * Bind the slots' own memory to the graph: ONNX Runtime on the CPU reads weights and writes
 * gradients in place, so nothing is copied between steps.
 */
function bind(graph: StageGraph, slots: readonly Slot[], store: Map<string, Slot>) {
  const feeds: Record<string, Tensor> = {};
  for (const { name, shape, data } of slots) feeds[name] = tensor(data, shape);
  const fetches: Record<string, Tensor | null> = { loss: null };
  const gradients = graph.trained.map((name) => {
    const slot = store.get(name)!;
    const gradient = new Float32Array(slot.data.length);
    fetches[gradientOutput(name)] = tensor(gradient, slot.shape);
    return gradient;
  });
  const statistics = graph.statistics.map(({ name }) => {
    fetches[name] = null;
    return { name, slot: store.get(name)! };
  });
  return { feeds, fetches, gradients, statistics };
}

function batchTensors(batch: Batch, rows: number): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [name, data] of Object.entries(batch)) {
    const columns = data.length / rows;
    const size = Math.sqrt(columns / 3);
    const shape = name === 'pixels' ? [rows, 3, size, size] : [rows, columns];
    tensors[name] = tensor(data, shape, data instanceof Int32Array ? 'int32' : 'float32');
  }
  return tensors;
}

/** Move a running statistic towards that of the batch; a young one moves faster. */
function follow(slot: Slot, value: Float32Array, stageStep: number): void {
  const keep = Math.min(0.98, (stageStep + 1) / (stageStep + 11));
  for (let i = 0; i < value.length; i++) {
    slot.data[i] = keep * slot.data[i] + (1 - keep) * value[i];
    slot.average[i] = slot.data[i];
  }
}

function diverged(stage: Stage, at: Progress, loss: number, norm: number): DiptychError {
  return new DiptychError(
    'training_diverged',
    `step ${at.step} (${stage.kind}): loss ${loss}, gradient norm ${norm}; ` +
      `resume from the last checkpoint with a lower learning rate than ${stage.learningRate}`,
    { step: at.step, stage: at.stage },
  );
}

/** Means between two records. */
class Meter {
  private loss = 0;
  private norm = 0;
  private steps = 0;
  private images = 0;
  private inside = 0;
  private since = performance.now();

  add(loss: number, norm: number, images: number, insideMs: number): void {
    this.loss += loss;
    this.norm += norm;
    this.steps++;
    this.images += images;
    this.inside += insideMs;
  }

  take(): Pick<TrainingRecord, 'loss' | 'gradientNorm' | 'imagesPerSecond' | 'busy'> {
    const elapsed = performance.now() - this.since;
    const record = {
      loss: this.loss / this.steps,
      gradientNorm: this.norm / this.steps,
      imagesPerSecond: (this.images * 1000) / elapsed,
      busy: this.inside / elapsed,
    };
    this.loss = this.norm = this.steps = this.images = this.inside = 0;
    this.since = performance.now();
    return record;
  }
}
