// A server that wants Digest with SHA-256 and a hidden user name, and looks at each part of the answer.
// Its first nonce of each connection is too old.
'use strict';
const http = require('http');
const crypto = require('crypto');

const REALM = 'the "gate"';
const [USER, PASSWORD] = ['J\u00e4s\u00f8n Doe', 'Circle of Life'];
const hash = (...parts) => crypto.createHash('sha256').update(parts.join(':'), 'utf8').digest('hex');
const FIRST = 'first-nonce', SECOND = 'second/nonce=';

http.createServer((request, response) => {
    const refuse = (stale) => {
        const nonce = stale ? SECOND : FIRST;
        const challenge = (algorithm) => `Digest realm="the \\"gate\\"", qop="auth, auth-int", nonce="${nonce}", ` +
            `opaque="o p", charset=UTF-8, userhash=true, algorithm=${algorithm}${stale ? ', stale=true' : ''}`;
        response.writeHead(401, { 'WWW-Authenticate': [challenge('SHA-256'), challenge('MD5')] });
        response.end('no');
    };
    request.resume().on('end', () => {
        const given = request.headers.authorization || '';
        if (!given.startsWith('Digest ')) {
            return refuse(false);
        }
        const fields = {};
        for (const [, name, quoted, token] of given.slice(7).matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))/g)) {
            fields[name] = quoted !== undefined ? quoted.replace(/\\(.)/g, '$1') : token;
        }
        if (fields.nonce === FIRST) {
            return refuse(true);
        }
        const right = hash(hash(USER, REALM, PASSWORD), SECOND, fields.nc, fields.cnonce, 'auth',
            hash(request.method, request.url));
        const good = fields.nonce === SECOND && fields.response === right && fields.uri === request.url &&
            fields.username === hash(USER, REALM) && fields.userhash === 'true' && fields.realm === REALM &&
            fields.opaque === 'o p' && fields.algorithm === 'SHA-256' && fields.qop === 'auth' &&
            fields.nc === '00000001' && fields.cnonce.length >= 8;
        if (!good) {
            return refuse(false);
        }
        response.end('hello, world');
    });
}).listen(0, '127.0.0.1', function () {
    console.log(this.address().port);
});
process.stdin.on('end', () => process.exit()).resume();
