import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createPool,
  type FieldPacket,
  type PoolConnection,
  type ResultSetHeader,
} from 'mysql2/promise';
import { vitessType } from './vitess-type.ts';

/**
 * Failures of a statement: the server refuses it (`error`, `deadlock`), or the connection breaks
 * before the statement runs (`broken`) or after it ran, but before the answer (`unanswered`).
 */
export type Fault = keyof typeof refusals | 'broken' | 'unanswered';

const refusals = {
  error: 'injected (errno 1105) (sqlstate HY000)',
  deadlock: 'Deadlock found when trying to get lock (errno 1213) (sqlstate 40001)',
} as const;

export interface PlanetScaleGateway {
  /** DATABASE_URL of the gateway. */
  readonly url: string;
  /** Called before each statement; returns the failure to simulate, if any. */
  fault: (query: string) => Fault | undefined;
  /** Received statements. */
  readonly queries: string[];
  stop(): Promise<void>;
}

interface Session {
  readonly id: string;
  readonly connection: PoolConnection;
}

const user = 'user';
const password = 'secret';

/**
 * Speak PlanetScale's HTTP protocol (psdb.v1alpha1.Database) in front of a MySQL server.
 *
 * A session keeps its connection during a transaction; other statements use any connection.
 */
export async function startPlanetScaleGateway(database: {
  readonly socketPath: string;
  readonly name: string;
}): Promise<PlanetScaleGateway> {
  const pool = createPool({
    socketPath: database.socketPath,
    user: 'root',
    database: database.name,
    connectionLimit: 20,
    rowsAsArray: true,
    // Keep values as the server sends them, because the protocol transports bytes.
    typeCast: (field) => field.buffer(),
  });
  const sessions = new Map<string, Session>();
  const server = createServer((request, response) => void handle(request, response));

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const expected = Buffer.from(`${user}:${password}`).toString('base64');
    if (request.headers.authorization !== `Basic ${expected}`) {
      return send(response, 401, { error: { code: 'unauthenticated', message: 'who are you?' } });
    }
    if (request.url !== '/psdb.v1alpha1.Database/Execute') {
      return send(response, 404, { error: { code: 'not_found', message: String(request.url) } });
    }
    const { query, session } = JSON.parse(body) as ExecuteRequest;
    gateway.queries.push(query);
    const fault = gateway.fault(query);
    if (fault === 'broken') return void request.socket.destroy();
    const id = session?.vitessSession?.inTransaction
      ? session.vitessSession.SessionUUID
      : undefined;
    const answer =
      fault === 'error' || fault === 'deadlock'
        ? failure(new Error(refusals[fault]), id)
        : await execute(query, id);
    if (fault === 'unanswered') return void request.socket.destroy();
    send(response, 200, answer);
  }

  async function execute(query: string, id?: string): Promise<object> {
    const session = id === undefined ? undefined : sessions.get(id);
    if (id !== undefined && !session) {
      return failure(new Error('transaction not found (errno 1317) (sqlstate 70100)'));
    }
    const connection = session?.connection ?? (await pool.getConnection());
    let held = session?.id;
    try {
      const result = await run(connection, query);
      if (/^begin$/i.test(query)) {
        held = randomUUID();
        sessions.set(held, { id: held, connection });
      } else if (/^(commit|rollback)$/i.test(query) && held !== undefined) {
        sessions.delete(held);
        held = undefined;
      }
      return { session: describe(held), ...result };
    } catch (error) {
      return failure(error, held);
    } finally {
      if (held === undefined) connection.release();
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const gateway: PlanetScaleGateway = {
    url: `http://${user}:${password}@127.0.0.1:${port}/${database.name}`,
    fault: () => undefined,
    queries: [],
    async stop() {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      for (const { connection } of sessions.values()) connection.destroy();
      // A test may have broken a connection on purpose.
      await pool.end().catch(() => {});
    },
  };
  return gateway;
}

interface ExecuteRequest {
  readonly query: string;
  readonly session?: {
    readonly vitessSession?: { readonly SessionUUID: string; readonly inTransaction?: boolean };
  } | null;
}

async function run(connection: PoolConnection, query: string): Promise<object> {
  const started = performance.now();
  const [answer, fields] = (await connection.query(query)) as [
    ResultSetHeader | (Buffer | null)[][],
    FieldPacket[] | undefined,
  ];
  const timing = (performance.now() - started) / 1000;
  if (!Array.isArray(answer)) {
    const { affectedRows, insertId } = answer;
    return { timing, result: { rowsAffected: `${affectedRows}`, insertId: `${insertId}` } };
  }
  const rows = answer.map((row) => ({
    lengths: row.map((value) => (value === null ? '-1' : `${value.length}`)),
    values: Buffer.concat(row.filter((value) => value !== null)).toString('base64'),
  }));
  return { timing, result: { fields: fields?.map(describeField), rows } };
}

function describeField(field: FieldPacket): object {
  const { name, table, orgTable, orgName, schema, columnLength, characterSet, flags } = field;
  return {
    name,
    type: vitessType(field),
    table,
    orgTable,
    orgName,
    database: schema,
    columnLength,
    charset: characterSet,
    flags,
  };
}

function describe(id?: string): object {
  return {
    signature: 'local',
    vitessSession: {
      SessionUUID: id ?? randomUUID(),
      autocommit: id === undefined,
      ...(id !== undefined && { inTransaction: true }),
      options: { includedFields: 'ALL', clientFoundRows: true },
    },
  };
}

/** Answer a refused statement with HTTP 200. Like Vitess, the message repeats the statement. */
function failure(error: unknown, id?: string): object {
  const { errno, sqlState, message, sql } = error as Error & {
    errno?: number;
    sqlState?: string;
    sql?: string;
  };
  const [code, name] =
    errno === 1062 ? ['ALREADY_EXISTS', 'AlreadyExists'] : ['UNKNOWN', 'Unknown'];
  const suffix = errno === undefined ? '' : ` (errno ${errno}) (sqlstate ${sqlState})`;
  return {
    session: describe(id),
    error: {
      code,
      message:
        `target: local.-.primary: vttablet: rpc error: code = ${name} ` +
        `desc = ${message}${suffix} during query: ${sql ?? ''}`,
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
