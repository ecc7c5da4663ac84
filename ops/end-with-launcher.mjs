// Loaded before the program: when the launcher is gone without a word (kill -9), asks this process to end as Ctrl-C would.
import { Socket } from 'node:net';

// Node's test runner hands this module and the environment on to the processes it starts, but not the pipe.
if (Number(process.env.LAUNCHER_PID) === process.ppid) {
  const launcher = new Socket({ fd: 3, readable: true, writable: false });
  launcher.on('error', () => undefined);
  launcher.on('close', () => process.kill(process.pid, 'SIGTERM'));
  launcher.resume();
  launcher.unref();
}
