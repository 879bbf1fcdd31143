// A server that reads a form of several parts, with Node's own parser, and says of each part what it is.
'use strict';
const http = require('http');
const crypto = require('crypto');

http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece)).on('end', async () => {
        const headers = { 'content-type': request.headers['content-type'] };
        try {
            const form = await new Response(Buffer.concat(pieces), { headers }).formData();
            const lines = [];
            for (const [name, value] of form) {
                const bytes = Buffer.from(typeof value === 'string' ? value : await value.arrayBuffer());
                const hash = crypto.createHash('sha256').update(bytes).digest('hex');
                lines.push(`${name}|${value.name ?? ''}|${value.type ?? ''}|${bytes.length}|${hash}\n`);
            }
            response.end(lines.join(''));
        } catch (error) {
            response.writeHead(400).end(`${error}`);
        }
    });
}).listen(0, '127.0.0.1', function () {
    console.log(this.address().port);
});
process.stdin.on('end', () => process.exit()).resume();
