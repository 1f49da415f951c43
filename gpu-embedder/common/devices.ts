/** The devices on which ONNX Runtime runs models, by the names that flags use. */
export const devices = ['cpu', 'webgpu', 'cuda'] as const;

export type Device = (typeof devices)[number];
