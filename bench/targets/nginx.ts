/** Why: the limit of what HTTP can give here: static files by sendfile, bodies into files by its WebDAV module. */
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bucket } from '../load/endpoint.ts';
import { endServer, freePort, loopback, startServer } from './server-process.ts';
import type { Target } from './target.ts';

export const nginxProgram = '/usr/sbin/nginx';

export const nginx: Target = {
  name: 'nginx',
  durable: 'no',
  lists: false,
  start: async (folder) => {
    if (spawnSync(nginxProgram, ['-v']).error !== undefined) {
      return { missing: 'nginx is not installed (Debian package nginx-light)' };
    }
    const port = await freePort();
    await mkdir(join(folder, 'files', bucket), { recursive: true });
    await writeFile(join(folder, 'nginx.conf'), configuration(folder, port));
    const child = await startServer(nginxProgram, ['-p', folder, '-c', join(folder, 'nginx.conf')], { port });
    return {
      endpoint: { host: loopback, port, accessKeyId: 'unused', secretAccessKey: 'unused' },
      pid: child.pid,
      stop: () => endServer(child),
    };
  },
};

function configuration(folder: string, port: number): string {
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `${user}
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  client_max_body_size 0; client_body_buffer_size 1m;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server {
    listen ${loopback}:${port};
    root ${folder}/files;
    location / { dav_methods PUT DELETE; create_full_put_path on; }
  }
}
`;
}
