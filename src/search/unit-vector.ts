import { badRequest } from '../bad-request.ts';

/**
 * Scale the vector of a request to length 1. It is scaled by its largest number first, because the
 * squares of very small or very large numbers leave the range of a number.
 *
 * @returns [numbers.length], L2-normalised
 * @throws DiptychError bad_request - as float32 it has no direction, or is not finite
 */
export function unitVector(numbers: readonly number[]): Float32Array {
  const vector = Float32Array.from(numbers);
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) throw badRequest('vector', 'expected a direction, got zeros');
  if (!Number.isFinite(largest)) throw badRequest('vector', 'expected numbers of float32');
  const norm = Math.hypot(...vector.map((value) => value / largest));
  return vector.map((value) => value / largest / norm);
}
