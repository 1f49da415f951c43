import mysql, { type FieldPacket } from 'mysql2';

const { Types } = mysql;

/** `character set` of bytes that are not text. */
const binaryCharset = 63;
const unsignedFlag = 32;

/** Return Vitess's name for the type of a column (query.Type). */
export function vitessType({ columnType, characterSet, flags }: FieldPacket): string {
  const isBinary = characterSet === binaryCharset;
  const integer = integers.get(columnType!);
  if (integer) return (Number(flags) & unsignedFlag ? 'U' : '') + integer;
  if (texts.has(columnType!)) return isBinary ? 'BLOB' : 'TEXT';
  if (columnType === Types.STRING) return isBinary ? 'BINARY' : 'CHAR';
  return others.get(columnType!) ?? (isBinary ? 'VARBINARY' : 'VARCHAR');
}

const integers = new Map<number, string>([
  [Types.TINY, 'INT8'],
  [Types.SHORT, 'INT16'],
  [Types.INT24, 'INT24'],
  [Types.LONG, 'INT32'],
  [Types.LONGLONG, 'INT64'],
]);

const texts = new Set<number>([Types.TINY_BLOB, Types.BLOB, Types.MEDIUM_BLOB, Types.LONG_BLOB]);

const others = new Map<number, string>([
  [Types.DECIMAL, 'DECIMAL'],
  [Types.NEWDECIMAL, 'DECIMAL'],
  [Types.FLOAT, 'FLOAT32'],
  [Types.DOUBLE, 'FLOAT64'],
  [Types.NULL, 'NULL_TYPE'],
  [Types.JSON, 'JSON'],
]);
