import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DiptychError } from '../../src/errors.ts';
import type { SlotStore } from '../../gpu-embedder/learn/train/step/slots.ts';
import type { Torch } from './find-torch.ts';
import type { TwoTowers } from './two-towers.ts';

/** What one step reports; loss and norm are computed before its update. */
export interface StepReport {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly seconds: number;
}

export interface TorchStep {
  run(): Promise<StepReport>;
  close(): Promise<void>;
}

const script = fileURLToPath(new URL('torch_step.py', import.meta.url));

/** Start a Python process that trains the same towers from the same weights on the same batch. */
export async function openTorchStep(
  torch: Torch,
  towers: TwoTowers,
  store: SlotStore,
  { device, threads }: { readonly device: 'cpu' | 'cuda'; readonly threads: number },
): Promise<TorchStep> {
  const dir = await mkdtemp(join(tmpdir(), 'torch-step-'));
  await writeInputs(dir, towers, store, { device, threads });
  const limit = String(threads);
  const child = spawn(torch.python, [script, dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: limit, OPENBLAS_NUM_THREADS: limit },
  });
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    run: async () => {
      child.stdin.write('\n');
      const line = await lines.next();
      if (line.done) {
        throw new DiptychError(
          'internal',
          `${torch.python} ${script}: the process ended early, see its output above`,
        );
      }
      return JSON.parse(line.value) as StepReport;
    },
    close: async () => {
      child.stdin.end();
      await exit;
      await rm(dir, { recursive: true });
    },
  };
}

async function writeInputs(
  dir: string,
  { architecture, plan, batch, update }: TwoTowers,
  store: SlotStore,
  machine: object,
): Promise<void> {
  const parameters = [...store.values()].map(({ name, shape, decay }) => ({ name, shape, decay }));
  const spec = { ...architecture, ...machine, batch: plan.stage.batch, update, parameters };
  await writeFile(join(dir, 'spec.json'), JSON.stringify(spec));
  await writeFile(
    join(dir, 'weights.f32'),
    Buffer.concat([...store.values()].map(({ data }) => new Uint8Array(data.buffer))),
  );
  await writeFile(join(dir, 'pixels.f32'), batch['pixels']);
  await writeFile(join(dir, 'ids.i32'), batch['ids']);
}
