use std::io::{self, Read, Write};
use std::mem;

/// Stands where OpenSSL expects a socket.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The peer's bytes, from `read` on.
    input: Vec<u8>,
    read: usize,
    /// Bytes for the peer.
    pub(super) output: Vec<u8>,
}

impl Stream {
    /// Adds what the peer has sent.
    pub(super) fn receive(&mut self, input: &[u8]) {
        self.input.extend_from_slice(input);
    }

    pub(super) fn clear(&mut self) {
        *self = Self { output: mem::take(&mut self.output), ..Self::default() };
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let unread = &self.input[self.read..];
        if unread.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = unread.len().min(buffer.len());
        buffer[..count].copy_from_slice(&unread[..count]);
        self.read += count;
        if self.read == self.input.len() {
            // An idle connection holds no memory for what it may read.
            self.clear();
        }
        Ok(count)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
