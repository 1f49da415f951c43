/** What ONNX Runtime runs models on, as flags name it. */
export const devices = ['cpu', 'webgpu', 'cuda'] as const;

export type Device = (typeof devices)[number];
