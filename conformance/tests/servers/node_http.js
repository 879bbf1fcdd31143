// Node's own `http` server, with a path for each thing that tests/servers/main.rs asks of it.
// Prints the ports it listens on, as one line of JSON, and ends when its stdin does.
'use strict';
const http = require('http');

const MIB = 1024 * 1024;

// The same bytes as `noise` of the test: without a short period, so that a lost piece shows.
function noise(length) {
  const bytes = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

// FNV-1a of 32 bits.
function checksum(sum, bytes) {
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}

const LARGE = noise(10 * MIB);
let connections = 0;

function handle(request, response) {
  // Which connection this is, so that the test sees whether it was reused.
  request.socket.number ??= ++connections;
  response.setHeader('X-Connection', request.socket.number);
  const path = request.url.split('?')[0];
  switch (path) {
    case '/text':
      response.setHeader('Content-Length', 12);
      response.end('hello, world');
      break;
    case '/chunked':
      // With pauses, so that chunks arrive in segments of their own.
      response.write('hello');
      setTimeout(() => {
        response.write(', ');
        setTimeout(() => response.end('world'), 5);
      }, 5);
      break;
    case '/trailers':
      response.setHeader('Trailer', 'X-Checksum, X-Note');
      response.write('hello, world');
      response.addTrailers({
        'X-Checksum': checksum(0x811c9dc5, Buffer.from('hello, world')),
        'X-Note': 'done',
      });
      response.end();
      break;
    case '/early':
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' }, () => {
        response.writeEarlyHints({ link: '</app.js>; rel=preload; as=script' }, () => {
          response.setHeader('Content-Length', 12);
          response.end('hello, world');
        });
      });
      break;
    case '/204':
      response.writeHead(204).end();
      break;
    case '/304':
      // Its length is that of the body it doesn't have (RFC 9110 section 15.4.5).
      response.writeHead(304, { ETag: '"1"', 'Content-Length': 12 }).end();
      break;
    case '/large':
      response.setHeader('Content-Length', LARGE.length);
      response.end(request.method === 'HEAD' ? undefined : LARGE);
      break;
    case '/many':
      for (let i = 0; i < 150; i++) response.setHeader(`X-Field-${i}`, 'v'.repeat((i % 40) + 1));
      response.setHeader('X-Received', request.rawHeaders.length / 2);
      response.end('hello, world');
      break;
    case '/upload': {
      let length = 0;
      let sum = 0x811c9dc5;
      request.on('data', (piece) => {
        length += piece.length;
        sum = checksum(sum, piece);
      });
      request.on('end', () => {
        const framing = request.headers['transfer-encoding'] ?? request.headers['content-length'];
        response.end(`${length} ${sum} ${framing}`);
      });
      break;
    }
    default:
      response.writeHead(404).end();
  }
}

function server(keepAliveTimeout) {
  const server = http.createServer({ keepAliveTimeout }, handle);
  server.on('checkContinue', (request, response) => {
    if (request.url === '/refuse') {
      request.socket.number ??= ++connections;
      response.writeHead(417, { 'Content-Length': 3 }).end('no!');
    } else {
      response.writeContinue();
      handle(request, response);
    }
  });
  return new Promise((resolve) => {
    server.listen(0, process.argv[2], () => resolve(server.address().port));
  });
}

Promise.all([server(60000), server(200)]).then(([patient, impatient]) => {
  console.log(JSON.stringify({ version: process.version, patient, impatient }));
});
process.stdin.resume().on('end', () => process.exit());
