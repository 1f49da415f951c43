#!/usr/bin/env node
import { compiled } from './compiled.mjs';

process.setSourceMapsEnabled(true);
await import(await compiled('cli'));
