/** Why: the tests of the planner share one small system: two sites, five nodes, a measured link between them. */

const disks = { diskWrite: { median: '1ms', p99: '5ms' }, diskRead: { median: '0.4ms', p99: '3ms' }, capacity: '1TB' };

/** As a parsed inputs file; what is given replaces whole sections. */
export function exampleFile(changed: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    sites: [
      { id: 'a', up: '99.9%' },
      { id: 'b', up: '99.9%' },
    ],
    racks: [{ id: 'a1', site: 'a' }],
    nodes: [
      { id: 'a', count: 3, site: 'a', rack: 'a1', ...disks },
      { id: 'b', count: 2, site: 'b', ...disks },
    ],
    links: [{ from: 'a', to: 'b', oneWay: { value: { atLeast: '20ms', mean: '21ms' }, source: 'measured', n: 5000 } }],
    bursts: [{ events: '1/y' }],
    workloads: [
      {
        class: 'zipf',
        reads: '40/s',
        writes: '2/s',
        objectBytes: '16MiB',
        objects: 5000,
        clients: [
          { site: 'a', weight: '75%' },
          { site: 'b', weight: '25%' },
        ],
      },
    ],
    limits: ['writeUnavailability<=1e-3', 'readP99Sec<=300ms'],
    objective: 'usdPerMonth',
    ...changed,
  };
}
