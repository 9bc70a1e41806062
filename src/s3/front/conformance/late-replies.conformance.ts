/** Why: how every front sends what takes long to be known. */
import { expect, test } from 'vitest';
import { elementTexts, type StartDoor, type TestDoor } from '../../../../test/support/s3-door.ts';
import { systemClock } from '../../../base/clock.ts';
import { FaultSchedule } from '../../../base/fault-schedule.ts';
import { seededRandom } from '../../../base/random.ts';
import { withKvFaults } from '../../../kv/faults/faulty-kv.ts';
import { MemoryKv } from '../../../kv/memory/memory-kv.ts';

/** A door whose catalog can be made to hang. */
async function slowDoor(startTestDoor: StartDoor, lateReplyMs: number) {
  const schedule = new FaultSchedule({ seed: 1 });
  const kv = withKvFaults(new MemoryKv({ random: seededRandom(1) }), { schedule, clock: systemClock });
  return { door: await startTestDoor({ kv, limits: { lateReplyMs } }), schedule };
}

/** An upload with one part: where it is completed, and by what. */
async function openUpload(door: TestDoor) {
  const id = elementTexts((await door.post('/bucket/key?uploads')).text, 'UploadId')[0];
  const { headers } = await door.put(`/bucket/key?partNumber=1&uploadId=${id}`, 'hello');
  const part = `<Part><PartNumber>1</PartNumber><ETag>${headers.get('etag')}</ETag></Part>`;
  return {
    target: `/bucket/key?uploadId=${id}`,
    document: `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`,
  };
}

export function lateReplyConformance(startTestDoor: StartDoor): void {
  test('an answer that takes long is white space first, then the document', async () => {
    const { door, schedule } = await slowDoor(startTestDoor, 10);
    await using _ = door;
    const { target, document } = await openUpload(door);
    schedule.force('commit', 'hang');
    const asked = door.post(target, document);
    await systemClock.sleep(500); // a busy machine is late as well
    schedule.release();
    const { status, headers, text } = await asked;
    expect([status, headers.get('content-type'), headers.has('content-length')]).toEqual([
      200,
      'application/xml',
      false,
    ]);
    expect(text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n {2,}<CompleteMultipartUploadResult xmlns=/);
    await door.recorded(3);
    expect(door.records.at(-1)).toMatchObject({ operation: 'CompleteMultipartUpload', status: 200, error: undefined });
    expect((await door.get('/bucket/key')).text).toBe('hello');
  });

  test('what goes wrong late is told in the document, and recorded', async () => {
    const { door, schedule } = await slowDoor(startTestDoor, 10);
    await using _ = door;
    const { target, document } = await openUpload(door);
    schedule.force('commit', 'hang');
    const asked = door.post(target, document);
    await systemClock.sleep(50);
    expect((await door.delete(target)).status).toBe(204);
    schedule.release();
    const { status, text } = await asked;
    expect(status).toBe(200);
    expect(text).toMatch(
      /^<\?xml[^>]*>\n {2,}<Error><Code>\w+<\/Code>.*<RequestId>[0-9A-F]{16}<\/RequestId><\/Error>$/,
    );
    await door.recorded(4);
    expect(door.records.at(-1)).toMatchObject({ status: 200, error: expect.any(Error) });
  });

  test('an answer that comes soon has its own status', async () => {
    const { door } = await slowDoor(startTestDoor, 60_000);
    await using _ = door;
    const { target, document } = await openUpload(door);
    const completed = await door.post(target, document);
    expect([completed.status, completed.headers.has('content-length')]).toEqual([200, true]);
    expect((await door.post('/bucket/key?uploadId=0000000000000000', document)).status).toBe(404);
  });

  test('a client that goes away while it waits leaves nothing behind', async () => {
    const { door, schedule } = await slowDoor(startTestDoor, 10);
    await using _ = door;
    const { target, document } = await openUpload(door);
    schedule.force('commit', 'hang');
    const connection = await door.connect();
    connection.sendHead('POST', target, door.sign({ method: 'POST', target, body: document }).headers);
    connection.send(document);
    await systemClock.sleep(50);
    const before = door.records.length;
    connection.end();
    while (door.records.length === before) await systemClock.sleep(5);
    expect(door.records.at(-1)).toMatchObject({ status: 0, error: { code: 'request.aborted' } });
    schedule.release();
    expect((await door.get('/')).status).toBe(200);
  });
}
