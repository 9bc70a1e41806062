import { diskConformance } from '../disk.conformance.ts';
import { MemoryDisk } from './memory-disk.ts';

diskConformance('the memory disk', async () => ({ disk: new MemoryDisk(), dispose: async () => undefined }));
