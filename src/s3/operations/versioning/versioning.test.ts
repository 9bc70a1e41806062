import { afterAll, beforeAll, expect, test } from 'vitest';
import { elementTexts, errorCode, startTestDoor, type TestDoor } from '../../../../test/support/s3-door.ts';

let door: TestDoor;

beforeAll(async () => {
  door = await startTestDoor();
});

afterAll(async () => {
  await door.server.abort();
});

const configuration = (content: string) => `<VersioningConfiguration>${content}</VersioningConfiguration>`;
const enabled = configuration('<Status>Enabled</Status>');

/** A bucket with versions. */
async function versioned(bucket: string): Promise<void> {
  await door.put(`/${bucket}`, '');
  expect((await door.put(`/${bucket}?versioning`, enabled)).status).toBe(200);
}

async function put(target: string, body: string): Promise<string> {
  return (await door.put(target, body)).headers.get('x-amz-version-id') as string;
}

test('a bucket says whether it has versions', async () => {
  await door.put('/states', '');
  const status = async () => elementTexts((await door.get('/states?versioning')).text, 'Status');
  expect(await status()).toEqual([]);
  await door.put('/states?versioning', enabled);
  expect(await status()).toEqual(['Enabled']);
  await door.put('/states?versioning', configuration('<Status>Suspended</Status><MfaDelete>Disabled</MfaDelete>'));
  expect(await status()).toEqual(['Suspended']);
  expect(errorCode(await door.get('/nowhere?versioning'))).toBe('NoSuchBucket');
});

test.each([
  [configuration(''), 'IllegalVersioningConfigurationException'],
  [configuration('<Status>On</Status>'), 'MalformedXML'],
  [configuration('<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>'), 'NotImplemented'],
  [configuration('<Status>Enabled</Status><Other/>'), 'NotImplemented'],
  ['<Versioning/>', 'MalformedXML'],
  ['', 'MalformedXML'],
])('%s is refused', async (document, code) => {
  expect(errorCode(await door.put('/bucket?versioning', document))).toBe(code);
  expect(elementTexts((await door.get('/bucket?versioning')).text, 'Status')).toEqual([]);
});

test('every put makes a version that is read by its id', async () => {
  await versioned('kept');
  const [first, second] = [await put('/kept/key', 'one'), await put('/kept/key', 'two')];
  expect(first).not.toBe(second);
  const newest = await door.get('/kept/key');
  expect([newest.text, newest.headers.get('x-amz-version-id')]).toEqual(['two', second]);
  const oldest = await door.get(`/kept/key?versionId=${first}`);
  expect([oldest.text, oldest.headers.get('x-amz-version-id')]).toEqual(['one', first]);
  const head = await door.head(`/kept/key?versionId=${first}`);
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '3']);
});

test('a delete marker hides the object, and is removed by its version', async () => {
  await versioned('marked');
  const version = await put('/marked/key', 'x');
  const deleted = await door.delete('/marked/key');
  const marker = deleted.headers.get('x-amz-version-id') as string;
  expect([deleted.status, deleted.headers.get('x-amz-delete-marker')]).toEqual([204, 'true']);

  const hidden = await door.get('/marked/key');
  expect([hidden.status, errorCode(hidden)]).toEqual([404, 'NoSuchKey']);
  expect([hidden.headers.get('x-amz-delete-marker'), hidden.headers.get('x-amz-version-id')]).toEqual(['true', marker]);
  const named = await door.get(`/marked/key?versionId=${marker}`);
  expect([named.status, errorCode(named), named.headers.get('allow')]).toEqual([405, 'MethodNotAllowed', 'DELETE']);
  expect(named.headers.get('x-amz-delete-marker')).toBe('true');
  const head = await door.head(`/marked/key?versionId=${marker}`);
  expect([head.status, head.headers.get('allow')]).toEqual([405, 'DELETE']);

  const removed = await door.delete(`/marked/key?versionId=${marker}`);
  expect([removed.status, removed.headers.get('x-amz-delete-marker')]).toEqual([204, 'true']);
  expect(removed.headers.get('x-amz-version-id')).toBe(marker);
  expect((await door.get('/marked/key')).headers.get('x-amz-version-id')).toBe(version);
});

test('a version that is deleted is gone, and its bucket is deleted only without any', async () => {
  await versioned('gone');
  const version = await put('/gone/key', 'x');
  expect(errorCode(await door.delete('/gone'))).toBe('BucketNotEmpty');
  const deleted = await door.delete(`/gone/key?versionId=${version}`);
  expect([deleted.status, deleted.headers.get('x-amz-version-id')]).toEqual([204, version]);
  expect(deleted.headers.has('x-amz-delete-marker')).toBe(false);
  expect(errorCode(await door.get(`/gone/key?versionId=${version}`))).toBe('NoSuchVersion');
  expect((await door.delete(`/gone/key?versionId=${version}`)).status).toBe(204);
  expect((await door.delete('/gone')).status).toBe(204);
});

test('where versions are suspended the version called null is replaced', async () => {
  await versioned('paused');
  const version = await put('/paused/key', 'kept');
  await door.put('/paused?versioning', configuration('<Status>Suspended</Status>'));
  expect(await put('/paused/key', 'one')).toBe('null');
  expect(await put('/paused/key', 'two')).toBe('null');
  expect((await door.get('/paused/key?versionId=null')).text).toBe('two');
  expect((await door.get(`/paused/key?versionId=${version}`)).text).toBe('kept');
  const deleted = await door.delete('/paused/key');
  expect([deleted.headers.get('x-amz-version-id'), deleted.headers.get('x-amz-delete-marker')]).toEqual([
    'null',
    'true',
  ]);
  expect(elementTexts((await door.get('/paused?versions')).text, 'VersionId')).toEqual(['null', version]);
});

test.each([
  ['no', 'InvalidArgument'],
  ['', 'InvalidArgument'],
  ['00000000000000000000', 'NoSuchVersion'],
])('the version %j is none', async (versionId, code) => {
  await versioned('none');
  await put('/none/key', 'x');
  expect(errorCode(await door.get(`/none/key?versionId=${versionId}`))).toBe(code);
});

test('many versions and markers are deleted by one request', async () => {
  await versioned('many');
  const [old, current] = [await put('/many/a', '1'), await put('/many/a', '2')];
  const body = `<Delete>
    <Object><Key>a</Key><VersionId>${old}</VersionId></Object>
    <Object><Key>b</Key></Object>
    <Object><Key>a</Key><VersionId>wrong</VersionId></Object>
  </Delete>`;
  const { text } = await door.post('/many?delete', body);
  expect(text).toContain(`<Deleted><Key>a</Key><VersionId>${old}</VersionId></Deleted>`);
  const marker = elementTexts(text, 'DeleteMarkerVersionId')[0] as string;
  expect(text).toContain(`<Deleted><Key>b</Key><DeleteMarker>true</DeleteMarker>`);
  expect(text).toContain('<Error><Key>a</Key><VersionId>wrong</VersionId><Code>InvalidArgument</Code>');
  const again = await door.post(
    '/many?delete',
    `<Delete><Object><Key>b</Key><VersionId>${marker}</VersionId></Object></Delete>`,
  );
  const removed = `<VersionId>${marker}</VersionId><DeleteMarker>true</DeleteMarker>`;
  expect(again.text).toContain(`<Deleted><Key>b</Key>${removed}<DeleteMarkerVersionId>${marker}`);
  expect(elementTexts((await door.get('/many?versions')).text, 'VersionId')).toEqual([current]);
});
