/**
 * Why: many objects are copied at once, each on its own: one that cannot be is told and left, while an endpoint that is
 * away, or that lets nobody in, ends all.
 */
import { eachBounded } from '../../base/async/each-bounded.ts';
import { Semaphore } from '../../base/async/semaphore.ts';
import { systemClock } from '../../base/clock.ts';
import { type ErrorCode, toCopysetError } from '../../base/errors.ts';
import type { OptionName, Values } from '../../config/options.ts';
import { type Call, type CommandContext, type ExitCode, exitCodes } from '../command.ts';
import { connectS3, endpointOptionNames } from '../s3/connect-s3.ts';
import { parseLocation } from '../s3/location.ts';
import { planTransfers } from './plan-transfers.ts';
import type { Transfer, TransferContext } from './transfer.ts';
import { TransferProgress } from './transfer-progress.ts';
import { UploadStates } from './upload-states.ts';

export const transferOptionNames = [
  'recursive',
  'parallel',
  'partBytes',
  'stateDir',
  ...endpointOptionNames,
] as const satisfies readonly OptionName[];

type TransferName = (typeof transferOptionNames)[number];

const hopeless: ReadonlySet<ErrorCode> = new Set(['bug', 'not_serving', 'access.denied', 'closed', 'disk.full']);
/** Beyond these a piece hears `busy`; each object waits with a few. */
const maxWaiting = 2 ** 14;

export async function runTransfers(
  call: Call<TransferName>,
  context: CommandContext,
  move: boolean,
): Promise<ExitCode> {
  const { args, options } = call;
  const [from, to] = [parseLocation(args[0] ?? ''), parseLocation(args[1] ?? '')];
  using client = await connectS3(call, context, options.parallel + 2);
  const progress = new TransferProgress(context, systemClock);
  const transferContext = contextOf(options, client, progress);
  const onSkipped = (path: string) => progress.note(`${path} is no file and was left out`);
  const plan = { from, to, recursive: options.recursive, move, onSkipped };
  const single = !options.recursive;
  const bounds = { atOnce: options.parallel, maxBytes: options.parallel, bytesOf: () => 1 };
  const transfers = expected(planTransfers(plan, transferContext), progress);
  await eachBounded(transfers, bounds, (transfer) => runOne(transfer, progress, single));
  progress.end();
  return progress.failed === 0 ? exitCodes.ok : exitCodes.notMet;
}

function contextOf(
  { parallel, partBytes, stateDir }: Values<TransferName>,
  client: TransferContext['client'],
  progress: TransferProgress,
): TransferContext {
  return {
    client,
    pieces: new Semaphore('pieces of objects', parallel, maxWaiting),
    partBytes,
    states: new UploadStates(stateDir),
    onBytes: (bytes) => progress.advance(bytes),
  };
}

async function* expected(transfers: AsyncIterable<Transfer>, progress: TransferProgress): AsyncGenerator<Transfer> {
  for await (const transfer of transfers) {
    progress.expect(transfer);
    yield transfer;
  }
}

/** The only one fails as the command does. */
async function runOne(transfer: Transfer, progress: TransferProgress, isOnly: boolean): Promise<void> {
  try {
    progress.finish(transfer, await transfer.run());
  } catch (thrown) {
    const error = toCopysetError(thrown);
    if (isOnly || hopeless.has(error.code) || error.details.what === 'bucket') throw error;
    progress.fail(transfer, error);
  }
}
