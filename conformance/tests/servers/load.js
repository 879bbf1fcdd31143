// For tests/load.rs: answers each request with its id, which it says on standard output before. Its
// port comes in LOAD_PORT, 0 for any; it ends when its standard input does.
'use strict';
const http = require('http');

const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];

function answer(request, response) {
  request.resume();
  request.on('end', () => {
    const id = request.headers['x-id'];
    // To a pipe, this is written when the call returns.
    process.stdout.write(`id ${id}\n`);
    response.setHeader('Content-Length', id.length);
    response.end(id);
  });
}

const servers = addresses.map(() => {
  const server = http.createServer(answer);
  server.keepAliveTimeout = 60000;
  return server;
});

function listen(index, port) {
  if (index === servers.length) {
    process.stdout.write(`port ${port}\n`);
    return;
  }
  servers[index].listen(port, addresses[index], () => {
    listen(index + 1, servers[index].address().port);
  });
}

listen(0, Number(process.env.LOAD_PORT));
process.stdin.on('end', () => process.exit(0)).resume();
