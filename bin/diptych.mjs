#!/usr/bin/env node
// Runs the TypeScript CLI as it is: tsx strips the types, so there is no build to keep in step.
import { register } from 'tsx/esm/api';

register();
await import('../gpu-embedder/cli.ts');
