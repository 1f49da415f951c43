import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../src/version/sha256.ts';

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 167 + 13) % 256);

describe.each(['with crypto.subtle', 'without it, as on plain http'])('sha256 %s', (where) => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])('hashes %i bytes', async (length) => {
    if (where.startsWith('without')) vi.stubGlobal('crypto', {});
    const bytes = bytesOf(length);
    expect(await sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});
