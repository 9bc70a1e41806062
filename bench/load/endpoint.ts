/** Why: where the load is sent, and who it says that it is. */
export type HttpEndpoint = {
  readonly host: string;
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
};

export const bucket = 'bench';
