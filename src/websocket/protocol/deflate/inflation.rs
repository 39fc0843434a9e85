//! A message while it is decompressed, in one go or in steps.

use super::inflater::{Inflater, Output, Progress};
use super::pool::DeflatePool;
use crate::websocket::protocol::frames::{FreeBuffers, Joining, OpCode, PayloadBuffer, ProtocolError};

/// A message that is being decompressed. Between two steps it has an inflater for itself.
#[derive(Debug)]
pub(crate) struct Inflation {
    op_code: OpCode,
    max_size: u64,
    step: Step,
}

#[derive(Debug)]
enum Step {
    /// In front of the message, or behind its end.
    Outside,
    Inflating(Box<Inflater>, Progress, Output),
    Joining(Joining),
}

impl Inflation {
    pub(crate) const fn new(op_code: OpCode, max_size: u64) -> Self {
        Self { op_code, max_size, step: Step::Outside }
    }

    pub(super) const fn op_code(&self) -> OpCode {
        self.op_code
    }

    /// Gives up what was done: it begins anew when it goes on.
    pub(crate) fn restart(&mut self, pool: &mut DeflatePool) {
        if let Step::Inflating(inflater, ..) = std::mem::replace(&mut self.step, Step::Outside) {
            pool.recycle_inflater(inflater);
        }
    }

    /// Goes on by up to `budget` bytes; returns the message if that completes it.
    pub(super) fn go_on(
        &mut self,
        payload: &[u8],
        history: [&[u8]; 2],
        budget: usize,
        pool: &mut DeflatePool,
        buffers: &mut FreeBuffers,
    ) -> Result<Option<PayloadBuffer>, ProtocolError> {
        let (mut inflater, mut progress, mut output) = match std::mem::replace(&mut self.step, Step::Outside)
        {
            Step::Outside => {
                let mut inflater = pool.take_inflater();
                let progress = inflater.begin(payload, history)?;
                (inflater, progress, Output::new(self.op_code == OpCode::Text, self.max_size))
            }
            Step::Inflating(inflater, progress, output) => (inflater, progress, output),
            Step::Joining(joining) => return Ok(self.join(joining, budget, buffers)),
        };
        match inflater.go_on(&mut progress, payload, history, budget, &mut output, buffers) {
            Ok(false) => {
                self.step = Step::Inflating(inflater, progress, output);
                Ok(None)
            }
            Ok(true) => {
                pool.recycle_inflater(inflater);
                let joining = output.into_chunks().begin_joining(buffers)?;
                Ok(self.join(joining, budget, buffers))
            }
            Err(error) => {
                pool.recycle_inflater(inflater);
                Err(error)
            }
        }
    }

    fn join(
        &mut self,
        mut joining: Joining,
        budget: usize,
        buffers: &mut FreeBuffers,
    ) -> Option<PayloadBuffer> {
        if joining.go_on(budget, buffers) {
            return Some(joining.finish(buffers));
        }
        self.step = Step::Joining(joining);
        None
    }
}
