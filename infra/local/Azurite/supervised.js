// Runs Azurite, whose script is the first argument, as a part of the local platform.
const http = require('http');

// A terminal's Ctrl+C reaches every process of its group. Azurite would stop at once, under the functions that still hand back
// their messages; so it does not hear of it, and stops when the pipe from its owner closes.
const on = process.on.bind(process);
process.on = process.once = (name, act) => (name === 'SIGINT' ? process : on(name, act));
on('SIGINT', () => {});
process.stdin.on('end', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), 5000).unref();
}).resume();

// The rule of SameMachine.cs, for the ports that Azurite itself opens.
const names = ['localhost', '127.0.0.1', '[::1]'];
const isOurs = origin => URL.canParse(origin) && names.includes(new URL(origin).hostname);
function fault({ host = '', origin, 'sec-fetch-site': site = '' }) {
  if (!names.includes(host.toLowerCase().replace(/:\d+$/, ''))) {
    return `This is a local platform: it answers to ${names.join(', ')} and to no other host name.`;
  }

  if (origin !== undefined && !isOurs(origin)) {
    return 'This is a local platform: it takes nothing from pages of other origins.';
  }

  return site.toLowerCase().includes('cross-site')
    ? 'This is a local platform: it takes nothing from other sites. A link from there does not open; type the address.'
    : null;
}

const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (event, request, response) {
  const why = event === 'request' || event === 'checkContinue' ? fault(request.headers) : null;
  if (!why) {
    return emit.apply(this, arguments);
  }

  response.writeHead(403, { 'content-type': 'application/json', 'x-ms-error-code': 'ForeignRequest', connection: 'close' });
  response.end(JSON.stringify({ error: { code: 'ForeignRequest', message: why } }));
  return true;
};

require(process.argv[1]);
