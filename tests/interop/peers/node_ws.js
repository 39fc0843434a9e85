// Peer on the npm package ws; README.md says what it does.
'use strict';

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { parseArgs } = require('node:util');
const WebSocket = require('ws');

const TIMEOUT = 60_000; // milliseconds

// The pattern is 16 bytes of UTF-8 that end in a character of three.
const BIG_TEXT = '0123456789abc✓'.repeat(1 << 20);
const BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const BIG_BINARY = Buffer.alloc(1 << 24, BYTES);
const UNICODE = 'Grüße, 世界, 🦀';

const checkEcho = (message) => async (peer) => {
  peer.send(message);
  expect(await peer.receive(), message);
};

const checkFragmented = (message, size) => async (peer) => {
  sendFragmented(peer.socket, message, size);
  expect(await peer.receive(), message);
};

const checkCommand = (command, answer) => async (peer) => {
  peer.send(command);
  expect(await peer.receive(), answer);
};

const checkPing = (payload) => async (peer) => {
  peer.socket.ping(payload);
  const [answer] = await peer.next('pong');
  expect(answer.toString(), payload);
};

const checkClose = (code, reason) => async (peer) => {
  peer.socket.close(code, reason);
  expect(await peer.closed(), `${code} ${reason}`);
};

const checkServerClose = (code, reason) => async (peer) => {
  peer.send(`close:${code}:${reason}`);
  expect(await peer.closed(), `${code} ${reason}`);
};

const CHECKS = {
  'text': checkEcho('Hello, world!'),
  'unicode text': checkEcho(UNICODE),
  'empty text': checkEcho(''),
  'binary': checkEcho(BYTES),
  'empty binary': checkEcho(Buffer.alloc(0)),
  'text of 16 MiB': checkEcho(BIG_TEXT),
  'binary of 16 MiB': checkEcho(BIG_BINARY),
  'fragmented text': checkFragmented(UNICODE, 3),
  'fragmented binary': checkFragmented(BYTES, 100),
  'ping': checkPing('are you there?'),
  'close': checkClose(4001, 'going home ✓'),
};

const COMMAND_CHECKS = {
  'fragments from the server': checkCommand(`fragment:3:${UNICODE}`, UNICODE),
  'ping from the server': checkCommand('ping:and you?', 'pong:and you?'),
  'close from the server': checkServerClose(4002, 'not today ✓'),
};

/** A client's connection. */
class Connection {
  static async open(url, trust) {
    const connection = new Connection(url, trust);
    await connection.next('open');
    return connection;
  }

  constructor(url, trust) {
    this.socket = new WebSocket(url, trust && { ca: fs.readFileSync(trust) });
  }

  send(message) {
    this.socket.send(message);
  }

  async close() {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.close(1000);
    await this.closed();
  }

  /** The next message, a string if it is text. */
  async receive() {
    const [data, isBinary] = await this.next('message');
    return isBinary ? data : data.toString();
  }

  /** The arguments of the next such event; an error if the connection ends before. */
  next(event) {
    const end = this.closed().then((close) => {
      throw new Error(`closed ${close}`);
    });
    return Promise.race([within(once(this.socket, event)), end]);
  }

  /** Waits for the end; the code and reason of the server's close frame. */
  async closed() {
    const [code, reason] = await within(once(this.socket, 'close'));
    return `${code} ${reason}`;
  }
}

async function runClient(url, trust, checks) {
  let failures = 0;
  for (const [name, check] of Object.entries(checks)) {
    try {
      const connection = await Connection.open(url, trust);
      await check(connection);
      await connection.close();
      console.log(`ok ${name}`);
    } catch (error) {
      failures += 1;
      console.log(`failed ${name}: ${error.message}`);
    }
  }
  process.exit(failures ? 1 : 0);
}

/** Refuses who has not these credentials; a function for `verifyClient`. */
function basicAuthentication(user, password) {
  const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return ({ req }, answer) => {
    if (req.headers.authorization === wanted) answer(true);
    else answer(false, 401, 'Unauthorized', { 'WWW-Authenticate': 'Basic realm="interop"' });
  };
}

function runServer(tls, verifyClient) {
  // Ends with the process that started it, however that one ended.
  process.stdin.resume().on('close', () => process.exit());
  const [cert, key] = (tls ?? []).map((file) => fs.readFileSync(file));
  const listener = tls ? https.createServer({ cert, key }) : http.createServer();
  const server = new WebSocket.Server({ server: listener, verifyClient });
  listener.listen(0, '127.0.0.1', () => console.log(`port ${listener.address().port}`));
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      if (isBinary) socket.send(data);
      else answer(socket, data.toString());
    });
    socket.on('pong', (payload) => socket.send(`pong:${payload}`));
    socket.on('error', (error) => console.error(error.message));
    socket.on('close', (code, reason) => console.log(`closed ${code} ${reason}`));
  });
}

function answer(socket, text) {
  const [, name, argument] = /^(fragment|ping|close):([^]*)$/.exec(text) ?? [];
  if (name === undefined) {
    socket.send(text);
  } else if (name === 'ping') {
    socket.ping(argument);
  } else {
    const [, number, rest] = /^(\d+):([^]*)$/.exec(argument);
    if (name === 'fragment') sendFragmented(socket, rest, Number(number));
    else socket.close(Number(number), rest);
  }
}

function sendFragmented(socket, message, size) {
  const data = Buffer.from(message);
  const binary = typeof message !== 'string';
  let start = 0;
  do {
    const end = start + size;
    socket.send(data.subarray(start, end), { binary, fin: end >= data.length });
    start = end;
  } while (start < data.length);
}

function expect(actual, expected) {
  const same = Buffer.isBuffer(expected)
    ? Buffer.isBuffer(actual) && actual.equals(expected)
    : actual === expected;
  if (!same) throw new Error(`expected ${shorten(expected)}, got ${shorten(actual)}`);
}

function shorten(value) {
  const text = Buffer.isBuffer(value) ? value.toString('hex', 0, 40) : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}… (${value.length} long)`;
}

function within(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), TIMEOUT);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const string = { type: 'string' };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    certificate: string,
    key: string,
    user: string,
    password: string,
    trust: string,
    commands: { type: 'boolean' },
  },
});
const [mode, url] = positionals;
if (mode === 'server') {
  const { certificate, key, user, password } = values;
  runServer(certificate && [certificate, key], user && basicAuthentication(user, password));
} else if (mode === 'client' && url) {
  runClient(url, values.trust, values.commands ? { ...CHECKS, ...COMMAND_CHECKS } : CHECKS);
} else {
  console.error('README.md says how this is called');
  process.exit(2);
}
