import type { Command } from 'commander';

/**
 * Refuse a flag or a required argument whose value is empty, before any command acts. It comes from
 * a variable of the shell that is not set: `--work-dir "$DIR"` would mean the root of the file system.
 */
export function refuseEmptyValues(program: Command): void {
  program.hook('preAction', (_, command) => {
    const empty = emptyFlag(command) ?? emptyArgument(command);
    if (empty === undefined) return;
    command.error(`error: ${empty} is invalid. expected a value, got ""`, {
      exitCode: 2,
      code: 'diptych.emptyValue',
    });
  });
}

function emptyFlag(command: Command): string | undefined {
  const flag = command.options.find((option) =>
    isEmpty(command.getOptionValue(option.attributeName())),
  );
  return flag && `option '${flag.flags}' argument ''`;
}

function emptyArgument(command: Command): string | undefined {
  const argument = command.registeredArguments.find(
    ({ required }, i) => required && isEmpty(command.processedArgs[i]),
  );
  return argument && `argument '${argument.name()}'`;
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.includes(''));
}
