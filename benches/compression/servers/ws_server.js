// npm's `ws`: see ../servers.rs.

const { WebSocketServer } = require('ws');

const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: {
        serverMaxWindowBits: 12,
        clientMaxWindowBits: 12,
        threshold: 0,
        zlibDeflateOptions: { level: 6 },
    },
});

server.on('listening', () => console.log(server.address().port));
server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

process.stdin.on('data', () => {
    const { user, system } = process.cpuUsage();
    console.log((user + system) * 1000);
});
process.stdin.on('end', () => process.exit(0));
