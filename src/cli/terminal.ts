/** Why: commands see where their words go, so that one writes tables for people and lines of JSON for programs. */
export type Terminal = {
  /** What was asked for. */
  readonly out: (text: string) => void;
  /** Progress, problems, logs. */
  readonly err: (text: string) => void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outIsTerminal: process.stdout.isTTY === true,
  errIsTerminal: process.stderr.isTTY === true,
  environment: process.env,
};
