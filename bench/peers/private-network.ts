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

/** The command in a private network where that may be had, else as it is. */
export function inPrivateNetwork(command: readonly string[]): readonly string[] {
  const isAllowed = process.getuid?.() === 0 && works('unshare', '-n', 'ip', 'link');
  return isAllowed ? ['unshare', '-n', 'sh', '-c', setUp, 'sh', ...command] : command;
}

/** What a command starts with to stay on one core; nothing where there is no such core, or no `taskset`. */
export function pinnedTo(core: number): readonly string[] {
  const both = [0, 1].every((each) => works('taskset', '-c', String(each), 'true'));
  return both ? ['taskset', '-c', String(core)] : [];
}

function works(command: string, ...args: readonly string[]): boolean {
  const { error, status } = spawnSync(command, args, { stdio: 'ignore' });
  return error === undefined && status === 0;
}
