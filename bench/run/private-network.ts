/**
 * Why: over loopback the congestion control of TCP decides more than the server does: BBR halves what CUBIC reaches. As
 * root the bench runs in a network of its own whose routes ask for CUBIC; the machine's own settings stay as they are.
 */
import { spawnSync } from 'node:child_process';

/** A route names its congestion control for both ends of what it carries; the narrower route is the one that counts. */
const setUp = `
ip link set lo up
for net in 127.0.0.0/8 127.0.0.1; do
  ip route replace local $net dev lo proto kernel scope host src 127.0.0.1 congctl cubic table local
done
exec "$@"`;

/** Undefined where a private network may be had, else why not. */
export function whyNoPrivateNetwork(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may make a network of its own';
  return works('unshare', '-n', 'ip', 'link') ? undefined : 'unshare and ip do not work here';
}

/** The command in a private network. */
export function inPrivateNetwork(command: readonly string[]): readonly string[] {
  return ['unshare', '-n', 'sh', '-c', setUp, 'sh', ...command];
}

export const serverCore = 0;
export const loadCore = 1;

/** What a command starts with to stay on these cores; nothing where there is no second core, or no `taskset`. */
export function pinnedTo(cores: readonly number[]): readonly string[] {
  const both = [serverCore, loadCore].every((each) => works('taskset', '-c', String(each), 'true'));
  return both ? ['taskset', '-c', cores.join()] : [];
}

function works(command: string, ...args: readonly string[]): boolean {
  const { error, status } = spawnSync(command, args, { stdio: 'ignore' });
  return error === undefined && status === 0;
}
