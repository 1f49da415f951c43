/** The part of WebAssembly that Diptych uses. The types of TypeScript and of Node alone do not declare it. */
interface Api {
  readonly Memory: new (descriptor: { initial: number; maximum?: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => WebAssembly.Module;
  readonly Instance: new (
    module: WebAssembly.Module,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: unknown };
  validate(bytes: Uint8Array): boolean;
}

const api = (globalThis as unknown as { readonly WebAssembly: Api }).WebAssembly;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** @returns the number of pages before */
  grow(pages: number): number;
}

/** Allocate a memory; a page is 64 KiB. */
export function createMemory(pages: number): WasmMemory {
  return new api.Memory({ initial: pages });
}

/** Instantiate a module of `build/wasm` over a memory; `T` names its exports. */
export function instantiate<T>(module: WebAssembly.Module, memory: WasmMemory): T {
  return new api.Instance(module, { env: { memory } }).exports as T;
}

/** Compile a module from bytes. In workerd this fails: import the module there. */
export function compile(bytes: Uint8Array): WebAssembly.Module {
  return new api.Module(bytes);
}

/** Tell whether the runtime takes a module. */
export function validate(bytes: Uint8Array): boolean {
  return api.validate(bytes);
}
