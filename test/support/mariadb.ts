import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { createConnection } from 'mysql2/promise';

export interface MariaDb {
  /** The server has only this socket and listens on no port. */
  readonly socketPath: string;
  /** Makes an empty database. */
  createDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Find MariaDB's server, if Debian's package mariadb-server is installed. */
export function findMariadbd(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return folders.map((folder) => join(folder, 'mariadbd')).find((path) => existsSync(path));
}

/** Start an empty server in a temporary folder, which is removed when it stops. */
export async function startMariadb(program: string): Promise<MariaDb> {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-mariadb-'));
  await Promise.all(['data', 'tmp'].map((name) => mkdir(join(dir, name))));
  const socketPath = join(dir, 'socket');
  const log: string[] = [];
  const server = spawn(program, serverOptions(dir, socketPath), {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`mariadbd ended:\n${log.join('')}`)));
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      log.push(text);
      if (log.join('').includes('ready for connections')) resolve();
    });
  });
  const kill = () => server.kill('SIGKILL');
  // A test may end without stopping the server.
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  await ready.catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    socketPath,
    async createDatabase(name) {
      const connection = await createConnection({ socketPath, user: 'root' });
      await connection.query(`create database \`${name}\``);
      await connection.end();
    },
    stop,
  };
}

/** Options: little memory, no accounts (they would need tables first), and MySQL 8's strict mode. */
function serverOptions(dir: string, socketPath: string): string[] {
  return [
    '--no-defaults',
    `--datadir=${join(dir, 'data')}`,
    // At its start, a server deletes temporary tables of other servers in this folder.
    `--tmpdir=${join(dir, 'tmp')}`,
    `--socket=${socketPath}`,
    '--skip-networking',
    '--skip-grant-tables',
    ...(userInfo().uid === 0 ? ['--user=root'] : []),
    '--sql-mode=ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO',
    '--character-set-server=utf8mb4',
    '--innodb-buffer-pool-size=32M',
    '--innodb-log-file-size=8M',
    '--innodb-flush-log-at-trx-commit=0',
    '--skip-innodb-doublewrite',
    '--innodb-flush-method=nosync',
    '--debug-no-sync',
    '--skip-log-bin',
  ];
}
