import { Option } from 'commander';
import { devices, type Device } from '../../common/devices.ts';

const starterModel = 'models/pictogram';

/** Describe `--model` of a command that takes any model. */
export function modelFlag(): Option {
  return new Option('--model <dir|id>', 'model folder, or OWNER/NAME on the hub').default(
    starterModel,
  );
}

/** Describe `--model` of a command that takes only Diptych's own models, because a worker or a browser runs them. */
export function ownModelFlag(): Option {
  return new Option('--model <dir>', 'model folder; models of the hub do not run there').default(
    starterModel,
  );
}

/** Describe `--device`. */
export function deviceFlag(): Option {
  return new Option('--device <name>', 'where the model runs')
    .choices(devices)
    .default('cpu' satisfies Device);
}
