import type { Weights } from '../../../../gpu-embedder/learn/model/hub-towers/tower-weights.ts';
import type { Activation } from '../../../../src/version/weights-format.ts';
import type { TextTower } from '../../../../gpu-embedder/learn/model/hub-towers/read-text-tower.ts';
import type { VitTower } from '../../../../gpu-embedder/learn/model/hub-towers/read-vit-tower.ts';

/** Rows of a matrix. */
type Rows = number[][];

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The formula of the text towers in numbers of double precision. `ids`: all that the tower sees. */
export function plainText(tower: TextTower, ids: readonly number[], row: number): number[] {
  const { weights, width } = tower;
  const positions = rowsOf(weights, 'position_embedding.weight');
  const tokens = rowsOf(weights, 'token_embedding.weight');
  const x = ids.map((id, t) => range(width).map((i) => tokens[id][i] + positions[t][i]));
  const last = norm(weights, 'final_ln', transformer(tower, x), tower.epsilon);
  return dense(weights, 'text_projection', [last[row]])[0];
}

/** The formula of the image towers. `pixels` [3, side, side]. */
export function plainImage(tower: VitTower, pixels: Float32Array): number[] {
  const { weights, patch, epsilon, width, heads } = tower;
  const side = Math.sqrt(pixels.length / 3);
  const across = side / patch;
  const patches = range(across * across).map((at) =>
    range(3 * patch * patch).map((i) => {
      const [colour, y, x] = [Math.floor(i / patch ** 2), Math.floor(i / patch) % patch, i % patch];
      const row = Math.floor(at / across) * patch + y;
      return pixels[(colour * side + row) * side + (at % across) * patch + x];
    }),
  );
  const first = weights.get('class_embedding');
  const embedded = [
    ...(first ? [[...first.data]] : []),
    ...dense(weights, 'patch_embedding', patches),
  ];
  const positions = rowsOf(weights, 'position_embedding.weight');
  let x = add(embedded, positions);
  if (tower.preNorm) x = norm(weights, 'pre_ln', x, epsilon);
  const rows = norm(weights, 'final_ln', transformer({ ...tower, causal: false }, x), epsilon);
  if (tower.pooling === 'class') return dense(weights, 'image_projection', [rows[0]])[0];
  const kv = dense(weights, 'pool.kv', rows);
  const query = [[...weights.get('pool.query')!.data]];
  const [keys, values] = [0, width].map((from) => kv.map((row) => row.slice(from, from + width)));
  const attended = dense(weights, 'pool.out', attention(query, keys, values, heads, false));
  const hidden = activate(
    dense(weights, 'pool.mlp.fc1', norm(weights, 'pool.ln', attended, epsilon)),
    tower.activation,
  );
  return add(attended, dense(weights, 'pool.mlp.fc2', hidden))[0];
}

interface Transformer {
  readonly weights: Weights;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly activation: Activation;
  readonly epsilon: number;
  readonly causal: boolean;
}

function transformer(tower: Transformer, input: Rows): Rows {
  const { weights, width, heads, causal, epsilon } = tower;
  let x = input;
  for (const i of range(tower.depth)) {
    const name = `layers.${i}`;
    const qkv = dense(weights, `${name}.attention.qkv`, norm(weights, `${name}.ln1`, x, epsilon));
    const [q, k, v] = range(3).map((part) =>
      qkv.map((row) => row.slice(part * width, (part + 1) * width)),
    );
    x = add(x, dense(weights, `${name}.attention.out`, attention(q, k, v, heads, causal)));
    const hidden = dense(weights, `${name}.mlp.fc1`, norm(weights, `${name}.ln2`, x, epsilon));
    x = add(x, dense(weights, `${name}.mlp.fc2`, activate(hidden, tower.activation)));
  }
  return x;
}

function attention(q: Rows, k: Rows, v: Rows, heads: number, causal: boolean): Rows {
  const size = q[0].length / heads;
  return q.map((query, row) =>
    range(heads).flatMap((head) => {
      const columns = range(size).map((i) => head * size + i);
      const seen = causal ? k.slice(0, row + 1) : k;
      const scores = seen.map(
        (key) => columns.reduce((sum, i) => sum + query[i] * key[i], 0) / Math.sqrt(size),
      );
      const largest = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - largest));
      const total = shares.reduce((a, b) => a + b);
      return columns.map((i) => shares.reduce((sum, s, t) => sum + (s / total) * v[t][i], 0));
    }),
  );
}

function activate(rows: Rows, kind: Activation): Rows {
  const functions: Record<Activation, (x: number) => number> = {
    relu: (x) => Math.max(0, x),
    'quick-gelu': (x) => x / (1 + Math.exp(-1.702 * x)),
    // Within .0005 of the formula with erf, which JavaScript does not have.
    gelu: (x) => functions['gelu-tanh'](x),
    'gelu-tanh': (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  };
  return rows.map((row) => row.map(functions[kind]));
}

function norm(weights: Weights, name: string, rows: Rows, epsilon: number): Rows {
  const [weight, bias] = ['weight', 'bias'].map((part) => weights.get(`${name}.${part}`)!.data);
  return rows.map((row) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
    return row.map((x, i) => ((x - mean) / Math.sqrt(variance + epsilon)) * weight[i] + bias[i]);
  });
}

function dense(weights: Weights, name: string, rows: Rows): Rows {
  const { data, shape } = weights.get(`${name}.weight`)!;
  const bias = weights.get(`${name}.bias`)!.data;
  return rows.map((row) =>
    range(shape[1]).map((j) =>
      row.reduce((sum, x, i) => sum + x * data[i * shape[1] + j], bias[j]),
    ),
  );
}

const add = (a: Rows, b: Rows): Rows => a.map((row, t) => row.map((x, i) => x + b[t][i]));

function rowsOf(weights: Weights, name: string): Rows {
  const { shape, data } = weights.get(name)!;
  return range(shape[0]).map((row) => [...data.subarray(row * shape[1], (row + 1) * shape[1])]);
}
